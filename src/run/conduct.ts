import type { Task, Wish } from '../../tasks/task.ts';
import { ExitCode, messageOf, OperatorError } from '../errors.ts';
import type { LaunchWish } from '../fleets/fleet.ts';
import { observe, withUrls } from '../observe/observe.ts';
import type { Snapshot } from '../observe/snapshot.ts';
import { isRefusal, type Goal, type LaunchSpec, type Verb } from '../plan/goal.ts';
import type { Plan } from '../plan/step.ts';
import type { HeldLease } from '../record/lease.ts';
import type { Outcome, Store } from '../stores/store.ts';
import { aimAt, waysOut, type Aimed } from './aim.ts';
import type { Result, RunEvent, View } from './event.ts';
import type { Ports } from './ports.ts';
import { preview } from './preview.ts';
import { Interrupted, runSteps, StepFailed, type RunContext } from './runner.ts';
import type { Limits } from './wait.ts';

/** All that a run is given. */
export interface Conduct {
  readonly tasks: Readonly<Record<Verb, Task>>;
  readonly environment: string;
  readonly ports: Ports;
  readonly store: Store;
  readonly limits: Limits;
  readonly view: View;
  /** Requests sent to AWS so far. */
  readonly requests: () => number;
  readonly signal: AbortSignal;
  readonly identity: { readonly run: string; readonly who: string; readonly host: string };
  /** Takes the lease, and makes every change to AWS check it; rejects when somebody else holds it. */
  readonly takeLease: (verb: Verb, release: string | undefined) => Promise<HeldLease>;
}

export interface Mode {
  /** Show the plan and change nothing. */
  readonly plan: boolean;
  /** Do not ask. */
  readonly yes: boolean;
}

type Finished = Extract<RunEvent, { type: 'finished' }>;
/** How a run ends, before its time and requests are counted. */
type Ending = Pick<Finished, 'result' | 'code' | 'exitCode' | 'message' | 'next'>;

/** One flow for every task: lease, goal, observe, plan, show, confirm, run, journal. @returns the exit code */
export async function conduct(conduct: Conduct, task: Task, wish: Wish, mode: Mode): Promise<ExitCode> {
  const { ports, view, identity } = conduct;
  const begun = ports.clock.monotonic();
  const since = new Date(ports.clock.now()).toISOString();
  const release = wish.release === undefined ? {} : { release: wish.release };
  view.emit({
    type: 'started',
    run: identity.run,
    environment: conduct.environment,
    verb: task.verb,
    who: identity.who,
    ...release,
  });
  const ending = await (
    mode.plan ? showPlan(conduct, task, wish, since) : withLease(conduct, task, wish, mode, since)
  ).catch((error: unknown) => endingOf(error));
  const seconds = (ports.clock.monotonic() - begun) / 1000;
  view.emit({ type: 'finished', ...ending, seconds, awsRequests: conduct.requests() });
  return ending.exitCode;
}

async function look(conduct: Conduct, task: Task, wish: Wish, since: string): Promise<Aimed & { snapshot: Snapshot }> {
  const { tasks, ports, store, identity } = conduct;
  const snapshot = await observe(ports);
  const recorded = await store.goal();
  const asked = { run: identity.run, who: identity.who, since };
  const resolve = async (launch: LaunchWish): Promise<LaunchSpec> => ports.fleet.resolve(launch);
  const aimed = await aimAt({ tasks, task, wish, asked, resolve, snapshot, recorded });
  return { ...aimed, snapshot };
}

async function showPlan(conduct: Conduct, task: Task, wish: Wish, since: string): Promise<Ending> {
  const { goal, plan, snapshot } = await look(conduct, task, wish, since);
  conduct.view.emit(preview(snapshot, goal, plan));
  const message =
    plan.steps.length === 0
      ? `Nothing to do: ${task.standing(snapshot, goal).message}`
      : 'This is the plan; nothing was changed.';
  return { result: 'planned', code: 'planned', exitCode: ExitCode.done, message, next: [] };
}

async function withLease(conduct: Conduct, task: Task, wish: Wish, mode: Mode, since: string): Promise<Ending> {
  const lease = await conduct.takeLease(task.verb, wish.release);
  try {
    const { goal, plan, snapshot } = await look(conduct, task, wish, since);
    conduct.view.emit(preview(snapshot, goal, plan));
    if (plan.steps.length > 0) await agree(conduct, task, goal, snapshot, mode);
    return await journalled(conduct, task, goal, async () => execute(conduct, lease, task, goal, plan, snapshot));
  } finally {
    await lease.release();
  }
}

async function agree({ view, signal }: Conduct, task: Task, goal: Goal, snapshot: Snapshot, mode: Mode): Promise<void> {
  const yes = mode.yes || (await view.confirm(task.question(snapshot, goal)));
  signal.throwIfAborted();
  if (!yes)
    throw new OperatorError('not-confirmed', 'Not confirmed; nothing was changed.', {
      next: ['Add --yes where nobody can be asked.'],
    });
}

