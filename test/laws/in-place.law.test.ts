import { PLAIN } from '../support/worlds.ts';
import { expect, test } from 'vitest';
import { isRefusal, type Delivery, type Goal, type Refusal, type Verb } from '../../src/domain/goal.ts';
import type { Amount } from '../../src/domain/amount.ts';
import { behaviourOf, type Step } from '../../src/steps/index.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { tasks, type AnyOptions } from '../../tasks/index.ts';
import { brokenInPlace, misordered, missesInPlace } from '../support/in-place-invariants.ts';
import { inPlaceWorlds, NEW, OLD, STANDS, STANDS_IN_TWO } from '../support/in-place-worlds.ts';

/**
 * Deploys in place, in every small world and every state that a crash can leave: no step breaks a rule, no instance is deployed to
 * in traffic, everybody comes back exactly where it was, replanning after any prefix gives the rest, and what is refused is
 * refused with a sentence and advice.
 */

const ASKED = { run: 'r1', who: 'law', since: '2026-06-01T00:00:00.000Z' };
const DELIVERY: Delivery = { words: './deploy.sh', check: true, migrate: 'alone' };
const PULLED: Delivery = {
  ...DELIVERY,
  migrate: 'no',
  movesPointer: true,
  converges: { pollS: 10, downloadS: 60, restartS: 120 },
};
const FIRST = `${OLD}-0`;

const WISHES: readonly (readonly [verb: Verb, wish: AnyOptions, delivery: Delivery])[] = [
  ['rolling', { release: NEW }, DELIVERY],
  ['rolling', { release: NEW, batch: { count: 2 } }, { ...DELIVERY, check: false, migrate: 'with-deploy' }],
  ['rolling', { release: NEW, force: true }, { ...DELIVERY, migrate: 'no' }],
  ['rolling', { release: NEW, allowDowntime: true, batch: { percent: 50 } }, DELIVERY],
  ['rolling', { release: NEW, batch: { count: 2 }, minHealthy: { count: 0 } }, DELIVERY],
  ['rolling', { release: NEW, wave: [50, 100] }, PULLED],
  ['rolling', { release: NEW, wave: [34, 67, 100], minHealthy: { count: 1 } }, PULLED],
  ['rolling', { release: NEW, wave: [100], allowDowntime: true }, PULLED],
  ['drain', { instances: [FIRST], minHealthy: { count: 2 } }, DELIVERY],
  ['drain', { instances: [FIRST] }, DELIVERY],
  ['join', { instances: [FIRST] }, DELIVERY],
  ['deploy', { instances: [FIRST], release: NEW }, DELIVERY],
];

interface Tally {
  cases: number;
  refused: number;
  reached: number;
}

async function holdLaws(worlds: Iterable<Snapshot>): Promise<Tally> {
  const tally: Tally = { cases: 0, refused: 0, reached: 0 };
  for (const snapshot of worlds) {
    for (const [verb, wish, delivery] of WISHES) {
      tally.cases += 1;
      const planned = await planFor(snapshot, verb, wish, delivery);
      tally[isRefusal(planned) ? 'refused' : 'reached'] += 1;
      const fault = isRefusal(planned)
        ? badlyRefused(planned)
        : faultOf(snapshot, planned.goal, planned.plan, 'minHealthy' in wish ? wish.minHealthy : undefined);
      if (fault !== undefined)
        throw new Error(`${verb} ${JSON.stringify(wish)}: ${fault}, from ${JSON.stringify(snapshot)}`);
    }
  }
  return tally;
}

async function planFor(
  snapshot: Snapshot,
  verb: Verb,
  wish: AnyOptions,
  delivery: Delivery,
): Promise<{ goal: Goal; plan: Plan } | Refusal> {
  const resolve = async () => ({ kind: '', summary: [], batches: [], request: {} });
  const goal = await tasks[verb].pinGoal({
    snapshot,
    options: wish,
    requestedBy: ASKED,
    settings: PLAIN,
    resolve,
    delivery,
  });
  if (isRefusal(goal)) return goal;
  const plan = tasks[verb].plan(snapshot, goal);
  return isRefusal(plan) ? plan : { goal, plan };
}

