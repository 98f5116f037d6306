import type { TaskOptions } from '../../../tasks/options.ts';
import type { Task } from '../../../tasks/task.ts';
import { ExitCode, messageOf, OperatorError } from '../../errors.ts';
import type { LaunchRequest } from '../../fleets/fleet.ts';
import { defined } from '../../domain/defined.ts';
import { locationOf, locationText } from '../../domain/location.ts';
import type { DeployOrder } from '../../domain/deploys.ts';
import { movedSince } from '../../domain/production-record.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import type { Plan } from '../../plan/plan.ts';
import { overridesOf } from '../../plan/freeze.ts';
import { movesProduction } from '../../steps/definition.ts';
import { behaviourOf } from '../../steps/index.ts';
import type { Goal, LaunchSpec } from '../../domain/goal.ts';
import type { TrafficSeen } from '../../probe/seen.ts';
import type { HeldLease } from '../../record/lease.ts';
import { checkLocation } from '../../stores/located.ts';
import type { JournalEntry } from '../../stores/store.ts';
import { withCheckedAdvice } from './advice.ts';
import { readWorld, retryOutage } from './first-look.ts';
import { resolveGoal } from './resolve-goal.ts';
import { aborted, GIVE_UP_MS, giveUpAfter, RunFault, trackSteps, type TrackedSteps } from './fault.ts';
import { withAge, knownError, outcomeOf, planned, trafficOf, type RunOutcome } from './outcome.ts';
import { runWithHooks } from '../hooks/around-task.ts';
import type { PlannedRun } from './run-plan.ts';
import { ofStore } from './of-store.ts';
import { JOURNAL_LOOK, lastProduction } from './last-production.ts';
import { checkDrainTime } from './drain-time.ts';
import { preview } from './preview.ts';
import { switchSettings } from '../../steps/ports.ts';
import type { Mode, Setup } from './setup.ts';
import { lastRun, quietFor, ConsistencyDelay } from '../engine/consistency-delay.ts';

/**
 * One flow for every task: lease, goal, observe, plan, show, confirm, run, journal. @returns the exit code
 * @throws RunFault after the last event, which reports it
 */
export async function runTask(setup: Setup, task: Task, options: TaskOptions, mode: Mode): Promise<ExitCode> {
  const { ports, view, identity, environment } = setup;
  const startedAt = ports.clock.monotonic();
  const release = defined({ release: options.release });
  view.emit({ type: 'started', run: identity.run, environment, verb: task.verb, who: identity.who, ...release });
  const clients = mode.plan ? undefined : setup.clients;
  clients?.begin();
  const run = mode.plan ? showPlan(setup, task, options) : withLease(setup, task, options, mode);
  const ended = await giveUpAfter(GIVE_UP_MS.lease, setup, run).catch((error: unknown) => knownError(error));
  const ending = ended instanceof Error ? outcomeOf(ended) : ended;
  const seen = clients && (await clientsMet(setup));
  try {
    reportEnd(setup, { ...release, ...ending }, seen, startedAt);
  } catch (error) {
    // A view that is at fault may be so again.
    throw ended instanceof RunFault ? ended : error;
  }
  if (ended instanceof RunFault) throw ended;
  return ending.exitCode;
}

function reportEnd(setup: Setup, ending: RunOutcome, seen: TrafficSeen | undefined, startedAt: number): void {
  const { ports, view, requests, identity } = setup;
  const { production: _, ...shown } = ending;
  if (seen !== undefined) view.emit({ type: 'traffic', ...seen });
  const seconds = (ports.clock.monotonic() - startedAt) / 1000;
  view.emit({ type: 'finished', ...shown, run: identity.run, seconds, awsRequests: requests() });
}

async function showPlan(setup: Setup, task: Task, options: TaskOptions): Promise<RunOutcome> {
  const { goal, plan, snapshot } = await look(setup, task, options, { plan: true });
  setup.view.emit(preview(task, snapshot, goal, plan, setup.connection()));
  const isDone = plan.steps.length === 0;
  const message = isDone
    ? `Nothing to do: ${task.standing(snapshot, goal).message}`
    : `Without --plan, \`turnout ${task.verb}\` does it.`;
  return { ...planned(message), release: goal.release };
}

/** Giving back the lease takes less, where the process has not slept meanwhile. */
const MOMENT_MS = 2000;

