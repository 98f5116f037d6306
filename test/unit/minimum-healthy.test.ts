import { trafficModel } from '../../src/plan/traffic/index.ts';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Amount } from '../../src/domain/amount.ts';
import {
  countByZone,
  greatestMinimum,
  healthyCounts as countsOf,
  healthyOthers,
  highestMinimum,
  lowerMinimum,
  minimumAtStake,
  minimumInPlace,
  minimumNow as minimumOf,
  minimumTotals,
  shortfall,
  total,
} from '../../src/domain/minimum-healthy.ts';
import type { Snapshot, TargetState } from '../../src/domain/snapshot.ts';
import { spread } from '../../src/plan/fleet-size.ts';
import { HOME, world } from '../support/worlds.ts';

const minimumNow = (snapshot: Snapshot) => minimumOf(snapshot, trafficModel(snapshot).capacityGroups());
const healthyCounts = (snapshot: Snapshot) => countsOf(trafficModel(snapshot).capacityGroups());

/** Fleets in the group `prod`, in zones a and b in turn; states of the fleet's instances in order. */
function prod(...fleets: readonly (readonly (TargetState | '-')[])[]) {
  const specs = fleets.map((states, n) => ({
    id: 'AB'[n] as string,
    marks: n === 0 ? HOME : {},
    members: states.map((state) => ({ prod: state })),
  }));
  return world(specs, { groups: ['prod'], zones: ['a', 'b'] });
}

