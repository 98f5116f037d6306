import { expect, test } from 'vitest';
import type { Fleet, Snapshot } from '../../src/domain/snapshot.ts';
import { sampled } from '../support/sampled.ts';
import { FULL, PROMOTED, twoFleetWorlds } from '../support/worlds.ts';
import { holdLaws, planFor, WISHES, type Tally, type Wishes } from './check.ts';

/**
 * For every task in every small world: no step breaks a rule of "what must never happen", replanning after any prefix ends
 * at the goal, the plan of a reached goal is empty, and what is refused is refused with a sentence and advice. Of the largest worlds
 * every so manieth is tried; `npm run test:whole` tries each.
 */

const IN_BATCHES: Wishes = [
  ['promote', { batch: { count: 1 } }],
  ['rollback', { batch: { count: 1 } }],
];

function saw({ worlds, refused, reached }: Tally): boolean {
  return worlds > 1000 && refused > worlds / 2 && reached > worlds / 10;
}

test('up to 3 instances in fleets of up to 2: every membership and health', async () => {
  expect(await holdLaws(twoFleetWorlds(2, FULL, PROMOTED, 3))).toSatisfy(saw);
}, 120_000);

test('the same where the second fleet was never promoted, on two zones', async () => {
  const shape = { ...FULL, zones: ['a', 'b'], test: ['-', 'healthy'] } as const;
  expect(await holdLaws(sampled(twoFleetWorlds(2, shape, {}), 3), [...WISHES, ...IN_BATCHES])).toSatisfy(saw);
}, 600_000);

test('fleets of up to 3 instances: every membership in production, in or out of the test group', async () => {
  const shape = { ...FULL, production: ['-', 'healthy', 'unhealthy', 'draining'], test: ['-', 'healthy'] } as const;
  expect(await holdLaws(sampled(twoFleetWorlds(3, shape), 5))).toSatisfy(saw);
}, 600_000);

test('two production groups that stand differently, as a crash between two requests leaves them', async () => {
  const shape = {
    ...FULL,
    groups: ['http', 'admin'],
    production: ['-', 'initial', 'healthy', 'draining'],
    test: ['-', 'healthy'],
  } as const;
  expect(await holdLaws(twoFleetWorlds(1, shape))).toSatisfy(saw);
}, 120_000);

test('fleets that something holds, as a layer of OpsWorks does: it goes with the fleet that goes, and only with that', async () => {
  const shape = { ...FULL, production: ['-', 'healthy', 'draining'], test: ['-', 'healthy'] } as const;
  const held = [...twoFleetWorlds(2, shape)].map((snapshot) => ({
    ...snapshot,
    fleets: snapshot.fleets.map((fleet) => ({ ...fleet, holder: `layer ${fleet.id}` })),
  }));
  const tally = await holdLaws(held);
  expect(tally.reached).toBeGreaterThan(tally.worlds / 10);
  const { home, other } = leftBehind(held);
  expect(await planFor(other, 'cleanup', {})).toMatchObject({ plan: { steps: [{ do: 'remove', fleet: home }] } });
}, 120_000);

/** A world in which the other fleet serves, and of the one before nothing is left but what held it. */
function leftBehind(held: readonly Snapshot[]): { readonly home: string; readonly other: Snapshot } {
  const alone = held.find(({ fleets, pools }) => {
    const [first, second] = fleets;
    const serving = new Set(pools.filter(({ role }) => role === 'production').flatMap(({ targets }) => targets));
    const ids = new Set(second?.instances.map(({ id }) => id));
    return (
      first !== undefined &&
      serving.size > 0 &&
      [...serving].every(({ id, state }) => ids.has(id) && state === 'healthy')
    );
  });
  if (alone === undefined) throw new Error('No such world.');
  const [first, ...others] = alone.fleets as [Fleet, ...Fleet[]];
  const ended = first.instances.map((instance) => ({ ...instance, state: 'terminated' as const }));
  const pools = alone.pools.map((pool) => (pool.role === 'test' ? { ...pool, targets: [] } : pool));
  const marks = { current: '2026-03-01T00:00:00.000Z' };
  const fleets = [{ ...first, instances: ended }, ...others.map((fleet) => ({ ...fleet, marks }))];
  return { home: first.id, other: { ...alone, fleets, pools } };
}
