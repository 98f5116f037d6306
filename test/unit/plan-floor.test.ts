import { describe, expect, test } from 'vitest';
import {
  countByZone,
  floorCounts,
  floorNow as floorOfGroups,
  healthyCounts as countsOfGroups,
  healthyOthers,
  lowerFloor,
  shortfall,
} from '../../src/domain/minimum-healthy.ts';
import { highestFloor } from '../../src/plan/switch.ts';
import { trafficModel } from '../../src/plan/traffic/index.ts';
import type { Snapshot, TargetState } from '../../src/domain/snapshot.ts';
import { spread } from '../../tasks/up.ts';
import { HOME, world } from '../support/worlds.ts';

const floorNow = (snapshot: Snapshot) => floorOfGroups(snapshot, trafficModel(snapshot).capacityGroups());
const healthyCounts = (snapshot: Snapshot) => countsOfGroups(trafficModel(snapshot).capacityGroups());

/** Fleets in the group `prod`, in zones a and b in turn; states of the fleet's instances in order. */
function prod(...fleets: readonly (readonly (TargetState | '-')[])[]) {
  const specs = fleets.map((states, n) => ({
    id: 'AB'[n] as string,
    marks: n === 0 ? HOME : {},
    members: states.map((state) => ({ prod: state })),
  }));
  return world(specs, { groups: ['prod'], zones: ['a', 'b'] });
}

describe('the floor', () => {
  test('is what is healthy now, by pool and zone; a zone without anybody healthy has none', () => {
    expect(floorNow(prod(['healthy', 'healthy', 'healthy']))).toEqual({ prod: { a: 2, b: 1 } });
    expect(floorNow(prod(['healthy', 'unhealthy', 'initial']))).toEqual({ prod: { a: 1 } });
    expect(floorNow(prod(['draining', 'unhealthy']))).toEqual({ prod: {} });
  });

  test("is the larger fleet's while two are in a pool, not the sum", () => {
    expect(floorNow(prod(['healthy', 'healthy', 'healthy'], ['healthy', 'healthy']))).toEqual({ prod: { a: 2, b: 1 } });
    expect(floorNow(prod(['healthy'], ['healthy', 'healthy', 'healthy']))).toEqual({ prod: { a: 2, b: 1 } });
  });

  test('is counted in each production group, and in no test group', () => {
    const members = [
      { web: 'healthy', api: 'healthy', test: 'healthy' },
      { web: 'healthy', api: 'unhealthy', test: 'healthy' },
    ] as const;
    const snapshot = world([{ id: 'A', marks: HOME, members }], { groups: ['web', 'api'], zones: ['a'] });
    expect(floorNow(snapshot)).toEqual({ web: { a: 2 }, api: { a: 1 } });
    expect(floorCounts(floorNow(snapshot))).toEqual({ web: 2, api: 1 });
    expect(healthyCounts(snapshot)).toEqual({ web: 2, api: 1 });
    expect(highestFloor(floorNow(snapshot))).toEqual({ a: 2 });
  });

  test("lowered keeps each zone's share, rounded down, and is never raised", () => {
    const floor = { prod: { a: 4, b: 2 }, small: { a: 1 } };
    expect(lowerFloor(floor, 3)).toEqual({ prod: { a: 2, b: 1 }, small: { a: 1 } });
    expect(lowerFloor(floor, 5)).toEqual({ prod: { a: 3, b: 1 }, small: { a: 1 } });
    expect(lowerFloor(floor, 0)).toEqual({ prod: { a: 0, b: 0 }, small: { a: 0 } });
    expect(lowerFloor(floor, 100)).toEqual(floor);
    expect(lowerFloor({ prod: {} }, 0)).toEqual({ prod: {} });
  });

  test('says in which zone how many are missing', () => {
    expect(shortfall({ a: 2, b: 1 }, { a: 2, b: 1 })).toBeUndefined();
    expect(shortfall({ a: 9 }, { a: 2, b: 1 })).toBe('1 short in b');
    expect(shortfall({}, { a: 2, b: 1 })).toBe('2 short in a, 1 short in b');
    expect(shortfall({}, {})).toBeUndefined();
  });

  test('is compared with what others have healthy, not with what is registered', () => {
    const snapshot = prod(['healthy', 'healthy'], ['healthy', 'unhealthy', 'initial', 'draining']);
    const [blue, green] = snapshot.fleets;
    expect(countByZone(healthyOthers(snapshot, snapshot.pools[0]!, blue!))).toEqual({ a: 1 });
    expect(countByZone(healthyOthers(snapshot, snapshot.pools[0]!, green!))).toEqual({ a: 1, b: 1 });
  });

  test('counts an instance at several ports once', () => {
    const snapshot = prod(['healthy']);
    const [pool] = snapshot.pools;
    const twice = { ...pool!, targets: [...pool!.targets, { ...pool!.targets[0]!, port: 9090 }] };
    expect(floorNow({ ...snapshot, pools: [twice] })).toEqual({ prod: { a: 1 } });
  });
});

describe('a new fleet is spread', () => {
  test('as production is, when nobody says a number', () => {
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
