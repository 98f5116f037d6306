import { describe, expect, test } from 'vitest';
import { isRefusal } from '../../src/domain/goal.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import type { DnsWeights } from '../../src/domain/traffic.ts';
import { behaviourOf, type StepOf } from '../../src/steps/index.ts';
import { statusData } from '../../src/views/status-json.ts';
import { compactStatus, statusText } from '../../src/views/status-text.ts';
import { planFor } from '../laws/check.ts';
import { weightedWorld } from '../support/weighted-worlds.ts';
import { HOME, PROMOTED } from '../support/worlds.ts';
import { report } from './views.samples.ts';

/** What of DNS would be found when production has moved is found before. */

const BLUE = { id: 'A', marks: HOME, members: [{ one: 'healthy' }, { one: 'healthy' }] } as const;
const GREEN = { id: 'B', marks: {}, members: [{ two: 'healthy' }, { two: 'healthy' }] } as const;

function dnsWorld(two: number, facts: Partial<DnsWeights>, isAlone = false): Snapshot {
  const green = two > 0 ? { ...GREEN, marks: PROMOTED } : GREEN;
  const fleets = isAlone ? [BLUE] : [BLUE, green];
  const snapshot = weightedWorld({ fleets, production: [two], test: 100, byName: true });
  return { ...snapshot, traffic: { ...(snapshot.traffic as DnsWeights), ...facts } };
}

const SICK = { passedOver: { two: 'The record of www evaluates the health of lb.' } };
const SILENT = { answers: { state: 'unreachable', why: '10.0.0.2 port 53 gives no answer for www' } } as const;

describe('before a switch of names', () => {
  test('a record that Route 53 would not answer with is refused, by up already', async () => {
    for (const planned of [
      planFor(dnsWorld(0, SICK), 'promote', {}),
      planFor(dnsWorld(0, SICK, true), 'up', { release: 'B' }),
    ])
      expect(await planned).toMatchObject({
        refused: 'alias-unhealthy',
        message: SICK.passedOver.two,
        next: [expect.stringContaining('EvaluateTargetHealth to false')],
      });
  });

  test('it is asked again before the weights move, but on the way back', () => {
    const step: StepOf<'shift-weights'> = {
      do: 'shift-weights',
      role: 'production',
      pool: 'two',
      fleet: 'B',
      percent: 100,
      from: { 'shop:0': 0 },
      minimumHealthy: { total: 1, zones: {} },
      refusesUnmanaged: true,
    };
    expect(behaviourOf(step).guard(dnsWorld(0, {}))).toBeUndefined();
    expect(behaviourOf(step).guard(dnsWorld(0, SICK))).toBe(SICK.passedOver.two);
    expect(behaviourOf({ ...step, refusesUnmanaged: false }).guard(dnsWorld(0, SICK))).toBeUndefined();
  });

  test('what would keep the way back from being answered is in the plan', async () => {
    const planned = await planFor(dnsWorld(0, { passedOver: { one: 'Blue is passed over.' } }), 'promote', {});
    expect(planned).toHaveProperty('plan.notes', expect.arrayContaining(['Blue is passed over.']));
  });

  test('up boots nothing that would be answered with, while what serves is passed over', async () => {
    // Asked again before its servers enter their group.
    expect(await planFor(dnsWorld(0, {}, true), 'up', { release: 'B' })).toMatchObject({
      plan: { steps: expect.arrayContaining([expect.objectContaining({ do: 'register', pool: 'two', isNew: true })]) },
    });
    expect(
      await planFor(dnsWorld(0, { passedOver: { one: 'Blue is passed over.' } }, true), 'up', { release: 'B' }),
    ).toMatchObject({
      refused: 'alias-unhealthy',
      message: 'Blue is passed over. A new fleet would get production as soon as it is healthy.',
      next: [expect.stringContaining('EvaluateTargetHealth to false')],
    });
  });

  test('name servers that cannot be asked are refused, with the key that names others', async () => {
    expect(await planFor(dnsWorld(0, SILENT), 'promote', {})).toMatchObject({
      refused: 'dns-unreachable',
      message: expect.stringMatching(/^DNS: 10\.0\.0\.2 port 53/),
      next: [expect.stringContaining('`nameServers` under `traffic`')],
    });
  });

  test('the way back is refused by neither', async () => {
    for (const facts of [SILENT, { passedOver: { one: 'Blue.', two: 'Green.' } }])
      expect(isRefusal(await planFor(dnsWorld(100, facts), 'rollback', {}))).toBe(false);
  });

  test('what the name servers say last is in the progress, and when time runs out', () => {
    const step = { do: 'await-dns-answers', pool: 'two', fleet: 'B', wanted: 10 } as const;
    const behaviour = behaviourOf(step);
    expect(behaviour.lastSeen(dnsWorld(100, SILENT))).toBe(`DNS cannot be asked: ${SILENT.answers.why}`);
    expect(behaviour.count(dnsWorld(100, SILENT))).toMatchObject({ have: 0, want: 10, waiting: [{ id: 'DNS' }] });
    const some = { answers: { state: 'one-pool', pool: 'two', streak: 4 } } as const;
    expect(behaviour.count(dnsWorld(100, some))).toEqual({ have: 4, want: 10, word: 'answers', waiting: [] });
    const limits = { bootMs: 1, healthyMs: 2, releasedMs: 3, provenMs: 4, warmMs: 9, dnsMs: 5, deployMs: 6, idleMs: 7 };
    expect(behaviour.timeLimitMs(limits, 'under way')).toBe(5);
  });
});

