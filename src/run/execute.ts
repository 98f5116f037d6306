import type { Task } from '../../tasks/task.ts';
import { ExitCode, messageOf, OperatorError } from '../errors.ts';
import { observe, withUrls } from '../observe/observe.ts';
import type { Snapshot } from '../observe/snapshot.ts';
import { isRefusal, type Goal } from '../plan/goal.ts';
import type { Plan } from '../plan/step.ts';
import type { HeldLease } from '../record/lease.ts';
import { waysOut, type Aimed } from './aim.ts';
import { done, endingOf, needsPerson, safe, stopped, type Ending } from './ending.ts';
import { preview, titlesOf } from './preview.ts';
import { runSteps, StepFailed, type RunContext } from './runner.ts';
import type { Setup } from './setup.ts';

/** Does the plan, and leads back where a step fails and the task knows a way. The goal is recorded for as long as it is open. */
export async function execute(
  setup: Setup,
  lease: HeldLease,
  task: Task,
  aimed: Aimed,
  snapshot: Snapshot,
): Promise<Ending> {
  const { goal, plan } = aimed;
  try {
    const last = await runPlan(setup, lease, goal, plan, snapshot);
    const shown = task.tellsUrls ? await withUrls(setup.ports.traffic, last) : last;
    await setup.store.clearGoal(lease.lease);
    const { message, next } = task.standing(shown, goal);
    return done(plan.steps.length === 0 ? `Nothing to do: ${message}` : message, next);
  } catch (error) {
    if (isFinal(error)) return stopped(error, goal);
    return afterFailure(setup, lease, task, goal, error).catch((second: unknown) => {
      if (isFinal(second)) return endingOf(second);
      return needsPerson(
        `${messageOf(error)} Then this failed too: ${messageOf(second)}`,
        waysOut(goal.verb, goal.release),
      );
    });
  }
}

async function runPlan(setup: Setup, lease: HeldLease, goal: Goal, plan: Plan, snapshot: Snapshot): Promise<Snapshot> {
  if (plan.steps.length === 0) return snapshot;
  const { ports, limits, view, signal, store } = setup;
  const titles = titlesOf(snapshot, plan);
  const context: RunContext = {
    ports,
    limits,
    signal,
    emit: view.emit,
    reached: async (stepsDone, title) => {
      await lease.doing(title, titles[stepsDone + 1]);
      const updatedAt = new Date(ports.clock.now()).toISOString();
      await store.putGoal(lease.lease, { goal, stepsDone, stepsAll: plan.steps.length, updatedAt });
    },
  };
  return runSteps(context, plan.steps, snapshot);
}

/** Errors after which this run must not go on in any direction: interrupted, the lease lost, or a fault of ours. */
function isFinal(error: unknown): boolean {
  if (error instanceof StepFailed) return false;
  return !(error instanceof OperatorError) || error.exitCode === ExitCode.leaseLost;
}

async function afterFailure(setup: Setup, lease: HeldLease, task: Task, goal: Goal, failure: unknown): Promise<Ending> {
  const why = messageOf(failure);
  const snapshot = await observe(setup.ports);
  const after = task.afterFailure(snapshot, goal);
  if ('undo' in after) return undo(setup, lease, after.undo, snapshot, why);
  const next = [...(failure instanceof OperatorError ? failure.next : []), ...waysOut(goal.verb, goal.release)];
  const message = `${why} ${after.message}`;
  return after.leave === 'person' ? needsPerson(message, next) : safe('failed', message, next);
}

/** A plan like any other, from the world as it is now. */
async function undo(setup: Setup, lease: HeldLease, back: Goal, snapshot: Snapshot, why: string): Promise<Ending> {
  const task = setup.tasks[back.verb];
  setup.view.emit({ type: 'undoing', why });
  const plan = task.plan(snapshot, back);
  if (isRefusal(plan)) return needsPerson(`${why} It could not be undone: ${plan.message}`, plan.next);
  setup.view.emit(preview(snapshot, back, plan));
  let last = snapshot;
  try {
    last = await runPlan(setup, lease, back, plan, snapshot);
  } catch (error) {
    if (isFinal(error)) return stopped(error, back);
    return needsPerson(`${why} Undoing it failed too: ${messageOf(error)}`, waysOut(back.verb, back.release));
  }
  await setup.store.clearGoal(lease.lease);
  return safe('undone', `${why} It was undone. ${task.standing(last, back).message}`, AFTER_UNDO);
}

const AFTER_UNDO = [
  '`turnout status` shows what is where',
  '`turnout promote` tries again',
  '`turnout cleanup` terminates the rejected fleet',
];
