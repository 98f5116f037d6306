import { afterAll, expect, test } from 'vitest';
import { isRefusal, type Goal } from '../../src/domain/goal.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { checkedAdvice } from '../../src/run/task/advice.ts';
import { needsAction } from '../../src/run/task/denied.ts';
import { waysToContinue } from '../../src/run/task/resolve-goal.ts';
import { behaviourOf, type Step } from '../../src/steps/index.ts';
import { tasks } from '../../tasks/index.ts';
import { FakeWorld } from '../support/fake-world.ts';
import { markedWith, OWN_STORE } from '../support/own-store.ts';
import { attachedWorlds } from '../support/attached-worlds.ts';
import { scaledWorlds } from '../support/scaled-worlds.ts';
import { sampled } from '../support/sampled.ts';
import { MARKS, PAIRS, settingsIn, weightedWorlds } from '../support/weighted-worlds.ts';
import { FULL, PROMOTED, twoFleetWorlds } from '../support/worlds.ts';
import { isAlive } from './advice.ts';
import { planFor, WISHES } from './check.ts';
import { commandsIn } from './commands.ts';

/**
 * Each step of each plan is denied the action that it needs. What is advised then does not need it; and where nothing is left that
 * would not, it is said that the action has to be allowed: no denied action is a dead end.
 */

const ACTIONS = [
  'ec2:CreateTags',
  'ec2:RunInstances',
  'ec2:TerminateInstances',
  'elasticloadbalancing:RegisterTargets',
  'elasticloadbalancing:DeregisterTargets',
  'elasticloadbalancing:ModifyListener',
  'route53:ChangeResourceRecordSets',
  'autoscaling:CreateOrUpdateTags',
  'autoscaling:UpdateAutoScalingGroup',
  'autoscaling:AttachTrafficSources',
  'autoscaling:DetachTrafficSources',
];

const counted = { stops: 0, allow: 0 };
afterAll(() => void process.stdout.write(`denied actions: ${counted.stops} stops, ${counted.allow} wait for it\n`));

const WORLDS: readonly (readonly [name: string, worlds: () => Iterable<Snapshot>])[] = [
  ['of fleets that move between groups', () => sampled(twoFleetWorlds(2, FULL, PROMOTED, 3), 150)],
  ['where rules divide production', () => sampled(weightedWorlds(MARKS), 40)],
  ['where names do', () => sampled(weightedWorlds({ ...PAIRS, byName: true }), 25)],
  ['of Auto Scaling groups', () => sampled(scaledWorlds(), 40)],
  ['of such that move between target groups', () => sampled(attachedWorlds(), 200)],
];

test.each(WORLDS)(
  'in every small world %s',
  async (_name, worlds) => {
    const before = counted.stops;
    for (const world of worlds()) if (isAlive(world)) await denyEach(markedWith(world));
    expect(counted.stops).toBeGreaterThan(before + 20);
  },
  600_000,
);

async function denyEach(start: Snapshot): Promise<void> {
  for (const [verb, wish] of WISHES) {
    const planned = await planFor(start, verb, wish);
    if (isRefusal(planned)) continue;
    let world = start;
    for (const step of planned.plan.steps) {
      await denyStep(world, step, planned.goal);
      world = behaviourOf(step).simulate(world);
    }
  }
}

async function denyStep(snapshot: Snapshot, step: Step, goal: Goal): Promise<void> {
  const { ports } = new FakeWorld(snapshot);
  for (const action of ACTIONS) {
    const denied = { action, ports };
    if (!(await needsAction({ steps: [step], notes: [] }, snapshot, { ...denied, isEmergency: false }))) continue;
    counted.stops += 1;
    const recorded = { goal, stepsDone: 0, stepsAll: 1, updatedAt: goal.since };
    const world = { tasks, snapshot, recorded, settings: settingsIn(snapshot), store: OWN_STORE, denied };
    const advice = await checkedAdvice(world, waysToContinue(tasks[goal.verb], goal.release));
    const waits = advice.some((text) => text.startsWith('Once that is allowed'));
    counted.allow += waits ? 1 : 0;
    const ways = await Promise.all(advice.map(async (text) => needsIt(snapshot, text, denied)));
    const problem = ways.includes(true) ? 'it needs what was denied' : undefined;
    const end = waits || ways.includes(false) ? undefined : 'a dead end';
    if ((problem ?? end) !== undefined)
      throw new Error(`${action}, ${JSON.stringify(step)}: ${problem ?? end}: ${advice.join(' | ')}`);
  }
}

/** Whether what a sentence advises would be stopped by the same denial; undefined where it has no command of a task. */
async function needsIt(
  snapshot: Snapshot,
  text: string,
  denied: { readonly action: string; readonly ports: FakeWorld['ports'] },
): Promise<boolean | undefined> {
  const [command] = text.includes('(not now: ') ? [] : commandsIn(text, ['promote', {}]);
  if (command === undefined) return undefined;
  const planned = await planFor(snapshot, ...command);
  if (isRefusal(planned)) return false;
  return needsAction(planned.plan, snapshot, { ...denied, isEmergency: tasks[command[0]].isEmergencyExit });
}
