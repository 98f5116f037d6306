import { expect, test } from 'vitest';
import { tasks } from '../../tasks/index.ts';
import type { Snapshot } from '../../src/observe/snapshot.ts';
import { isRefusal, type Goal, type Verb } from '../../src/plan/goal.ts';
import { meaningOf } from '../../src/plan/meanings.ts';
import { simulate } from '../../src/plan/simulate.ts';
import type { Step } from '../../src/plan/step.ts';
import { broken, floorAtStart } from '../support/invariants.ts';
import { standings, twoFleetWorlds } from '../support/worlds.ts';

const ASKED = { run: 'r1', who: 'law', since: '2026-06-01T00:00:00.000Z' };
const SPEC = { kind: 'ec2', summary: [], batches: [{ zone: 'a', subnet: 's', count: 1 }], request: {} };
const WISHES: Readonly<Record<Exclude<Verb, 'adopt'>, object[]>> = {
  up: [{ release: 'C' }],
  promote: [{}],
  rollback: [{}],
  cleanup: [{}, { discard: true, wait: true }],
};

/** Runs a plan as the runner does: what a guard forbids is not done, and ends the run. Returns every world on the way. */
function run(
  start: Snapshot,
  steps: readonly Step[],
  floor: ReadonlyMap<string, number>,
): { worlds: Snapshot[]; stopped: boolean } {
  const worlds = [start];
  for (const step of steps) {
    const before = worlds.at(-1) as Snapshot;
    const meaning = meaningOf(step);
    if (meaning.progress(before, step) === 'done') {
      worlds.push(before);
      continue;
    }
    if (meaning.forbids?.(before, step) !== undefined || meaning.hopeless?.(before, step) !== undefined)
      return { worlds, stopped: true };
    const after = simulate(before, step);
    const fault = broken(before, step, after, floor);
    if (fault !== undefined) throw new Error(`${step.do}: ${fault}\n${JSON.stringify(before, undefined, 1)}`);
    worlds.push(after);
  }
  return { worlds, stopped: false };
}

interface Tally {
  cases: number;
  refused: number;
  reached: number;
  stopped: number;
}

async function check(snapshot: Snapshot, verb: Exclude<Verb, 'adopt'>, wish: object, tally: Tally): Promise<void> {
  const task = tasks[verb];
  tally.cases += 1;
  const goal = task.aim({ snapshot, wish, asked: ASKED, resolve: async () => SPEC });
  const aimed = goal instanceof Promise ? await goal : goal;
  const plan = isRefusal(aimed) ? aimed : task.plan(snapshot, aimed);
  if (isRefusal(plan)) {
    tally.refused += 1;
    if (!/[.?)]$/.test(plan.message) || plan.next.length === 0)
      throw new Error(`A refusal without a sentence or advice: ${JSON.stringify(plan)}`);
    return;
  }
  const { worlds, stopped } = run(snapshot, plan.steps, floorAtStart(snapshot));
  if (stopped) tally.stopped += 1;
  else {
    tally.reached += 1;
    replansToTheSame(task.plan.bind(task), aimed as Goal, worlds, plan.steps);
  }
}

/** After any prefix the planner, asked again, wants exactly the steps that are left; and none once the goal is reached. */
function replansToTheSame(
  plan: (snapshot: Snapshot, goal: never) => object,
  goal: Goal,
  worlds: readonly Snapshot[],
  steps: readonly Step[],
): void {
  for (const [index, world] of worlds.entries()) {
    const again = plan(world, goal as never) as { steps?: readonly Step[] };
    const left = steps.slice(index);
    const same = JSON.stringify(again.steps) === JSON.stringify(left);
    if (!same)
      throw new Error(
        `After ${index} steps the plan is ${JSON.stringify(again)}\nand not ${JSON.stringify(left)}\nin ${JSON.stringify(world)}`,
      );
  }
}

async function checkAll(worlds: Iterable<Snapshot>): Promise<Tally> {
  const tally: Tally = { cases: 0, refused: 0, reached: 0, stopped: 0 };
  for (const snapshot of worlds) {
    for (const [verb, wishes] of Object.entries(WISHES)) {
      for (const wish of wishes) await check(snapshot, verb as Exclude<Verb, 'adopt'>, wish, tally);
    }
  }
  return tally;
}

test('every world of fleets of up to 2 instances, with every membership and health', async () => {
  const tally = await checkAll(twoFleetWorlds(2, standings()));
  expect(tally.cases).toBeGreaterThan(250_000);
  expect(tally.reached).toBeGreaterThan(10_000);
  expect(tally.refused).toBeGreaterThan(10_000);
}, 120_000);
