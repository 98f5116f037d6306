import { messageOf, type OperatorError } from '../../errors.ts';
import { refresh, observe, type Reads } from '../../observe/observe.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { meaningOf, progressOf } from '../../plan/meanings.ts';
import type { Step } from '../../plan/step.ts';
import type { Waiting } from '../../domain/waiting.ts';
import { observeStep, discoverTargetGroups } from './observe-step.ts';
import { endDelivery, pauseOf, stopOf } from '../deploys/delivering.ts';
import { apply, readsBefore, readsToPoll, removesCapacity } from '../actions.ts';
import type { Emit } from '../event.ts';
import { isTransient, retryTransient, type RetryOptions } from './retry.ts';
import type { Ports } from '../ports.ts';
import { timeLimitOf, SETTLE_MS, type Limits } from './wait.ts';

/** A step did not get there: it names the step, the last thing seen, and whom it waits for. */
export class StepFailed extends Error {
  readonly step: Step;
  readonly waiting: readonly Waiting[];

  constructor(step: Step, message: string, waiting: readonly Waiting[]) {
    super(message);
    this.name = 'StepFailed';
    this.step = step;
    this.waiting = waiting;
  }
}

/** Why a run was asked to stop: given as the reason of the abort signal. */
export class Interrupted extends Error {
  constructor(signal: string) {
    super(`Stopped by ${signal}.`);
    this.name = 'Interrupted';
  }
}

export interface RunContext {
  readonly ports: Ports;
  readonly limits: Limits;
  readonly emit: Emit;
  /** Aborted by the first Ctrl-C: the request in hand is finished, then the run stops. */
  readonly signal: AbortSignal;
  /** Called as each step begins, with the number of steps done: keeps the recorded goal and the lease up to date. */
  readonly reached: (stepsDone: number, title: string) => Promise<void>;
  /** Awaited before what is taken away is looked at: until answers show what other runs have changed. */
  readonly settled: () => Promise<void>;
  /** Called after each request that may have changed something. */
  readonly changed: () => void;
  /** Awaited before somebody else is blamed: until answers show what this run has changed. */
  readonly shown: () => Promise<void>;
  /** Aborted when the lease is lost: what this run has under way by itself must end. */
  readonly lost?: AbortSignal;
  /** What is run around the steps of a deploy in place; `before` only where the step is not done already. */
  readonly hooks?: {
    /** @returns whether anything was run, and the world may be another one */
    readonly before: (step: Step, snapshot: Snapshot) => Promise<boolean>;
    readonly after: (step: Step, snapshot: Snapshot) => Promise<void>;
  };
}

/**
 * Does the steps, each one observed before and after. A step counts as done only on an observation made after its effect.
 * @returns the last observation
 * @throws StepFailed when a step runs out of time or cannot get there; Interrupted at a safe point after the first signal.
 */
export async function runSteps(context: RunContext, steps: readonly Step[], start: Snapshot): Promise<Snapshot> {
  let snapshot = start;
  const { clock } = context.ports;
  const age = Math.max(0, clock.now() - start.at);
  const readAt = new Map(start.fleets.map(({ id }) => [id, clock.monotonic() - age]));
  const isFresh = (id: string): boolean => clock.monotonic() - (readAt.get(id) ?? Number.NEGATIVE_INFINITY) <= FRESH_MS;
  for (const [index, step] of steps.entries()) {
    context.signal.throwIfAborted();
    const title = meaningOf(step).title(snapshot, step);
    await context.reached(index, title);
    context.emit({ type: 'step-started', index, title });
    const begun = clock.monotonic();
    const before = snapshot;
    if (removesCapacity(before, step)) await context.settled();
    const lookAgain = async (): Promise<Snapshot> => lookFirst(context, step, before, isFresh);
    snapshot = await lookAgain();
    const already = progressOf(snapshot, step) === 'done';
    snapshot = await withHooks(context, index, step, snapshot, lookAgain).catch(async (error: unknown) => {
      if (error instanceof Interrupted) throw error;
      await endDelivery(context, step, snapshot);
      const waiting = error instanceof StepFailed ? error.waiting : [];
      context.emit({ type: 'step-failed', index, message: messageOf(error), waiting });
      throw error;
    });
    const old = new Set(before.fleets.map(({ instances }) => instances));
    for (const { id, instances } of snapshot.fleets) if (!old.has(instances)) readAt.set(id, clock.monotonic());
    context.emit({ type: 'step-done', index, seconds: (clock.monotonic() - begun) / 1000, already });
  }
  await context.reached(steps.length, 'the last step is done');
  return snapshot;
}