function badlyRefused({ refused, message, next }: Refusal): string | undefined {
  return /[.?)]$/.test(message) && next.length > 0
    ? undefined
    : `refused without a sentence or advice: ${refused}: ${message}`;
}

/** Does the steps as the runner would, and plans again in each world on the way. */
function faultOf(start: Snapshot, goal: Goal, { steps }: Plan, minimum: Amount | undefined): string | undefined {
  const order = misordered(start, goal);
  if (order !== undefined) return order;
  let before = start;
  for (const [index, step] of steps.entries()) {
    const fault = planFault(before, goal, steps.slice(index)) ?? stepFault(start, before, step, goal, minimum);
    if (fault !== undefined) return fault;
    before = behaviourOf(step).simulate(before);
  }
  const migrations = steps.filter((step) => step.do === 'migrate' || (step.do === 'deploy' && step.migrate)).length;
  if (migrations > 1) return `the database is migrated ${migrations} times`;
  return planFault(before, goal, []) ?? missesInPlace(start, before, goal);
}

function planFault(world: Snapshot, goal: Goal, rest: readonly Step[]): string | undefined {
  const again = tasks[goal.verb].plan(world, goal);
  if (!isRefusal(again) && JSON.stringify(again.steps) === JSON.stringify(rest)) return undefined;
  return `the plan is ${JSON.stringify(again)}\nand not ${JSON.stringify(rest)}\nin ${JSON.stringify(world)}`;
}

function stepFault(
  start: Snapshot,
  before: Snapshot,
  step: Step,
  goal: Goal,
  minimum: Amount | undefined,
): string | undefined {
  const behaviour = behaviourOf(step);
  const after = behaviourOf(step).simulate(before);
  const fault =
    behaviour.guard(before) ??
    behaviour.cannotSucceed(before) ??
    brokenInPlace(start, before, step, after, goal, minimum) ??
    (behaviour.progress(after) === 'done' ? undefined : 'it is not done');
  return fault && `${JSON.stringify(step)}: ${fault}, in ${JSON.stringify(before)}`;
}

test('one group, fleets of up to 3 instances in two zones', async () => {
  const { refused, reached } = await holdLaws(inPlaceWorlds(STANDS, 3));
  expect(refused).toBeGreaterThan(150);
  expect(reached).toBeGreaterThan(2000);
}, 60_000);

test('one group, fleets of up to 2 instances in one zone', async () => {
  const { refused, reached } = await holdLaws(inPlaceWorlds(STANDS, 2, ['a']));
  expect(refused).toBeGreaterThan(50);
  expect(reached).toBeGreaterThan(300);
}, 60_000);

test('two groups that stand differently, fleets of up to 2 instances', async () => {
  const { refused, reached } = await holdLaws(inPlaceWorlds(STANDS_IN_TWO, 2));
  expect(refused).toBeGreaterThan(100);
  expect(reached).toBeGreaterThan(800);
}, 60_000);

test('the guard alone: what may leave keeps the minimum healthy, in every world', () => {
  const tally = { allowed: 0, forbidden: 0 };
  for (const before of inPlaceWorlds(STANDS_IN_TWO, 2)) {
    const goal = { ...ASKED, verb: 'drain', fleet: OLD, release: OLD, instances: [FIRST], minimumHealthy: {} } as const;
    const step: Step = { do: 'deregister-everywhere', fleet: OLD, instances: [FIRST], places: {}, minimumHealthy: {} };
    const isForbidden = behaviourOf(step).guard(before) !== undefined;
    tally[isForbidden ? 'forbidden' : 'allowed'] += 1;
    const emptied = brokenInPlace(before, before, step, behaviourOf(step).simulate(before), goal);
    if (!isForbidden && emptied?.includes('with 0')) throw new Error(`${emptied}, in ${JSON.stringify(before)}`);
  }
  expect(tally.allowed).toBeGreaterThan(100);
  expect(tally.forbidden).toBeGreaterThan(20);
});