async function withLease(setup: Setup, task: Task, options: TaskOptions, mode: Mode): Promise<RunOutcome> {
  const lease = await ofStore(task, setup.takeLease(task.verb, options.release));
  let ageMs = 0;
  let ending: RunOutcome;
  try {
    ending = await giveUpAfter(GIVE_UP_MS.journal, setup, underLease(setup, task, options, mode, lease));
  } finally {
    ageMs = await lease.release();
  }
  return ageMs > MOMENT_MS ? withAge(ending, ageMs) : ending;
}

async function underLease(
  setup: Setup,
  task: Task,
  options: TaskOptions,
  mode: Mode,
  lease: HeldLease,
): Promise<RunOutcome> {
  const looked = await look(setup, task, options, mode);
  const { goal, plan, snapshot } = looked;
  setup.view.emit(preview(task, snapshot, goal, plan, setup.connection()));
  if (plan.steps.length > 0) await agree(setup, task, goal, snapshot, mode);
  const { view, position, verdicts } = trackSteps(setup.view);
  const run = async (): Promise<RunOutcome> => runWithHooks({ ...setup, view }, lease, task, looked);
  return { ...(await journalled(setup, task, looked, { position, verdicts }, run)), release: goal.release };
}

type Looked = Awaited<ReturnType<typeof read>>;

/** Right after another run the world may have to be read again, until it shows what that has left. */
async function look(setup: Setup, task: Task, options: TaskOptions, mode: Pick<Mode, 'plan'>): Promise<PlannedRun> {
  const seen = await read(setup, task, options);
  if (!seen.isShown && seen.hasMoved && task.isEmergencyExit) {
    // Where it is refused, or begins with taking away, it has to wait anyway; and what a cleanup has ended may still show as running.
    const early = await planIn(setup, task, options, mode, seen).catch(() => undefined);
    if (early !== undefined && addsFirst(early)) return { ...early, looked: 'early' };
  }
  if (seen.isShown) return planIn(setup, task, options, mode, seen);
  await seen.others.wait(setup.view.emit, setup.signal);
  const snapshot = await readWorld(setup, task, options, seen.snapshot);
  return planIn(setup, task, options, mode, { ...seen, snapshot });
}

function addsFirst({ plan, snapshot }: PlannedRun): boolean {
  const moves = plan.steps.map((step) => behaviourOf(step).effect(snapshot)).find(movesProduction);
  return moves === 'adds-capacity' || moves === 'shifts-traffic';
}

async function planIn(
  setup: Setup,
  task: Task,
  options: TaskOptions,
  mode: Pick<Mode, 'plan'>,
  { snapshot, recorded, lastProduction: record, others, store }: Looked,
): Promise<PlannedRun> {
  const { tasks, ports, identity } = setup;
  const location = locationOf(snapshot, setup.connection().endpoint);
  if (location !== undefined) await ofStore(task, checkLocation(setup.store, location, mode.plan ? 'read' : 'record'));
  const requestedBy = { run: identity.run, who: identity.who, since: isoNow(setup) };
  const resolve = async (launch: LaunchRequest): Promise<LaunchSpec> =>
    retryOutage(setup, () => ports.fleet.resolve(launch));
  if (recorded !== undefined && 'unreadable' in recorded && task.isEmergencyExit)
    setup.view.emit({ type: 'warning', message: `${recorded.unreadable} This goes on without it.` });
  const { delivery, deploys } = ports.inPlace;
  const world = {
    tasks,
    snapshot,
    recorded,
    lastProduction: record,
    settings: switchSettings(ports),
    delivery,
    fleetCount: ports.fleet.count,
    store,
  };
  const resolved = await resolveGoal({ ...world, task, options, requestedBy, resolve }).catch(
    async (error: unknown) => {
      throw await withCheckedAdvice({ ...world, asked: { task, options } }, error);
    },
  );
  checkDrainTime(task, snapshot, resolved.plan, setup.limits);
  const moved = movedSince(snapshot, record);
  if (moved !== undefined) setup.view.emit({ type: 'warning', message: moved });
  await deploys.prepare(snapshot, ordersIn(resolved.plan));
  return { ...resolved, options, snapshot, others, store, looked: 'late', lastMove: {} };
}

function ordersIn({ steps }: Plan): readonly DeployOrder[] {
  return steps.map((step) => behaviourOf(step).order).filter((order) => order !== 'none');
}