/** Fleets that the step before has read are as good as read again; a fleet of 1,000 takes half a second to read. */
const FRESH_MS = 1000;

/** What the step has to see before anything is asked for. */
async function lookFirst(
  context: RunContext,
  step: Step,
  before: Snapshot,
  isFresh: (fleet: string) => boolean,
): Promise<Snapshot> {
  const what = readsBefore(before, step);
  const fleets = what.fleets === 'all' || !what.fleets.every(isFresh) ? what.fleets : [];
  return retryTransient(patience(context, SETTLE_MS), async () =>
    look(context, await widened(context, before, step), { ...what, fleets }, step),
  );
}

/** Drives one step to `done`, with the hooks around it; what is done already has none before it. */
async function withHooks(
  context: RunContext,
  index: number,
  step: Step,
  start: Snapshot,
  lookAgain: () => Promise<Snapshot>,
): Promise<Snapshot> {
  const isDone = progressOf(start, step) === 'done';
  // A hook may have changed the world.
  const isOther = !isDone && (await context.hooks?.before(step, start)) === true;
  const last = await oneStep(context, index, step, isOther ? await lookAgain() : start);
  await context.hooks?.after(step, last);
  return last;
}

/** Drives one step to `done`. */
async function oneStep(context: RunContext, index: number, step: Step, start: Snapshot): Promise<Snapshot> {
  const { ports } = context;
  const meaning = meaningOf(step);
  const begun = ports.clock.monotonic();
  let snapshot = start;
  let looked = begun;
  let asked = Number.NEGATIVE_INFINITY;
  let failure: OperatorError | undefined;
  while (meaning.progress(snapshot, step) !== 'done') {
    snapshot = await undisturbed(context, step, snapshot);
    const waited = ports.clock.monotonic() - begun;
    const forbidden = meaning.forbids?.(snapshot, step);
    giveUp(context, step, snapshot, waited, forbidden, failure);
    if (
      forbidden === undefined &&
      meaning.progress(snapshot, step) === 'todo' &&
      ports.clock.monotonic() - asked > ASK_AGAIN_MS
    ) {
      failure = await ask(context, step, snapshot);
      asked = ports.clock.monotonic();
    } else {
      if (meaning.progress(snapshot, step) === 'under way') asked = Number.NEGATIVE_INFINITY;
      tell(context, index, step, snapshot);
      const pause = pauseOf(context, step, snapshot, waited);
      // The look itself is part of the time between two, but a slow one must not be followed by the next at once.
      const took = Math.min(ports.clock.monotonic() - looked, pause / 2);
      await ports.clock.sleep(pause - took, stopOf(context, step));
    }
    const last = snapshot;
    looked = ports.clock.monotonic();
    snapshot = await retryTransient(patience(context, timeLimitOf(step, context.limits) - waited), () =>
      forbidden === undefined ? look(context, last, readsToPoll(step), step) : observe(ports),
    );
  }
  tell(context, index, step, snapshot);
  return snapshot;
}

