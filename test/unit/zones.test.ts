import { describe, expect, test } from 'vitest';
import { isRefusal } from '../../src/domain/goal.ts';
import { lowerMinimum, minimumNow, NO_MINIMUM } from '../../src/domain/minimum-healthy.ts';
import type { Pool, Snapshot } from '../../src/domain/snapshot.ts';
import { trafficModel } from '../../src/plan/traffic/index.ts';
import { behaviourOf } from '../../src/steps/index.ts';
import type { AnyOptions } from '../../tasks/index.ts';
import { planFor } from '../laws/check.ts';
import { withRule } from '../support/hands.ts';
import { scaledWorld } from '../support/scaled-worlds.ts';
import { weightedWorld } from '../support/weighted-worlds.ts';
import { HOME, PROMOTED, world } from '../support/worlds.ts';

/** Groups without cross-zone load balancing: clients of a zone reach the targets of that zone only. */

const rezoned = (snapshot: Snapshot, zones: Readonly<Record<string, readonly string[]>>): Snapshot => ({
  ...snapshot,
  fleets: snapshot.fleets.map((fleet) => ({
    ...fleet,
    instances: fleet.instances.map((one, n) => ({ ...one, zone: zones[fleet.id]?.[n] ?? one.zone })),
    ...(fleet.group && { group: { ...fleet.group, zones: ['a', 'b', 'c'] } }),
  })),
});

const withPools = (snapshot: Snapshot, facts: Partial<Pool>): Snapshot => ({
  ...snapshot,
  pools: snapshot.pools.map((pool) => ({ ...pool, ...facts })),
});

const off = (snapshot: Snapshot): Snapshot => withPools(snapshot, { crossZone: false });

const three = (group: string) => Array.from({ length: 3 }, () => ({ [group]: 'healthy' }) as const);
const weighted = (byName: boolean, two = 0): Snapshot =>
  weightedWorld({
    fleets: [
      { id: 'A', marks: HOME, members: three('one') },
      { id: 'B', marks: two > 0 ? PROMOTED : {}, members: three('two') },
    ],
    production: [two],
    test: 100 - two,
    byName,
  });

/** Three of blue and three of green, by how production moves, and by the kind of fleet. */
const KINDS: Readonly<Record<string, Snapshot>> = {
  membership: world([
    { id: 'A', marks: HOME, members: three('prod') },
    { id: 'B', marks: {}, members: three('test') },
  ]),
  'listener weights': weighted(false),
  'dns weights': weighted(true),
  'Auto Scaling groups': scaledWorld([
    { id: 'A', size: 3 },
    { id: 'B', size: 3 },
  ]),
};

const minimum = (snapshot: Snapshot) => Object.values(minimumNow(snapshot, trafficModel(snapshot).capacityGroups()))[0];

describe.each(Object.entries(KINDS))('%s', (_, snapshot) => {
  const everywhere = { A: ['a', 'b', 'c'], B: ['a', 'b', 'c'] };
  const promote = async (zones: typeof everywhere, wish: AnyOptions = {}, change = off) =>
    planFor(change(rezoned(snapshot, zones)), 'promote', wish);

  test('each zone keeps something, whatever the minimum is lowered to, but to nothing', () => {
    const now = minimumNow(off(rezoned(snapshot, everywhere)), trafficModel(snapshot).capacityGroups());
    expect(minimum(rezoned(snapshot, everywhere))).not.toHaveProperty('zonal');
    const zonal = minimumNow(off(rezoned(snapshot, everywhere)), trafficModel(off(snapshot)).capacityGroups());
    expect(Object.values(lowerMinimum(zonal, { count: 2 }))).toEqual([
      { total: 2, zones: { a: 1, b: 1, c: 1 }, zonal: true },
    ]);
    expect(Object.values(lowerMinimum(zonal, { count: 0 }))[0]?.zones).toEqual({ a: 0, b: 0, c: 0 });
    expect(Object.values(lowerMinimum(now, { count: 2 }))[0]?.zones).toEqual({ a: 0, b: 0, c: 0 });
  });

  test('a fleet that is sick in a zone is refused with the zone, whatever the minimum is lowered to', async () => {
    const isSick = ({ id }: { readonly id: string }): boolean => id === 'B-2';
    const sick = (seen: Snapshot): Snapshot => ({
      ...off(seen),
      pools: off(seen).pools.map((pool) => ({
        ...pool,
        targets: pool.targets.map((one) => (isSick(one) ? { ...one, state: 'unhealthy' as const } : one)),
      })),
    });
    const no = await promote(everywhere, { minHealthy: { count: 1 } }, sick);
    expect(no).toMatchObject({
      refused: 'not-healthy',
      message: expect.stringContaining('1 short in c') as string,
      next: expect.arrayContaining([expect.stringContaining('cross_zone.enabled,Value=true')]) as string[],
    });
    expect(JSON.stringify(no)).not.toContain('--min-healthy');
  });

  test('a fleet without anything in a zone is refused, and what is advised is accepted', async () => {
    const zones = { A: ['a', 'b', 'c'], B: ['a', 'a', 'b'] };
    const few = { minHealthy: { count: 2 } };
    expect(isRefusal(await promote(zones, few, (same) => same))).toBe(false);
    const no = await promote(zones, few);
    expect(no).toMatchObject({
      refused: 'too-small',
      message: expect.stringContaining('1 short in c'),
      next: expect.arrayContaining([
        '`turnout promote --min-healthy 0` accepts fewer healthy targets.',
        expect.stringContaining('Key=load_balancing.cross_zone.enabled,Value=true` sends the clients'),
      ]),
    });
    expect(isRefusal(await promote(zones, { minHealthy: { count: 0 } }))).toBe(false);
    expect(isRefusal(await promote(everywhere, few))).toBe(false);
  });

  test('health that the group wants is wanted of each zone; of all together where clients are sent across', async () => {
    const wants = (facts: Partial<Pool>) => (same: Snapshot) => withPools(off(same), facts);
    const two = { A: ['a', 'a', 'b'], B: ['a', 'b', 'b'] };
    const lowered = { minHealthy: { count: 1 } };
    expect(await promote(two, lowered, wants({ routesToAllBelow: 2 }))).toMatchObject({
      refused: 'too-few-targets',
      message: expect.stringMatching(/^B has 1 instance in a, and with fewer than 2 healthy targets in \w+ in a ELB/),
      next: [expect.stringContaining('count,Value=1`'), expect.stringContaining('cross_zone.enabled,Value=true`')],
    });
    expect(isRefusal(await promote(two, lowered, (same) => withPools(same, { routesToAllBelow: 2 })))).toBe(false);
    const notes = async (facts: Partial<Pool>): Promise<string> => {
      const answer = await promote(two, lowered, (same) => withPools(same, facts));
      return isRefusal(answer) ? answer.message : answer.plan.notes.join(' ');
    };
    expect(await notes({ crossZone: false, leavesDnsBelow: 2 })).toMatch(
      /takes a zone out of DNS .*; B has fewer in a\./,
    );
    expect(await notes({ leavesDnsBelow: 2 })).not.toContain('out of DNS');
    expect(await notes({ leavesDnsBelow: 4 })).toMatch(/takes all zones out of DNS; B has 3\./);
  });
});

