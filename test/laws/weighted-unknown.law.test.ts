import { describe, expect, test } from 'vitest';
import type { AnyOptions } from '../../tasks/index.ts';
import { dnsOf } from '../../src/domain/routes.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import type { DnsWeights, ListenerWeights, ResidualTraffic } from '../../src/domain/traffic.ts';
import { HOME, PROMOTED } from '../support/worlds.ts';
import { weightedWorld } from '../support/weighted-worlds.ts';
import { planFor } from './check.ts';

/** Nothing is guessed where rules divide production by weights, either. */

const BLUE = { id: 'A', marks: HOME, members: [{ one: 'healthy' }] } as const;
const GREEN = { id: 'B', marks: {}, members: [{ two: 'healthy' }] } as const;
const BOTH = weightedWorld({ fleets: [BLUE, GREEN], production: [0, 0], test: 100 });

function withUnmanaged(snapshot: Snapshot, group = 'two'): Snapshot {
  const pools = snapshot.pools.map((pool) =>
    pool.name === group
      ? { ...pool, targets: [...pool.targets, { id: 'i-unmanaged', port: 8080, state: 'healthy' as const }] }
      : pool,
  );
  return { ...snapshot, pools };
}

function withFacts(snapshot: Snapshot, facts: Partial<ListenerWeights>): Snapshot {
  return { ...snapshot, traffic: { ...(snapshot.traffic as ListenerWeights), ...facts } };
}

test('production does not move to a pool with an unmanaged instance', async () => {
  expect(await planFor(withUnmanaged(BOTH), 'promote', {})).toMatchObject({
    refused: 'not-safe',
    message: expect.stringContaining('Production would go to i-unmanaged in two as well'),
  });
});

test.each(['one', 'two'])('an unmanaged instance in %s does not block rollback', async (group) => {
  const fleets = [BLUE, { ...GREEN, marks: PROMOTED }];
  const switched = weightedWorld({ fleets, production: [100, 100], test: 0 });
  const planned = await planFor(withUnmanaged(switched, group), 'rollback', {});
  expect(planned).toHaveProperty(
    'plan.steps',
    expect.arrayContaining([expect.objectContaining({ do: 'shift-weights', role: 'production', pool: 'one' })]),
  );
});

test('up refuses a group with an unmanaged instance', async () => {
  const alone = weightedWorld({ fleets: [BLUE], production: [0, 0], test: 100 });
  expect(await planFor(withUnmanaged(alone), 'up', { release: 'R' })).toMatchObject({ refused: 'no-idle-group' });
});

test('groups that are not alike', async () => {
  const unlike = withFacts(BOTH, { problems: ['The port differs: 80 in one, 81 in two.'] });
  expect(await planFor(unlike, 'promote', {})).toMatchObject({ refused: 'not-alike' });
});

test('the plan has notes about traffic', async () => {
  expect(await planFor(withFacts(BOTH, { notes: ['It evaluates.'] }), 'promote', {})).toHaveProperty('plan.notes', [
    'It evaluates.',
  ]);
});

test('weights that no run has left', async () => {
  const strange = weightedWorld({ fleets: [BLUE, { ...GREEN, marks: PROMOTED }], production: [30, 30], test: 100 });
  expect(await planFor(strange, 'promote', {})).toMatchObject({ refused: 'weights-changed' });
  expect(await planFor(strange, 'rollback', {})).toHaveProperty('plan.steps.length');
});

