import { expect, test } from 'vitest';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { smallerGroup } from '../../src/plan/scaling.ts';
import { behaviourOf } from '../../src/steps/index.ts';
import { scaledWorld } from '../support/scaled-worlds.ts';

const ASKED = { run: 'r1', who: 'ann@ci', since: '2026-06-01T00:00:00.000Z' };

/** A serves with three instances and so has B; the type of one group was given another weight since. */
function weighed(id: string, weight: number): Snapshot {
  const world = scaledWorld([
    { id: 'A', size: 3 },
    { id: 'B', size: 3 },
  ]);
  const fleets = world.fleets.map((fleet) => ({
    ...fleet,
    ...(fleet.id === id && { group: { ...fleet.group!, capacity: 3 * weight } }),
    instances: fleet.instances.map((one) => ({ ...one, type: 't3.micro', ...(fleet.id === id && { weight }) })),
  }));
  return { ...world, fleets };
}

test.each([
  ['the next group, which is to have six of its own', weighed('B', 2), 6],
  ['the group that serves, which is three of the other', weighed('A', 2), 3],
])('what serves is counted in the units of the next group: weights of %s', (_name, world, want) => {
  const step = behaviourOf({ do: 'match-size', fleet: 'B', pool: 'two', ...ASKED });
  expect(step.count(world)?.want).toBe(want);
});

test('a parked group is no smaller than what serves for its weights alone', () => {
  const parked = (world: Snapshot) => smallerGroup(world, world.fleets[1]!);
  expect(parked(weighed('A', 2))).toBeUndefined();
  expect(parked(weighed('B', 2))).toBeUndefined();
  const { fleets, ...world } = weighed('B', 2);
  const fewer = {
    ...fleets[1]!,
    group: { ...fleets[1]!.group!, capacity: 4 },
    instances: fleets[1]!.instances.slice(1),
  };
  expect(parked({ ...world, fleets: [fleets[0]!, fewer] })).toEqual({ have: 4, need: 6 });
});