describe('after a switch of names', () => {
  const GREEN_OVER = { passedOver: { two: 'Green is passed over.' } };
  const switched = (facts: Partial<DnsWeights>): Snapshot => {
    const left = { ...HOME, share: '0@2026-01-03T00:00:00.000Z' };
    const { traffic, ...rest } = dnsWorld(100, facts);
    const fleets = rest.fleets.map((fleet) => (fleet.id === 'A' ? { ...fleet, marks: left } : fleet));
    return { ...rest, fleets, traffic };
  };

  test.each([{}, { wait: true }, { ignoreResidualTraffic: true }])(
    'what clients may be answered with is not ended: cleanup %o',
    async (wish) => {
      expect(await planFor(switched(GREEN_OVER), 'cleanup', wish)).toMatchObject({
        refused: 'alias-unhealthy',
        message: 'Green is passed over. So A may be what clients get.',
        next: [expect.stringContaining('EvaluateTargetHealth to false')],
      });
    },
  );

  test.each([{}, { passedOver: { one: 'Blue is passed over.' } }])('it is ended with %o', async (facts) => {
    expect(await planFor(switched(facts), 'cleanup', {})).toMatchObject({
      plan: { steps: expect.arrayContaining([expect.objectContaining({ do: 'terminate', fleet: 'A' })]) },
    });
  });

  test.each(['one', 'two'])('rollback tells that %s is passed over, and goes on', async (pool) => {
    const planned = await planFor(switched({ passedOver: { [pool]: 'It is passed over.' } }), 'rollback', {});
    expect(planned).toHaveProperty('plan.notes', expect.arrayContaining(['It is passed over.']));
  });

  test('status shows it', () => {
    const shown = { ...report(), snapshot: switched(GREEN_OVER) };
    for (const text of [statusText(shown, 200), compactStatus(shown, 200)])
      expect(text).toContain('Passed over: Green is passed over.');
    expect(statusData(shown).passedOver).toEqual(['Green is passed over.']);
    expect(statusText({ ...shown, snapshot: switched({}) }, 200)).not.toContain('Passed over');
  });
});

describe('with weights that are all 0', () => {
  // Route 53 answers with both: see the adapter.
  const world = dnsWorld(50, {}, true);

  test('the way out is the way back', async () => {
    expect(await planFor(world, 'up', { release: 'B' })).toMatchObject({
      refused: 'weights-changed',
      next: expect.arrayContaining([expect.stringContaining('`turnout rollback`')]),
    });
    expect(await planFor(world, 'rollback', {})).toMatchObject({
      plan: { steps: expect.arrayContaining([expect.objectContaining({ do: 'shift-weights', pool: 'one' })]) },
    });
  });
});
