import { expect, test } from 'vitest';
import type { Goal } from '../../src/domain/goal.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import type { Step } from '../../src/steps/index.ts';
import * as weighted from '../support/weighted-invariants.ts';
import { scaledWorlds } from '../support/scaled-worlds.ts';
import { attachedWorlds } from '../support/attached-worlds.ts';
import * as plain from '../support/invariants.ts';
import { holdLaws, WISHES, type Invariants, type Wishes } from './check.ts';

/** The laws of `weighted.law.test.ts`, where the fleets are Auto Scaling groups, and what must never happen to those. */

const ALL: Wishes = [
  ...WISHES,
  ['promote', { steps: [10, 100], every: 60 }],
  ['promote', { to: 10 }],
  ['rollback', { grow: true }],
];

const groupsIn = ({ fleets }: Snapshot) => new Map(fleets.map(({ id, group }) => [id, group]));

/** A step leaves groups and targets as large as they are, and remembers each minimum as it was. */
const keeping =
  (others: Invariants['broken']): Invariants['broken'] =>
  (before, step, after, minimum) =>
    groupsBroken(before, step, after) ?? others(before, step, after, minimum);

function groupsBroken(before: Snapshot, step: Step, after: Snapshot): string | undefined {
  if (step.do === 'register' || step.do === 'deregister') return `${step.do} does by hand what the group does`;
  const now = groupsIn(after);
  for (const [id, group] of groupsIn(before)) {
    const next = now.get(id);
    if (group === undefined || next === undefined || (step.do === 'terminate' && step.fleet === id)) continue;
    if (next.maximum !== group.maximum) return `the maximum of ${id} was changed`;
    if (next.desired < group.desired) return `${id} was scaled in`;
    if (next.minimum < Math.min(group.minimum, group.held?.before ?? group.minimum))
      return `${id} has a smaller minimum than before`;
    if (next.minimum > group.minimum && next.held === undefined)
      return `what the minimum of ${id} was is not remembered`;
    if (group.held && next.held && next.held.before !== group.held.before)
      return `another minimum of ${id} is remembered`;
  }
  return undefined;
}

/** Nothing is held any more once one fleet is the only one, and nothing serves that is not held while there are two. */
function fallsShort(world: Snapshot, goal: Goal): string | undefined {
  const live = world.fleets.filter(({ instances }) => instances.some(({ state }) => state === 'running'));
  const held = live.filter(({ group }) => group?.held !== undefined);
  if (goal.verb === 'cleanup' && live.length === 1 && held.length > 0) return `${held[0]?.id} is still held`;
  return weighted.fallsShort(world, goal);
}

const INVARIANTS: Invariants = { ...weighted, broken: keeping(weighted.broken), fallsShort };
const MOVED: Invariants = { ...plain, broken: keeping(plain.broken) };

test('every size, health, share and minimum of two groups', async () => {
  const { worlds, cases, refused, reached } = await holdLaws(scaledWorlds(), ALL, INVARIANTS);
  expect(worlds).toBeGreaterThan(300);
  expect(refused).toBeGreaterThan(cases / 10);
  expect(reached).toBeGreaterThan(cases / 10);
}, 60_000);

test('every membership and health of two groups that move between target groups', async () => {
  const { worlds, cases, refused, reached } = await holdLaws(attachedWorlds(), WISHES, MOVED);
  expect(worlds).toBeGreaterThan(700);
  expect(refused).toBeGreaterThan(cases / 10);
  expect(reached).toBeGreaterThan(cases / 10);
}, 60_000);
