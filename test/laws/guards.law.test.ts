import { trafficModel } from '../../src/plan/traffic/index.ts';
import { expect, test } from 'vitest';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import type { Amount } from '../../src/domain/amount.ts';
import { isHealthy, lowerMinimum, minimumNow, NO_MINIMUM } from '../../src/domain/minimum-healthy.ts';
import { behaviourOf, type Step } from '../../src/steps/index.ts';
import { broken, minimumAtStart } from '../support/invariants.ts';
import { FULL, twoFleetWorlds } from '../support/worlds.ts';

/**
 * The guards alone, without the planner: what they allow breaks no rule in any small world. The planner never asks for
 * most of these steps; the world may have become such a one since it planned.
 */

/** Every step that could take a target out of production, or add one. */
function graveSteps(snapshot: Snapshot, asked?: Amount): readonly Step[] {
  const minimum = lowerMinimum(minimumNow(snapshot, trafficModel(snapshot).capacityGroups()), asked);
  return snapshot.fleets.flatMap(({ id: fleet }): readonly Step[] => [
    { do: 'terminate', fleet, retentionS: 0, keeps: { fleet: '', groups: [] } },
    ...Object.keys(minimum).flatMap((pool): readonly Step[] => [
      { do: 'register', pool, fleet },
      { do: 'deregister', pool, fleet, minimumHealthy: minimum[pool] ?? NO_MINIMUM },
    ]),
  ]);
}

interface Tally {
  allowed: number;
  forbidden: number;
}

function holdGuards(worlds: Iterable<Snapshot>): Tally {
  const tally = { allowed: 0, forbidden: 0 };
  for (const before of worlds) {
    for (const step of graveSteps(before)) {
      if (behaviourOf(step).guard(before) !== undefined) {
        tally.forbidden += 1;
        continue;
      }
      tally.allowed += 1;
      const fault = broken(before, step, behaviourOf(step).simulate(before), minimumAtStart(before));
      if (fault !== undefined) throw new Error(`${JSON.stringify(step)}: ${fault}, in ${JSON.stringify(before)}`);
    }
  }
  return tally;
}

test.each([
  ['one zone', FULL],
  ['two zones', { ...FULL, zones: ['a', 'b'], test: ['-', 'healthy'] }],
] as const)('no guard allows what breaks a rule: fleets of up to 2 instances, %s', (_name, shape) => {
  const { allowed, forbidden } = holdGuards(twoFleetWorlds(2, shape));
  expect(allowed).toBeGreaterThan(1000);
  expect(forbidden).toBeGreaterThan(1000);
});

/** Healthy targets of production. */
function healthyIn(snapshot: Snapshot): number {
  return snapshot.pools.filter(({ role }) => role === 'production').flatMap((pool) => pool.targets.filter(isHealthy))
    .length;
}

test.each([{ count: 1 }, { count: 2 }, { percent: 50 }])(
  'no guard lets production fall below %o of what was healthy, in all zones together',
  (asked) => {
    let forbidden = 0;
    for (const before of twoFleetWorlds(3, {
      ...FULL,
      zones: ['a', 'b', 'c'],
      production: ['-', 'healthy', 'unhealthy'],
      test: ['-'],
    })) {
      const minimum =
        lowerMinimum(minimumNow(before, trafficModel(before).capacityGroups()), asked)['prod'] ?? NO_MINIMUM;
      for (const step of graveSteps(before, asked).filter((one) => one.do === 'deregister')) {
        if (behaviourOf(step).guard(before) !== undefined) {
          forbidden += 1;
          continue;
        }
        const left = healthyIn(behaviourOf(step).simulate(before));
        if (left < healthyIn(before) && left < minimum.total)
          throw new Error(`${JSON.stringify(step)} leaves ${left}, in ${JSON.stringify(before)}`);
      }
    }
    expect(forbidden).toBeGreaterThan(100);
  },
);
