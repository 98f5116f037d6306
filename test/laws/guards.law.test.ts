import { expect, test } from 'vitest';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { floorNow } from '../../src/domain/minimum-healthy.ts';
import { behaviourOf, type Step } from '../../src/steps/index.ts';
import { broken, floorAtStart } from '../support/invariants.ts';
import { FULL, twoFleetWorlds } from '../support/worlds.ts';

/**
 * The guards alone, whoever asks for the step: what they allow breaks no rule in any small world. The planner never asks for
 * most of these steps; the world may have become such a one since it planned.
 */

/** Every step that could take something away from production, or bring somebody into it. */
function graveSteps(snapshot: Snapshot): readonly Step[] {
  const floor = floorNow(snapshot);
  return snapshot.fleets.flatMap(({ id: fleet }): readonly Step[] => [
    { do: 'terminate', fleet },
    ...Object.keys(floor).flatMap((pool): readonly Step[] => [
      { do: 'register', pool, fleet },
      { do: 'deregister', pool, fleet, floor: floor[pool] ?? {} },
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
      const fault = broken(before, step, behaviourOf(step).simulate(before), floorAtStart(before));
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