describe('the minimum healthy', () => {
  test.each(['shutting-down', 'terminated', 'stopping', 'stopped'] as const)(
    'has no target of an instance that is %s, though ELB calls it healthy yet, and is no smaller for that',
    (state) => {
      const seen = prod(['healthy', 'healthy'], ['healthy']);
      const [fleet, other] = seen.fleets;
      const gone = { ...fleet!, instances: fleet!.instances.map((one, n) => (n === 0 ? { ...one, state } : one)) };
      const now = { ...seen, fleets: [gone, other!] };
      expect(minimumNow(now)).toEqual(minimumNow(seen));
      expect(healthyOthers(now, now.pools[0]!, other!)).toHaveLength(1);
    },
  );

  test('is what is healthy now, by pool and zone; a zone without anybody healthy has none', () => {
    expect(minimumNow(prod(['healthy', 'healthy', 'healthy']))).toEqual({ prod: { total: 3, zones: { a: 2, b: 1 } } });
    expect(minimumNow(prod(['healthy', 'unhealthy', 'initial']))).toEqual({ prod: { total: 1, zones: { a: 1 } } });
    expect(minimumNow(prod(['draining', 'unhealthy']))).toEqual({ prod: { total: 0, zones: {} } });
  });

  test("is the larger fleet's while two are in a pool, not the sum", () => {
    expect(minimumNow(prod(['healthy', 'healthy', 'healthy'], ['healthy', 'healthy']))).toEqual({
      prod: { total: 3, zones: { a: 2, b: 1 } },
    });
    expect(minimumNow(prod(['healthy'], ['healthy', 'healthy', 'healthy']))).toEqual({
      prod: { total: 3, zones: { a: 2, b: 1 } },
    });
  });

  test('is counted in each production group, and in no test group', () => {
    const members = [
      { web: 'healthy', api: 'healthy', test: 'healthy' },
      { web: 'healthy', api: 'unhealthy', test: 'healthy' },
    ] as const;
    const snapshot = world([{ id: 'A', marks: HOME, members }], { groups: ['web', 'api'], zones: ['a'] });
    expect(minimumNow(snapshot)).toEqual({
      web: { total: 2, zones: { a: 2 } },
      api: { total: 1, zones: { a: 1 } },
    });
    expect(minimumTotals(minimumNow(snapshot))).toEqual({ web: 2, api: 1 });
    expect(healthyCounts(snapshot)).toEqual({ web: 2, api: 1 });
    expect(highestMinimum(minimumNow(snapshot))).toEqual({ total: 2, zones: { a: 2 } });
  });

  test("lowered keeps each zone's share, rounded down, and the number in all; it is never raised", () => {
    const now = { prod: { total: 6, zones: { a: 4, b: 2 } }, small: { total: 1, zones: { a: 1 } } };
    const small = { total: 1, zones: { a: 1 } };
    expect(lowerMinimum(now, { count: 3 })).toEqual({ prod: { total: 3, zones: { a: 2, b: 1 } }, small });
    expect(lowerMinimum(now, { count: 5 })).toEqual({ prod: { total: 5, zones: { a: 3, b: 1 } }, small });
    expect(lowerMinimum(now, { count: 0 })).toEqual({
      prod: { total: 0, zones: { a: 0, b: 0 } },
      small: { total: 0, zones: { a: 0 } },
    });
    expect(lowerMinimum(now, { count: 100 })).toEqual(now);
    expect(lowerMinimum(now, undefined)).toEqual(now);
    expect(lowerMinimum({ prod: { total: 0, zones: {} } }, { count: 0 })).toEqual({ prod: { total: 0, zones: {} } });
  });

  test('of two in three zones is two, and not none', () => {
    const now = { prod: { total: 3, zones: { a: 1, b: 1, c: 1 } } };
    const two = lowerMinimum(now, { count: 2 })['prod']!;
    expect(two).toEqual({ total: 2, zones: { a: 0, b: 0, c: 0 } });
    expect(shortfall({ a: 1 }, two)).toBe('1 short');
    expect(shortfall({ a: 1, c: 1 }, two)).toBeUndefined();
  });

  test('in percent is of what is healthy now, rounded up', () => {
    const now = { prod: { total: 3, zones: { a: 2, b: 1 } } };
    expect([1, 33, 34, 67, 100].map((percent) => lowerMinimum(now, { percent })['prod']?.total)).toEqual([
      1, 1, 2, 3, 3,
    ]);
    expect(minimumInPlace({ a: 2, b: 1 }, 1, { asked: { percent: 50 }, crossZone: true }).total).toBe(2);
  });

  test('in place is one batch less than is healthy, and never nothing', () => {
    const rule = { asked: undefined, crossZone: true };
    expect(minimumInPlace({ a: 3, b: 1 }, 2, rule)).toEqual({ total: 2, zones: { a: 1, b: 0 } });
    expect(minimumInPlace({ a: 1 }, 1, rule)).toEqual({ total: 1, zones: { a: 0 } });
    expect(minimumInPlace({ a: 1 }, 1, { ...rule, crossZone: false })).toEqual({ total: 1, zones: { a: 1 } });
    expect(minimumInPlace({ a: 3, b: 3 }, 1, { ...rule, asked: { count: 5 } })).toEqual({
      total: 5,
      zones: { a: 2, b: 2 },
    });
  });

  test('says in which zone how many are missing, or how many in all', () => {
    const minimum = { total: 3, zones: { a: 2, b: 1 } };
    expect(shortfall({ a: 2, b: 1 }, minimum)).toBeUndefined();
    expect(shortfall({ a: 9 }, minimum)).toBe('1 short in b');
    expect(shortfall({}, minimum)).toBe('2 short in a, 1 short in b');
    expect(shortfall({}, { total: 0, zones: {} })).toBeUndefined();
    expect(shortfall({ a: 1 }, { total: 2, zones: { a: 1, b: 0 } })).toBe('1 short');
  });

  test('of a zone that is lost already keeps no fleet in place, and asks for no more elsewhere', () => {
    const minimum = { total: 3, zones: { a: 2, b: 1 } };
    expect(minimumAtStake(minimum, { a: 2 }, { left: { a: 2 } })).toEqual({ total: 2, zones: { a: 2 } });
    expect(minimumAtStake(minimum, { a: 2 }, undefined)).toEqual({ total: 3, zones: { a: 2 } });
    expect(minimumAtStake({ total: 2, zones: { a: 0, b: 0, c: 0 } }, { a: 1 }, { left: { a: 1 } }).total).toBe(2);
  });

  test('is compared with what others have healthy, not with what is registered', () => {
    const snapshot = prod(['healthy', 'healthy'], ['healthy', 'unhealthy', 'initial', 'draining']);
    const [blue, green] = snapshot.fleets;
    expect(countByZone(healthyOthers(snapshot, snapshot.pools[0]!, blue!))).toEqual({ a: 1 });
    expect(countByZone(healthyOthers(snapshot, snapshot.pools[0]!, green!))).toEqual({ a: 1, b: 1 });
  });

  test('counts an instance at several ports as several targets', () => {
    const snapshot = prod(['healthy']);
    const [pool] = snapshot.pools;
    const twice = { ...pool!, targets: [...pool!.targets, { ...pool!.targets[0]!, port: 9090 }] };
    expect(minimumNow({ ...snapshot, pools: [twice] })).toEqual({ prod: { total: 2, zones: { a: 2 }, ports: 2 } });
  });
});