/** What is so, what was wanted, and whether it shows already what the run before has left. */
async function read(setup: Setup, task: Task, options: TaskOptions) {
  const { tasks, ports, store, settleMs } = setup;
  const goal = setup.nested ? undefined : ofStore(task, store.goal());
  const [snapshot, recorded, journal, id] = await Promise.all([
    readWorld(setup, task, options),
    goal,
    ofStore(task, store.history(JOURNAL_LOOK)),
    ofStore(task, store.id()),
  ]);
  const known = {
    recorded,
    lastProduction: lastProduction(tasks, journal),
    store: { id, words: `${store.place} by ${setup.identity.who}` },
  };
  const others = new ConsistencyDelay(ports.clock, settleMs);
  const last = lastRun(journal);
  if (last === undefined) return { ...known, snapshot, others, isShown: true, hasMoved: false };
  const before = Object.values<Task>(tasks).find(({ verb }) => verb === last.verb);
  const isShown = last.outcome === 'done' && before?.isVisible(snapshot, last.release ?? '') === true;
  // What it shows must not be taken for lasting where production was moved: see `endsSomething`.
  if (!isShown || before.movesProduction) others.changed(quietFor(last, isShown ? 'move' : 'any', ports.clock.now()));
  return { ...known, snapshot, others, isShown, hasMoved: before?.movesProduction === true };
}
async function agree(setup: Setup, task: Task, goal: Goal, snapshot: Snapshot, mode: Mode): Promise<void> {
  const { view, signal, connection } = setup;
  const location = locationOf(snapshot, connection().endpoint);
  const question = `${task.question(snapshot, goal)}${location ? ` (${locationText(location)})` : ''}`;
  // SIGTERM must not have to wait for the answer.
  const yes = mode.yes || (await Promise.race([view.confirm(question), aborted(signal)]));
  signal.throwIfAborted();
  if (yes) return;
  throw new OperatorError('not-confirmed', 'Not confirmed.', { next: ['Add --yes to proceed without a question.'] });
}

/** Writes the run into the journal when it begins and when it ends, however it ends. */
async function journalled(
  setup: Setup,
  task: Task,
  { goal, snapshot, lastMove }: PlannedRun,
  { position, verdicts }: Omit<TrackedSteps, 'view'>,
  run: () => Promise<RunOutcome>,
): Promise<RunOutcome> {
  const { store, identity, requests, view } = setup;
  const { run: id, who, host } = identity;
  const location = locationOf(snapshot, setup.connection().endpoint);
  const entry = {
    run: id,
    verb: goal.verb,
    release: goal.release,
    who,
    host,
    since: isoNow(setup),
    ...defined({ location }),
    ...overridesOf(goal),
  };
  await ofStore(task, store.log({ ...entry, outcome: 'running', message: '', awsRequests: requests() }));
  // What was done is done, whether or not the journal can be written: it must not be reported as a failure, let alone a refusal.
  const end = async (
    ended: Pick<JournalEntry, 'outcome' | 'message' | 'proven' | 'production' | 'terminated'>,
  ): Promise<void> => {
    const clients = trafficOf(await clientsMet(setup));
    const movedAt = lastMove.at === undefined ? {} : { movedAt: new Date(lastMove.at).toISOString() };
    const last = {
      ...verdicts(),
      ...entry,
      ...ended,
      ...movedAt,
      until: isoNow(setup),
      awsRequests: requests(),
      ...clients,
    };
    await store.log(last).catch((error: unknown) => {
      view.emit({ type: 'warning', message: `The end of this run is not in the journal: ${messageOf(error)}` });
    });
  };
  const ending = await giveUpAfter(GIVE_UP_MS.run, setup, run())
    .then(async (one) => judged(setup, one))
    .catch(async (thrown: unknown) => {
      const error = knownError(thrown, position());
      await end({ outcome: 'failed', message: error.message });
      throw error;
    });
  const { result, message, proven, production, terminated } = ending;
  await end({
    outcome: result === 'planned' ? 'done' : result,
    message,
    ...defined({ proven, production, terminated }),
  });
  return ending;
}

/** A run that is done, and during which clients failed, where that must not be. */
async function judged({ clients }: Setup, ending: RunOutcome): Promise<RunOutcome> {
  const seen = await clients?.end();
  if (seen === undefined || seen.failed === 0 || !clients?.mustNotFail || ending.result !== 'done') return ending;
  const why = `${ending.message} But ${seen.failed} of ${seen.requests} requests to ${seen.url} failed: ${seen.failures.join('; ')}.`;
  return { ...ending, result: 'failed', code: 'clients-failed', exitCode: ExitCode.safe, message: why };
}

/** Nothing where that is what is at fault: the end of a run does not depend on it. */
async function clientsMet({ clients, ...setup }: Setup): Promise<TrafficSeen | undefined> {
  return giveUpAfter(MOMENT_MS, setup, Promise.resolve(clients?.end())).catch(() => undefined);
}

function isoNow({ ports }: Setup): string {
  return new Date(ports.clock.now()).toISOString();
}
