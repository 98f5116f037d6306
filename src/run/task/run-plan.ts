import { isDeepStrictEqual } from 'node:util';
import type { TaskOptions } from '../../../tasks/options.ts';
import type { Task } from '../../../tasks/task.ts';
import { observe, refresh } from '../../observe/observe.ts';
import { NOTHING } from '../../observe/reads.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import type { Outside } from '../../domain/traffic.ts';
import type { Goal } from '../../domain/goal.ts';
import type { WayBack } from '../../domain/way-back.ts';
import { defined } from '../../domain/defined.ts';
import type { StoreIdentity } from '../../domain/store-mark.ts';
import type { Plan } from '../../plan/plan.ts';
import type { HeldLease } from '../../record/lease.ts';
import { planNow, type ResolvedGoal } from './resolve-goal.ts';
import { stepHooks } from '../hooks/hooks.ts';
import { retryTransient } from '../engine/retry.ts';
import { wholeLook } from '../engine/whole-look.ts';
import { preview } from './preview.ts';
import type { Recording } from './recording.ts';
import { runSteps } from '../engine/run-steps.ts';
import { movesProduction } from '../../steps/definition.ts';
import { withStoreSteps } from '../../plan/store-steps.ts';
import type { RunContext } from '../engine/context.ts';
import { waitUntilNoticed } from '../engine/other-store.ts';
import { OutsideAhead } from './outside-ahead.ts';
import type { Setup } from './setup.ts';
import type { ConsistencyDelay } from '../engine/consistency-delay.ts';
import { EFFECT_SHOWS_MS } from '../../steps/timing.ts';

/** What was decided on, and by what. */
export interface PlannedRun extends ResolvedGoal {
  /** With what the verb was given, by which the goal was resolved. */
  readonly options: TaskOptions;
  readonly snapshot: Snapshot;
  /** Since when no other run has changed production. */
  readonly others: ConsistencyDelay;
  readonly store: StoreIdentity;
  /** `early`: AWS's answers may not have shown yet what the run before has changed. */
  readonly looked: 'early' | 'late';
  /** When this run has last changed what serves production, in milliseconds since the epoch. */
  readonly lastMove: { at?: number };
}

/** A look at all of AWS's lists, which began then on the monotonic clock. */
export interface WholeLists {
  readonly seen: Snapshot;
  readonly lookedFrom: number;
}

/** A run that has the lease. */
export interface Run {
  readonly setup: Setup;
  /** What was asked for: what is done now may be the way back from it. */
  readonly asked: { readonly task: Task; readonly options: TaskOptions };
  readonly lease: HeldLease;
  readonly others: ConsistencyDelay;
  readonly store: StoreIdentity;
  /** Since when this run has changed nothing. */
  readonly own: ConsistencyDelay;
  /** As it was seen when the run began. */
  readonly outside: Outside;
  readonly lastMove: PlannedRun['lastMove'];
  /** How its steps ended, where what showed the last effect was a look at everything. */
  readonly end: { lists?: WholeLists };
  /** As it was answered when the run began. */
  readonly wayBack: WayBack | undefined;
}

/** What is left is not what was planned on the old answers. Thrown before anything was taken away. */
class PlanAgain extends Error {
  readonly plan: Plan;
  readonly snapshot: Snapshot;

  constructor(plan: Plan, snapshot: Snapshot) {
    super('The plan was made on old answers.');
    this.plan = plan;
    this.snapshot = snapshot;
  }
}

/**
 * Does the steps. Right after a run that was interrupted, AWS's answers may not show yet what that one has changed: then what only
 * adds to production is done meanwhile, and before something is taken away the rest is planned again.
 */