describe('in percent', () => {
  const wants = (facts: Partial<Pool>): Snapshot => {
    const members = (group: string, n: number) => Array.from({ length: n }, () => ({ [group]: 'healthy' }) as const);
    const snapshot = world([
      { id: 'A', marks: HOME, members: members('prod', 5) },
      { id: 'B', marks: {}, members: members('test', 5) },
    ]);
    const zones = { A: ['a', 'a', 'a', 'b', 'b'], B: ['a', 'a', 'b', 'b', 'b'] };
    return withPools(rezoned(snapshot, zones), { routesToAllBelowPercent: 45, ...facts });
  };
  const wish = { minHealthy: { count: 1 } };

  test('of what is registered in the zone; the advised batch fits in each', async () => {
    expect(isRefusal(await planFor(wants({}), 'promote', wish))).toBe(false);
    expect(await planFor(wants({ crossZone: false }), 'promote', wish)).toMatchObject({
      refused: 'too-few-targets',
      message: expect.stringMatching(/^2 of 5 targets while B comes in would be healthy in prod in b, and below 45 %/),
      next: [expect.stringContaining('`turnout promote --batch 2`'), expect.stringContaining('percentage,Value=40`')],
    });
    expect(isRefusal(await planFor(wants({ crossZone: false }), 'promote', { ...wish, batch: { count: 2 } }))).toBe(
      false,
    );
  });

  test('is told of a zone that DNS loses', async () => {
    const facts = { routesToAllBelowPercent: 0, leavesDnsBelowPercent: 45 };
    const answer = await planFor(wants({ ...facts, crossZone: false }), 'promote', wish);
    expect(isRefusal(answer) ? answer.message : answer.plan.notes).toContainEqual(
      expect.stringContaining('45 % are healthy, as they may be in b while B comes in.'),
    );
    expect(await planFor(wants(facts), 'promote', wish)).toMatchObject({ plan: { notes: [] } });
  });
});

describe('clients of others in a test group', () => {
  const both = { prod: 'healthy', test: 'healthy' } as const;
  const parked = world([
    { id: 'A', marks: HOME, members: three('test') },
    { id: 'B', marks: PROMOTED, members: [both, { prod: 'healthy' }, { prod: 'healthy' }] },
  ]);
  const shared = withRule(rezoned(parked, { A: ['a', 'b', 'b'], B: ['b', 'a', 'c'] }), { prod: 9, test: 1 });

  test('keep something in each zone, unless they are sent across', async () => {
    expect(isRefusal(await planFor(shared, 'cleanup', {}))).toBe(false);
    expect(await planFor(off(shared), 'cleanup', {})).toMatchObject({
      refused: 'shared-target-group',
      message: expect.stringMatching(
        /would have 1 of 4 healthy left, and none in a, whose clients reach no other zone's/,
      ),
    });
    const leaves = {
      do: 'deregister',
      pool: 'test',
      fleet: 'A',
      minimumHealthy: NO_MINIMUM,
      outsiders: 'spared',
    } as const;
    expect(behaviourOf(leaves).guard(off(shared))).toContain('none in a');
    expect(behaviourOf(leaves).guard(shared)).toBeUndefined();
  });
});
