import { expect, test } from 'vitest';
import { FULL, twoFleetWorlds } from '../support/worlds.ts';
import { holdLaws, type Tally } from './check.ts';

/**
 * For every task in every small world: no step breaks a rule of "what must never happen", replanning after any prefix ends
 * at the goal, the plan of a reached goal is empty, and what is refused is refused with a sentence and advice.
 */

function saw({ worlds, refused, reached }: Tally): boolean {
  return worlds > 1000 && refused > worlds / 2 && reached > worlds / 10;
}

test('fleets of up to 2 instances: every membership and health', async () => {
  expect(await holdLaws(twoFleetWorlds(2, FULL))).toSatisfy(saw);
}, 120_000);

test('the same where the second fleet was never promoted, on two zones', async () => {
  const shape = { ...FULL, zones: ['a', 'b'], test: ['-', 'healthy'] } as const;
  expect(await holdLaws(twoFleetWorlds(2, shape, {}))).toSatisfy(saw);
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
