import { expect, test } from 'vitest';
import * as weighted from '../support/weighted-invariants.ts';
import { MARKS, PAIRS, weightedWorlds } from '../support/weighted-worlds.ts';
import { holdLaws, WISHES, type Tally, type Wishes } from './check.ts';

/** The laws of `tasks.law.test.ts`, for the same tasks, in worlds where rules divide production by weights. */

const IN_STEPS: Wishes = [
  ['promote', { steps: [1, 10, 50, 100], every: 60 }],
  ['promote', { to: 10 }],
  ['promote', { steps: [5, 20], to: 30 }],
];

function saw({ worlds, cases, refused, reached }: Tally): boolean {
  return worlds > 1000 && refused > cases / 10 && reached > cases / 20;
}

const ALL: Wishes = [...WISHES, ...IN_STEPS];

test('single instances: every membership, health and tag, every state of two rules', async () => {
  expect(await holdLaws(weightedWorlds(MARKS), ALL, weighted)).toSatisfy(saw);
}, 120_000);

test('names in place of rules', async () => {
  expect(await holdLaws(weightedWorlds({ ...PAIRS, byName: true }), ALL, weighted)).toSatisfy(saw);
}, 120_000);

test('pairs of instances', async () => {
  expect(await holdLaws(weightedWorlds(PAIRS), ALL, weighted)).toSatisfy(saw);
}, 120_000);