describe('in fleets of any size and any zones', () => {
  const zones = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 1, max: 40 }), { minKeys: 1 });
  const amount = fc.oneof(
    fc.record({ count: fc.integer({ min: 0, max: 200 }) }),
    fc.record({ percent: fc.integer({ min: 0, max: 100 }) }),
  );
  const wanted = (asked: Amount, all: number): number =>
    'count' in asked ? asked.count : Math.ceil((all * asked.percent) / 100);

  test('a switch keeps what was asked for in all, and of each zone no more than its share', () => {
    fc.assert(
      fc.property(zones, amount, (healthy, asked) => {
        const all = total(healthy);
        const minimum = lowerMinimum({ prod: { total: all, zones: healthy } }, asked)['prod']!;
        expect(minimum.total).toBe(Math.min(all, wanted(asked, all)));
        for (const [zone, n] of Object.entries(minimum.zones)) {
          const share = ((healthy[zone] ?? 0) * minimum.total) / all;
          expect(n).toBeLessThanOrEqual(share);
          expect(n).toBeGreaterThan(share - 1);
        }
        expect(shortfall(healthy, minimum)).toBeUndefined();
      }),
    );
  });

  test('whatever reaches the minimum has the number in all', () => {
    fc.assert(
      fc.property(zones, zones, amount, (healthy, have, asked) => {
        const minimum = lowerMinimum({ prod: { total: total(healthy), zones: healthy } }, asked)['prod']!;
        const isShortSomewhere = Object.entries(minimum.zones).some(([zone, least]) => (have[zone] ?? 0) < least);
        expect(shortfall(have, minimum) !== undefined).toBe(isShortSomewhere || total(have) < minimum.total);
      }),
    );
  });

  test('in place, the number in all is the one that was asked for, and never nothing by default', () => {
    fc.assert(
      fc.property(
        zones,
        fc.integer({ min: 1, max: 50 }),
        fc.option(amount),
        fc.boolean(),
        (healthy, size, given, crossZone) => {
          const asked = given ?? undefined;
          const minimum = minimumInPlace(healthy, size, { asked, crossZone });
          expect(minimum.total).toBe(
            asked === undefined ? Math.max(1, total(healthy) - size) : wanted(asked, total(healthy)),
          );
          for (const [zone, n] of Object.entries(minimum.zones)) expect(n).toBeLessThanOrEqual(healthy[zone]!);
        },
      ),
    );
  });

  test('an instance at several ports counts as several targets', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 3 }), (size, ports) => {
        const snapshot = prod(Array.from({ length: size }, () => 'healthy' as const));
        const [pool] = snapshot.pools;
        const targets = Array.from({ length: ports }, (_, n) =>
          pool!.targets.map((target) => ({ ...target, port: 8080 + n })),
        ).flat();
        expect(minimumTotals(minimumNow({ ...snapshot, pools: [{ ...pool!, targets }] }))).toEqual({
          prod: size * ports,
        });
      }),
    );
  });

  test('the number that is advised is accepted, and the next one is not', () => {
    const state = fc.constantFrom('healthy' as const, 'unhealthy' as const, '-' as const);
    fc.assert(
      fc.property(fc.array(state, { minLength: 1, maxLength: 8 }), zones, (states, have) => {
        const snapshot = prod(states);
        const advised = greatestMinimum(minimumNow(snapshot), have);
        const isEnough = (count: number): boolean =>
          shortfall(have, highestMinimum(lowerMinimum(minimumNow(snapshot), { count }))) === undefined;
        expect(isEnough(advised)).toBe(true);
        expect(advised === total(have) || !isEnough(advised + 1)).toBe(true);
      }),
    );
  });
});

describe('a new fleet is spread', () => {
  test('as large as production, without a number', () => {
    expect(spread({ a: 2, b: 1 }, undefined)).toEqual({ a: 2, b: 1 });
    expect(spread({ a: 2, b: 1 }, 3)).toEqual({ a: 2, b: 1 });
  });

  test.each([
    [{ a: 2, b: 1 }, 6, { a: 4, b: 2 }],
    [{ a: 2, b: 2 }, 3, { a: 2, b: 1 }],
    [{ a: 1, b: 1, c: 1 }, 2, { a: 1, b: 1 }],
    [{ a: 1, b: 1, c: 1 }, 1, { a: 1 }],
    [{ b: 1, a: 1 }, 3, { a: 2, b: 1 }],
    [{ a: 500, b: 500 }, 999, { a: 500, b: 499 }],
    [{ a: 7, b: 2, c: 1 }, 5, { a: 4, b: 1 }],
  ])('%o for %i is %o', (zones, count, expected) => {
    expect(spread(zones, count)).toEqual(expected);
  });

  test('over no more and no fewer than asked for, and no zone gets more than one above its share', () => {
    for (let a = 1; a <= 5; a += 1) {
      for (let b = 0; b <= 4; b += 1) {
        for (let count = 1; count <= 20; count += 1) {
          const zones = b === 0 ? { a } : { a, b };
          const got = spread(zones, count);
          expect(Object.values(got).reduce((sum, n) => sum + n, 0)).toBe(count);
          for (const [zone, n] of Object.entries(got)) {
            const share = ((zones as Record<string, number>)[zone]! * count) / (a + b);
            expect(Math.abs(n - share)).toBeLessThan(1);
          }
        }
      }
    }
  });

  test('by the instances that are counted', () => {
    expect(countByZone(prod(['healthy', 'healthy', 'healthy']).fleets[0]!.instances)).toEqual({ a: 2, b: 1 });
    expect(countByZone([])).toEqual({});
  });
});
