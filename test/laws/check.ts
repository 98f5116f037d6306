import { settingsIn } from '../support/weighted-worlds.ts';
import {
  isRefusal,
  type Delivery,
  type Goal,
  type LaunchSpec,
  type Refusal,
  type Verb,
} from '../../src/domain/goal.ts';
import { total } from '../../src/domain/minimum-healthy.ts';
import { hasGroups } from '../../src/domain/scaled.ts';
import { behaviourOf, type Step } from '../../src/steps/index.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { tasks, type AnyOptions } from '../../tasks/index.ts';
import { broken, fallsShort, minimumAtStart } from '../support/invariants.ts';

const ASKED = { run: 'r1', who: 'law', since: '2026-06-01T00:00:00.000Z' };
const SPEC = { kind: 'ec2', summary: [], batches: [{ zone: 'a', subnet: 's', count: 1 }], request: {} };

/** Of the group whose turn it is, attached to the second target group, or to none yet. */
function groupSpec({ traffic }: Snapshot, count: number): LaunchSpec {
  const sizes = { name: 'group-C', count, capacity: count, minimum: 1, subnets: [] };
  const isMoved = traffic.kind === 'membership';
  const group = { ...sizes, targetGroups: isMoved ? [] : ['arn:two'], ...(isMoved && { moves: true as const }) };
  return { ...SPEC, batches: [], group };
}

export type Wishes = readonly (readonly [verb: Verb, wish: AnyOptions])[];

/** "What must never happen" in a kind of world, written down without the planner's own functions. */
export interface Invariants {
  /** What production may not fall below. */
  readonly minimumAtStart: (snapshot: Snapshot) => ReadonlyMap<string, number>;
  /** What the step broke on its way from one world to the next; undefined when nothing. */
  readonly broken: (
    before: Snapshot,
    step: Step,
    after: Snapshot,
    minimum: ReadonlyMap<string, number>,
  ) => string | undefined;
  /** What the last world lacks of the goal. */
  readonly fallsShort: (world: Snapshot, goal: Goal) => string | undefined;
}

const MEMBERSHIP: Invariants = { minimumAtStart, broken, fallsShort };

/** What is asked of every world. */
export const WISHES: Wishes = [
  ['up', { release: 'C' }],
  ['promote', {}],
  ['rollback', {}],
  ['cleanup', {}],
  ['cleanup', { discard: true, wait: true }],
];

export interface Tally {
  worlds: number;
  cases: number;
  refused: number;
  reached: number;
}

/** The goal that the verb pins in this world, with its plan; or the refusal. */
export async function planFor(
  snapshot: Snapshot,
  verb: Verb,
  wish: AnyOptions,
  delivery?: Delivery,
): Promise<{ goal: Goal; plan: Plan } | Refusal> {
  const task = tasks[verb];
  const goal = await task.pinGoal({
    snapshot,
    options: wish,
    requestedBy: ASKED,
    settings: settingsIn(snapshot),
    delivery,
    resolve: async ({ zones }) => (hasGroups(snapshot) ? groupSpec(snapshot, total(zones)) : SPEC),
  });
  if (isRefusal(goal)) return goal;
  const plan = task.plan(snapshot, goal);
  return isRefusal(plan) ? plan : { goal, plan };
}

/** Holds the laws against every world; throws at the first one that breaks one, with the world. */
export async function holdLaws(
  worlds: Iterable<Snapshot>,
  wishes: Wishes = WISHES,
  invariants: Invariants = MEMBERSHIP,
): Promise<Tally> {
  const tally: Tally = { worlds: 0, cases: 0, refused: 0, reached: 0 };
  for (const snapshot of worlds) {
    tally.worlds += 1;
    for (const [verb, wish] of wishes) {
      tally.cases += 1;
      tally[await holdOne(snapshot, verb, wish, invariants)] += 1;
    }
  }
  return tally;
}

async function holdOne(
  snapshot: Snapshot,
  verb: Verb,
  wish: AnyOptions,
  invariants: Invariants,
): Promise<'refused' | 'reached'> {
  const planned = await planFor(snapshot, verb, wish);
  if (isRefusal(planned)) {
    tellsWhatToDo(planned);
    return 'refused';
  }
  const { goal, plan } = planned;
  const worlds = walk(snapshot, plan.steps, invariants);
  for (const [index, world] of worlds.entries()) replansToTheRest(world, goal, plan.steps.slice(index));
  const short = invariants.fallsShort(worlds.at(-1) as Snapshot, goal);
  if (short !== undefined) throw new Error(`After ${verb} ${short}, from ${JSON.stringify(snapshot)}`);
  return 'reached';
}

function tellsWhatToDo({ refused, message, next }: Refusal): void {
  if (/[.?)]$/.test(message) && next.length > 0) return;
  throw new Error(`A refusal without a sentence or advice: ${refused}: ${message}`);
}

/** Does the steps as the runner would. In a world that stays as it is, no guard may stop what was accepted. */
function walk(start: Snapshot, steps: readonly Step[], invariants: Invariants): readonly Snapshot[] {
  const minimum = invariants.minimumAtStart(start);
  const worlds = [start];
  let before = start;
  for (const step of steps) {
    const behaviour = behaviourOf(step);
    const after = behaviourOf(step).simulate(before);
    const fault =
      behaviour.guard(before) ??
      behaviour.cannotSucceed(before) ??
      behaviour.conflict(before) ??
      invariants.broken(before, step, after, minimum) ??
      (behaviour.progress(after) === 'done' ? undefined : 'it is not done');
    if (fault !== undefined) throw new Error(`${JSON.stringify(step)}: ${fault}, in ${JSON.stringify(before)}`);
    worlds.push(after);
    before = after;
  }
  return worlds;
}

/** Asked again after any prefix, the planner wants exactly the steps that are left; none once the goal is reached. */
function replansToTheRest(world: Snapshot, goal: Goal, rest: readonly Step[]): void {
  const again = tasks[goal.verb].plan(world, goal);
  if (!isRefusal(again) && JSON.stringify(again.steps) === JSON.stringify(rest)) return;
  throw new Error(`The plan is ${JSON.stringify(again)}\nand not ${JSON.stringify(rest)}\nin ${JSON.stringify(world)}`);
}