/** An old reading must not be taken for somebody else's doing. */
async function undisturbed(context: RunContext, step: Step, snapshot: Snapshot): Promise<Snapshot> {
  const meaning = meaningOf(step);
  if (meaning.disturbed?.(snapshot, step) === undefined) return snapshot;
  await context.shown();
  const again = await retryTransient(patience(context, SETTLE_MS), () =>
    look(context, snapshot, readsToPoll(step), step),
  );
  const why = meaning.disturbed(again, step);
  if (why !== undefined) throw new StepFailed(step, why, []);
  return again;
}

/** Every change is idempotent, so one whose effect does not show is asked for again. */
const ASK_AGAIN_MS = 5000;

/** Asks for the step's effect. An error that passes is no answer: whether it took effect is seen, or else it is asked again. */
async function ask(
  { ports, emit, changed }: RunContext,
  step: Step,
  snapshot: Snapshot,
): Promise<OperatorError | undefined> {
  try {
    await apply(ports, step, snapshot);
    return undefined;
  } catch (error) {
    if (!isTransient(error)) throw error;
    emit({ type: 'warning', message: `${error.message} Looking whether it took effect.` });
    return error;
  } finally {
    changed();
  }
}

function patience({ ports, signal, emit }: RunContext, limitMs: number): RetryOptions {
  return { clock: ports.clock, signal, emit, limitMs };
}

async function look({ ports }: RunContext, before: Snapshot, what: Reads, step: Step): Promise<Snapshot> {
  if (readsNothing(what)) return observeStep(ports, before, step);
  const seen = await refresh(ports, before, what);
  const snapshot =
    what.fleets !== 'all' && someoneLeft(seen, what) ? await refresh(ports, seen, { pools: [], fleets: 'all' }) : seen;
  return observeStep(ports, snapshot, step);
}

function readsNothing({ pools, fleets, marks, routes, answers, follow, residual }: Reads): boolean {
  return pools.length === 0 && fleets.length === 0 && !(marks || routes || answers || follow || residual);
}

/** Whoever is about to leave may have been registered elsewhere since the run began. */
async function widened({ ports }: RunContext, snapshot: Snapshot, step: Step): Promise<Snapshot> {
  return step.do === 'leave' ? discoverTargetGroups(ports, snapshot, step.instances) : snapshot;
}

/** ELB calls targets of stopped or terminated instances unused: then the fleet must be read again too. */
function someoneLeft({ pools }: Snapshot, what: Reads): boolean {
  const seen = pools.filter((pool) => what.pools === 'all' || what.pools.includes(pool.name));
  return seen.some((pool) => pool.targets.some((target) => target.reason === 'Target.InvalidState'));
}

function giveUp(
  { limits }: RunContext,
  step: Step,
  snapshot: Snapshot,
  waitedMs: number,
  forbidden: string | undefined,
  failure: OperatorError | undefined,
): void {
  const meaning = meaningOf(step);
  const waiting = meaning.count?.(snapshot, step)?.waiting ?? [];
  const hopeless = meaning.hopeless?.(snapshot, step);
  if (hopeless !== undefined) throw new StepFailed(step, hopeless, waiting);
  const isUnasked = step.do === 'leave' && meaning.progress(snapshot, step) === 'todo';
  const limit = forbidden === undefined ? (isUnasked ? SETTLE_MS : timeLimitOf(step, limits)) : limits.healthyMs;
  if (waitedMs < limit) return;
  const seen = meaning.late?.(snapshot, step);
  const late = `Time limit of ${Math.round(limit / 1000)} s passed: ${meaning.title(snapshot, step)}${seen === undefined ? '' : ` (${seen})`}.`;
  const why = forbidden ?? (failure === undefined ? late : `${late} The last error: ${failure.message}`);
  throw new StepFailed(step, why, waiting);
}

function tell({ emit }: RunContext, index: number, step: Step, snapshot: Snapshot): void {
  const count = meaningOf(step).count?.(snapshot, step);
  if (count !== undefined) emit({ type: 'step-waiting', index, ...count });
}
