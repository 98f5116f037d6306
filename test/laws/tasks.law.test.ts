import { expect, test } from 'vitest';
import { FULL, twoFleetWorlds } from '../support/worlds.ts';
import { holdLaws, WISHES, type Tally, type Wishes } from './check.ts';

/**
 * For every task in every small world: no step breaks a rule of "what must never happen", replanning after any prefix ends
 * at the goal, the plan of a reached goal is empty, and what is refused is refused with a sentence and advice.
 */

const IN_BATCHES: Wishes = [
  ['promote', { batch: 1 }],
  ['rollback', { batch: 1 }],
];

function saw({ worlds, refused, reached }: Tally): boolean {
  return worlds > 1000 && refused > worlds / 2 && reached > worlds / 10;
}

test('fleets of up to 2 instances: every membership and health', async () => {
  expect(await holdLaws(twoFleetWorlds(2, FULL))).toSatisfy(saw);
}, 120_000);

test('the same where the second fleet was never promoted, on two zones', async () => {
  const shape = { ...FULL, zones: ['a', 'b'], test: ['-', 'healthy'] } as const;
  expect(await holdLaws(twoFleetWorlds(2, shape, {}), [...WISHES, ...IN_BATCHES])).toSatisfy(saw);
}, 120_000);

test('fleets of up to 3 instances: every membership in production, in or out of the test group', async () => {
  const shape = { ...FULL, production: ['-', 'healthy', 'unhealthy', 'draining'], test: ['-', 'healthy'] } as const;
  expect(await holdLaws(twoFleetWorlds(3, shape))).toSatisfy(saw);
}, 120_000);

test('two production groups that stand differently, as a crash between two requests leaves them', async () => {
  const shape = {
    ...FULL,
    groups: ['http', 'admin'],
    production: ['-', 'initial', 'healthy', 'draining'],
    test: ['-', 'healthy'],
  } as const;
  expect(await holdLaws(twoFleetWorlds(1, shape))).toSatisfy(saw);
}, 120_000);