/** Writes the run into the journal when it begins and when it ends, however it ends. */
async function journalled(conduct: Conduct, task: Task, goal: Goal, run: () => Promise<Ending>): Promise<Ending> {
  const { store, identity, ports, requests } = conduct;
  const since = new Date(ports.clock.now()).toISOString();
  const entry = {
    run: identity.run,
    verb: task.verb,
    release: goal.release,
    who: identity.who,
    host: identity.host,
    since,
  };
  await store.log({ ...entry, outcome: 'running', message: '', awsRequests: requests() });
  const ending = await run().catch((error: unknown) => endingOf(error));
  const until = new Date(ports.clock.now()).toISOString();
  const outcome: Outcome = ending.result === 'planned' ? 'done' : ending.result;
  await store.log({ ...entry, until, outcome, message: ending.message, awsRequests: requests() });
  return ending;
}

async function execute(
  conduct: Conduct,
  lease: HeldLease,
  task: Task,
  goal: Goal,
  plan: Plan,
  snapshot: Snapshot,
): Promise<Ending> {
  const { store, ports } = conduct;
  try {
    const last =
      plan.steps.length === 0 ? snapshot : await runSteps(contextOf(conduct, lease, goal, plan), plan.steps, snapshot);
    const shown = task.tellsUrls ? await withUrls(ports.traffic, last) : last;
    await store.clearGoal(lease.lease);
    const { message, next } = task.standing(shown, goal);
    return {
      result: 'done',
      code: 'done',
      exitCode: ExitCode.done,
      message: plan.steps.length === 0 ? `Nothing to do: ${message}` : message,
      next,
    };
  } catch (error) {
    if (isFinal(error)) return stopped(error, goal);
    return afterFailure(conduct, lease, task, goal, error);
  }
}

function contextOf(
  { ports, limits, view, signal, store }: Conduct,
  lease: HeldLease,
  goal: Goal,
  plan: Plan,
): RunContext {
  return {
    ports,
    limits,
    signal,
    emit: view.emit,
    reached: async (stepsDone, title) => {
      await lease.doing(title);
      const updatedAt = new Date(ports.clock.now()).toISOString();
      await store.putGoal(lease.lease, { goal, stepsDone, stepsAll: plan.steps.length, updatedAt });
    },
  };
}

/** Errors after which this run must not go on in any direction. */
function isFinal(error: unknown): boolean {
  const ours = !(error instanceof OperatorError || error instanceof StepFailed);
  return ours || (error instanceof OperatorError && error.exitCode === ExitCode.leaseLost);
}

/** Leads back where the task knows a way: a plan like any other, from the world as it is now. */
async function afterFailure(
  conduct: Conduct,
  lease: HeldLease,
  task: Task,
  goal: Goal,
  failure: unknown,
): Promise<Ending> {
  const why = messageOf(failure);
  const snapshot = await observe(conduct.ports);
  const after = task.afterFailure(snapshot, goal);
  if ('undo' in after) return undo(conduct, lease, after.undo, snapshot, why);
  const next = [...(failure instanceof OperatorError ? failure.next : []), ...waysOut(goal.verb, goal.release)];
  const message = `${why} ${after.message}`;
  if (after.leave === 'person') return needsPerson(message, next);
  return { result: 'failed', code: 'failed', exitCode: ExitCode.safe, message, next };
}

async function undo(conduct: Conduct, lease: HeldLease, back: Goal, snapshot: Snapshot, why: string): Promise<Ending> {
  const { view, store, tasks } = conduct;
  const task = tasks[back.verb];
  view.emit({ type: 'undoing', why });
  const plan = task.plan(snapshot, back);
  if (isRefusal(plan)) return needsPerson(`${why} It could not be undone: ${plan.message}`, plan.next);
  try {
    view.emit(preview(snapshot, back, plan));
    await runSteps(contextOf(conduct, lease, back, plan), plan.steps, snapshot);
  } catch (error) {
    if (isFinal(error)) return stopped(error, back);
    return needsPerson(`${why} Undoing it failed too: ${messageOf(error)}`, waysOut(back.verb, back.release));
  }
  await store.clearGoal(lease.lease);
  const message = `${why} It was undone. ${task.standing(snapshot, back).message}`;
  return {
    result: 'undone',
    code: 'undone',
    exitCode: ExitCode.safe,
    message,
    next: ['`turnout status` shows what is where', ...AFTER_UNDO],
  };
}

const AFTER_UNDO = ['`turnout promote` tries again', '`turnout cleanup` terminates the rejected fleet'];

function needsPerson(message: string, next: readonly string[]): Ending {
  return {
    result: 'failed',
    code: 'needs-person',
    exitCode: ExitCode.person,
    message,
    next: ['`turnout status` shows what is where', ...next],
  };
}

function stopped(error: unknown, goal: Goal): Ending {
  if (!(error instanceof Interrupted)) return endingOf(error);
  return {
    result: 'interrupted',
    code: 'interrupted',
    exitCode: ExitCode.interrupted,
    message: `${error.message} Nothing is broken; the ${goal.verb} is not finished.`,
    next: waysOut(goal.verb, goal.release),
  };
}

/** The ending that an error stands for; faults of ours are thrown on, for the catch-all. */
function endingOf(error: unknown): Ending {
  if (error instanceof Interrupted) {
    return {
      result: 'interrupted',
      code: 'interrupted',
      exitCode: ExitCode.interrupted,
      message: `${error.message} Nothing was changed.`,
      next: [],
    };
  }
  if (!(error instanceof OperatorError)) throw error;
  const result: Result = error.exitCode === ExitCode.refused ? 'refused' : 'failed';
  return { result, code: error.code, exitCode: error.exitCode, message: error.message, next: error.next };
}
