import { expect, test } from 'vitest';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { outsideNotes } from '../../src/plan/outsiders.ts';
import { behaviourOf, type Step } from '../../src/steps/index.ts';
import { toPool } from '../../src/traffic/target-groups.ts';
import { SHIFT } from '../support/grave-steps-weights.ts';
import { scaledWorld } from '../support/scaled-worlds.ts';
import { blueAndGreen } from '../support/fake-world.ts';

/** What is healthy in a zone that a zonal shift keeps traffic away from serves nothing. */

const MINIMUM = { total: 2, zones: {} };

/** The targets of these instances are away. */
function shifted(snapshot: Snapshot, ...ids: readonly string[]): Snapshot {
  const away = (id: string) => ids.includes(id) && ({ shifted: true } as const);
  const pools = snapshot.pools.map((pool) => ({
    ...pool,
    targets: pool.targets.map((target) => ({ ...target, ...away(target.id) })),
  }));
  return { ...snapshot, pools };
}

test('is read from the targets, by the states of AWS', () => {
  const of = (State: 'zonal_shift_active' | 'zonal_shift_delegated_to_dns' | 'no_override' | 'unknown') => ({
    Target: { Id: 'i-1', Port: 80 },
    TargetHealth: { State: 'healthy' as const },
    AdministrativeOverride: { State },
  });
  const states = ['zonal_shift_active', 'zonal_shift_delegated_to_dns', 'no_override', 'unknown'] as const;
  const settings = { group: {}, attributes: new Map(), name: 'one', role: 'production' } as never;
  expect(toPool(settings, states.map(of)).targets.map((one) => one.shifted)).toEqual([
    true,
    true,
    undefined,
    undefined,
  ]);
});

test('is said in every plan of a switch, with its zones', () => {
  const world = shifted(scaledWorld([{ id: 'A', size: 3 }]), 'A-0', 'A-1');
  expect(outsideNotes(world)).toContain('A zonal shift keeps traffic away from 2 targets of one in a.');
  expect(outsideNotes(scaledWorld([{ id: 'A', size: 3 }]))).toEqual([]);
});

test('weights give production to nothing that is all away, while something else is reached', () => {
  const world = scaledWorld([
    { id: 'A', size: 2 },
    { id: 'B', size: 2 },
  ]);
  const step: Step = { ...SHIFT, minimumHealthy: MINIMUM };
  const guard = (snapshot: Snapshot) => behaviourOf(step).guard(snapshot);
  expect(guard(shifted(world, 'B-0'))).toBeUndefined();
  expect(guard(shifted(world, 'B-0', 'B-1'))).toContain(
    'A zonal shift keeps traffic away from all that is healthy of B',
  );
  expect(guard(shifted(world, 'A-0', 'A-1', 'B-0', 'B-1'))).toBeUndefined();
});

test('what is reached does not leave production to what is away', () => {
  const fake = blueAndGreen();
  ['B-0', 'B-1'].forEach((id) => fake.target('prod', id, 'healthy'));
  const step: Step = { do: 'deregister', pool: 'prod', fleet: 'A', minimumHealthy: MINIMUM };
  const guard = (snapshot: Snapshot) => behaviourOf(step).guard(snapshot);
  expect(guard(shifted(fake.now, 'B-0'))).toBeUndefined();
  expect(guard(shifted(fake.now, 'B-0', 'B-1'))).toContain('only what a zonal shift keeps traffic away from');
  expect(guard(shifted(fake.now, 'A-0', 'A-1', 'B-0', 'B-1'))).toBeUndefined();
});