export async function runPlan(
  run: Run,
  recording: Recording,
  goal: Goal,
  plan: Plan,
  snapshot: Snapshot,
  looked: PlannedRun['looked'] = 'late',
): Promise<Snapshot> {
  const { setup, lease, others, store, end } = run;
  if (plan.steps.length === 0) return snapshot;
  const { ports, view } = setup;
  // Nothing is waited for any longer once the lease is gone; after a fault, what this run has under way must end, too.
  const lost = AbortSignal.any([setup.faulted, lease.lost]);
  const signal = AbortSignal.any([setup.signal, lost]);
  const task = setup.tasks[goal.verb];
  const titles = preview(task, snapshot, goal, plan).steps.map(({ title }) => title);
  let isEarly = looked === 'early';
  let at = 0;
  const settled = async (): Promise<void> => {
    await others.wait(view.emit, signal);
    if (!isEarly) return;
    isEarly = false;
    const seen = { ...(await look(run)), ...defined({ freeze: snapshot.freeze, approval: snapshot.approval }) };
    const left = withStoreSteps(seen, planNow(task, seen, goal), store);
    if (!isDeepStrictEqual(left.steps, plan.steps.slice(at))) throw new PlanAgain(left, seen);
  };
  const ahead = new OutsideAhead(ports, plan, snapshot);
  const context: RunContext = {
    ...contextOf(run, goal, { signal, lost }),
    reached: async (stepsDone, title) => {
      at = stepsDone;
      ahead.reached(stepsDone);
      await lease.doing(title, titles[stepsDone + 1]);
      await recording.reached(stepsDone);
    },
    settled,
    sawAll: (seen, lookedFrom) => {
      // What is waited for at the end comes after it.
      if (!isEarly) end.lists = { seen, lookedFrom };
    },
  };
  try {
    const last = await runSteps(context, plan.steps, snapshot);
    if (isEarly) await settled();
    return last;
  } catch (error) {
    if (!(error instanceof PlanAgain)) throw error;
    view.emit(preview(task, error.snapshot, goal, error.plan, setup.connection()));
    return await runPlan(run, recording, goal, error.plan, error.snapshot);
  } finally {
    await ahead.ended();
  }
}

function contextOf(
  { setup, own, store, lastMove }: Run,
  goal: Goal,
  { signal, lost }: Required<Pick<RunContext, 'signal' | 'lost'>>,
): Omit<RunContext, 'reached' | 'settled' | 'sawAll'> {
  const { ports, limits, view } = setup;
  const task = setup.tasks[goal.verb];
  return {
    ports,
    limits,
    signal,
    emit: view.emit,
    isEmergency: task.isEmergencyExit,
    store: store.id,
    noticed: async (seen) => waitUntilNoticed({ ...setup, clock: ports.clock, emit: view.emit, signal }, seen),
    decided: (lookedFrom) => setup.decision.made(lookedFrom),
    changed: (effect) => {
      own.changed();
      if (movesProduction(effect)) lastMove.at = ports.clock.now();
    },
    shown: async () => own.wait(view.emit, signal),
    lost,
    ...defined({ hooks: setup.hooks && stepHooks(setup.hooks, goal, task.hooks) }),
  };
}

/**
 * Everything, read again.
 * @param lists what a look at all of AWS's lists has just seen: then only the rest is read
 */
export async function look(
  { setup: { ports, signal, view }, outside, wayBack }: Run,
  lists?: WholeLists,
): Promise<Snapshot> {
  const retries = { clock: ports.clock, signal, emit: view.emit, limitMs: EFFECT_SHOWS_MS };
  let known = lists && listsOf(lists.seen);
  const read = async (): Promise<Snapshot> => {
    const seen = known ?? (await observe(ports, { outside }));
    // Another attempt is later.
    known = undefined;
    const beside = { ...NOTHING, work: 'owner', preview: true, fetched: true } as const;
    return refresh(ports, { ...seen, ...defined({ wayBack }) }, beside);
  };
  return wholeLook(ports.clock, async () => retryTransient(retries, read), lists?.lookedFrom);
}

/** Without what was asked of others than AWS's lists. */
function listsOf({
  at,
  fleets,
  unmanaged,
  pools,
  unreadable,
  noGroups,
  traffic,
  outside,
  served,
  answers,
}: Snapshot): Snapshot {
  return { at, fleets, unmanaged, pools, unreadable, traffic, outside, answers, ...defined({ served, noGroups }) };
}