describe('a switch of names', () => {
  const LEFT = { ...HOME, share: '0@2026-01-01T00:00:00.000Z' };
  const parked = weightedWorld({
    fleets: [
      { ...BLUE, marks: LEFT },
      { ...GREEN, marks: PROMOTED },
    ],
    production: [100, 100],
    test: 0,
    byName: true,
  });
  const stepsOf = (planned: Awaited<ReturnType<typeof planFor>>): readonly string[] =>
    'plan' in planned ? planned.plan.steps.map((step) => step.do) : [planned.refused];
  const withDns = (facts: Partial<DnsWeights>): Snapshot => ({ ...parked, traffic: { ...dnsOf(parked), ...facts } });
  const counted = (one: number): ResidualTraffic => ({ state: 'counted', requests: { one }, withinS: 300 });
  const cleanup = async (snapshot: Snapshot, wish: AnyOptions = {}) => planFor(snapshot, 'cleanup', wish);

  test('leaves old servers alone as long as they are visited, unless that is accepted', async () => {
    const busy = withDns({ residual: counted(11) });
    expect(await cleanup(busy)).toMatchObject({
      refused: 'residual-traffic',
      message: expect.stringMatching(/^11 requests came to A in the last 5 min/),
      next: [expect.stringContaining('--wait'), expect.stringContaining('--ignore-residual-traffic')],
    });
    const waits = stepsOf(await cleanup(busy, { wait: true }));
    expect(waits.slice(0, 2)).toEqual(['await-residual-traffic', 'deregister']);
    // What closes the way back comes directly before what ends it.
    expect(waits.indexOf('mark')).toBe(waits.indexOf('terminate') - 1);
    for (const quiet of [
      await cleanup(withDns({ residual: counted(10) })),
      await cleanup(busy, { ignoreResidualTraffic: true }),
    ]) {
      expect(stepsOf(quiet)).toContain('terminate');
      expect(stepsOf(quiet)).not.toContain('await-residual-traffic');
    }
  });

  const LEFT_AGO = { ...HOME, share: `0@${new Date(parked.at - 1000 * 1000).toISOString()}` };

  test('counts the clients of a cookie by their requests, and where those are not known by its life', async () => {
    const sticky = (residual: ResidualTraffic, stickyS = 3600, since = LEFT_AGO): Snapshot => {
      const pinned = weightedWorld({
        fleets: [
          { ...BLUE, marks: since },
          { ...GREEN, marks: PROMOTED },
        ],
        production: [100, 100],
        test: 0,
      });
      const traffic = pinned.traffic as ListenerWeights;
      return {
        ...pinned,
        traffic: { ...traffic, residual, routes: traffic.routes.map((one) => ({ ...one, stickyS })) },
      };
    };
    const unread: ResidualTraffic = { state: 'unreadable', why: 'AWS says no.', next: ['Allow it.'] };
    const no = await cleanup(sticky(counted(11)));
    expect(no).toMatchObject({
      refused: 'residual-traffic',
      message:
        '11 requests came to A in the last 5 min: the cookie of a rule leads clients there for 1 h, whatever the weights are.',
      next: [
        expect.stringContaining('--wait'),
        expect.stringContaining('stickiness'),
        expect.stringContaining('--ignore-residual-traffic'),
      ],
    });
    expect(await cleanup(sticky(unread))).toMatchObject({
      refused: 'residual-traffic',
      message: expect.stringMatching(/^It is not known .* AWS says no\. .* for 1 h after .* it, until 2026-/),
    });
    expect(stepsOf(await cleanup(sticky(counted(11)), { wait: true }))[0]).toBe('await-residual-traffic');
    expect(stepsOf(await cleanup(sticky(unread), { wait: true }))[0]).toBe('await-residual-traffic');
    for (const quiet of [
      await cleanup(sticky(counted(10))),
      await cleanup(sticky(unread, 60)),
      await cleanup(sticky(counted(11), 0)),
      await cleanup(sticky(counted(11)), { ignoreResidualTraffic: true }),
    ])
      expect(stepsOf(quiet)[0]).toBe('deregister');
  });

  test('does not take silence for the end of visits', async () => {
    const denied = withDns({ residual: { state: 'unreadable', why: 'AWS says no.', next: ['Allow it.'] } });
    for (const wish of [{}, { wait: true }])
      expect(await cleanup(denied, wish)).toMatchObject({
        refused: 'residual-traffic-unknown',
        message: 'It is not known which requests still come to A: AWS says no.',
        next: ['Allow it.', expect.stringContaining('--ignore-residual-traffic')],
      });
  });

  test('has its TTLs lowered first, and waited out; cleanup sets them back', async () => {
    const green = weightedWorld({ fleets: [BLUE, GREEN], production: [0, 0], test: 100, byName: true });
    const promote = await planFor(green, 'promote', {});
    expect(stepsOf(promote).slice(0, 6)).toEqual([
      'verify-green',
      'set-ttl',
      'await-insync',
      'tag-lowered-ttl',
      'await-lowered-ttl',
      'mark',
    ]);
    expect(promote).toHaveProperty(
      'plan.steps',
      expect.arrayContaining([expect.objectContaining({ do: 'await-ttl', seconds: 10 })]),
    );
    expect(stepsOf(await planFor(green, 'rollback', {}))).not.toContain('set-ttl');
    const lowered = withDns({ ttls: { 'shop:0': { own: [10], fixedS: 0 }, 'shop:1': { own: [10], fixedS: 0 } } });
    expect(stepsOf(await cleanup(lowered)).at(-1)).toBe('set-ttl');
    expect(stepsOf(await cleanup(parked))).not.toContain('set-ttl');
  });
});
