import { tasks } from '../../tasks/index.ts';
import { ExitCode, OperatorError } from '../errors.ts';
import { defined } from '../domain/defined.ts';
import { locationOf, type Location } from '../domain/location.ts';
import { keptBy, otherStore } from '../domain/store-mark.ts';
import { movedSince, type ProductionRecord } from '../domain/production-record.ts';
import { JOURNAL_LOOK, lastProduction } from '../run/task/last-production.ts';
import { observe, withUrls } from '../observe/observe.ts';
import { unreadableIn } from '../domain/queries.ts';
import { unreadableText } from '../domain/unreadable.ts';
import { choices } from '../run/task/resolve-goal.ts';
import { switchSettings, type Ports } from '../steps/ports.ts';
import { rollbackNow, verbsNow } from '../run/task/verbs.ts';
import { checkLocation } from '../stores/located.ts';
import type { Store, UnreadableGoal } from '../stores/store.ts';
import { jsonLine } from '../views/json.ts';
import { openOut } from '../views/out.ts';
import type { StatusReport } from '../views/status.ts';
import { statusData } from '../views/status-json.ts';
import { statusText } from '../views/status-text.ts';
import { watchScreen } from '../views/watch.ts';
import type { Args } from './command.ts';
import { rememberOutside, type OutsideMemory } from './outside-memory.ts';
import { deliveryOf, openContext, type Context } from './context.ts';
import { layout, print } from './print.ts';

/** Shows what is where, what is in progress and what can be done next. Changes nothing and needs no lease. */
export async function status(args: Args): Promise<ExitCode> {
  const context = await openContext(args);
  const json = args['json'] === true;
  try {
    if (args['watch'] !== true || !(json || process.stdout.isTTY)) return await once(context, json);
    await watch(context, json);
    return ExitCode.done;
  } finally {
    await context.store.close();
  }
}

async function once(context: Context, json: boolean): Promise<ExitCode> {
  const report = await reportOn(context);
  await print(json ? asJson(report) : text(report));
  return report.trouble === undefined ? ExitCode.done : ExitCode.refused;
}

/** Between two drawings: each sends one request per target group. */
const PERIOD_MS = 2000;

/** Draws one report after the other, until Ctrl-C or until the reader is gone. */
async function watch(context: Context, json: boolean): Promise<void> {
  const stop = new AbortController();
  const end = (): void => stop.abort();
  process.once('SIGINT', end).once('SIGTERM', end);
  const out = openOut(process.stdout);
  const screen = json ? undefined : watchScreen(process.stdout);
  const memory = rememberOutside(context.ports.clock);
  try {
    while (!stop.signal.aborted && !out.closed()) {
      const report = await reportOn(context, memory);
      if (screen === undefined) out.line(asJson(report));
      else screen.draw(text(report));
      await context.ports.clock.sleep(PERIOD_MS, stop.signal).catch(() => {});
    }
  } finally {
    screen?.close();
  }
}

function asJson(report: StatusReport): string {
  return jsonLine(statusData(report), report.snapshot.at);
}

function text(report: StatusReport): string {
  const { width, colour } = layout();
  return statusText(report, width, colour);
}

async function reportOn(
  { config, ports, session, store, who }: Context,
  memory: OutsideMemory = rememberOutside(ports.clock),
): Promise<StatusReport> {
  const reading = readWorld(ports, memory);
  const where = reading.then(({ snapshot: { pools } }) => locationOf({ pools }, session.connection.endpoint));
  const [{ snapshot, unreadable }, record, location] = await Promise.all([reading, recordIn(store, where), where]);
  const { id, unknown, lastProduction: before, ...known } = record;
  const world = {
    tasks,
    snapshot,
    recorded: unknown ?? known.goal,
    lastProduction: before,
    settings: switchSettings(ports),
    delivery: deliveryOf(config),
    fleetCount: config.fleet.count,
    store: { id: id ?? '', words: `${store.place} by ${who}` },
  };
  const { trouble } = known;
  const other = id === undefined ? undefined : otherStore(snapshot, id);
  const verbs = trouble === undefined ? await verbsNow(world) : [];
  const rollback = trouble === undefined ? await rollbackNow(world) : { ready: false as const, why: trouble };
  return {
    environment: config.environment,
    snapshot,
    verbs,
    rollback,
    outsideAgeS: memory.ageS(),
    unreadable: [...unreadable, ...(unknown ? [unknown.unreadable] : [])],
    ...known,
    // Until a run has ended, production is what that makes of it.
    ...defined({ location, movedByOthers: known.lease ? undefined : movedSince(snapshot, before) }),
    ...(other && { otherStore: keptBy(other, snapshot.at) }),
  };
}

/** What is worth knowing beside production does not keep the rest from being shown. */
async function readWorld(ports: Ports, memory: OutsideMemory): Promise<Pick<StatusReport, 'snapshot' | 'unreadable'>> {
  const extras: string[] = [];
  const without = <T>(read: Promise<T>, instead: () => Promise<T>): Promise<T> =>
    read.catch(async (error: unknown) => {
      const value = await instead();
      if (!(error instanceof OperatorError)) throw error;
      extras.push(error.message);
      return value;
    });
  const outside = memory.wanted();
  const world = without(observe(ports, { residual: true, outside }), async () => observe(ports));
  const urls = async () => without(ports.traffic.urls(), async () => ({}));
  const snapshot = await withUrls({ urls }, world);
  memory.saw(snapshot.outside);
  return { snapshot, unreadable: [...unreadableIn(snapshot).map(unreadableText), ...extras] };
}

interface Recorded extends Pick<StatusReport, 'lease' | 'goal' | 'choices' | 'last' | 'moved' | 'trouble'> {
  readonly id?: string;
  readonly unknown?: UnreadableGoal;
  readonly lastProduction?: ProductionRecord;
}

/** Without the store, `status` still shows what AWS says. */
async function recordIn(store: Store, where: Promise<Location | undefined>): Promise<Recorded> {
  const location = await where;
  try {
    if (location !== undefined) await checkLocation(store, location, 'read');
    const [lease, goal, journal, id] = await Promise.all([
      store.held(),
      store.goal(),
      store.history(JOURNAL_LOOK),
      store.id(),
    ]);
    const [last] = journal;
    const moving: ReadonlySet<string> = new Set(
      Object.values(tasks).flatMap((task) => (task.movesProduction ? task.verb : [])),
    );
    const moved = journal.find(({ verb }) => moving.has(verb));
    return {
      id,
      ...(lease && { lease }),
      ...(goal && ('goal' in goal ? { goal, choices: choices(tasks[goal.goal.verb]) } : { unknown: goal })),
      ...(last && { last }),
      ...(moved && { moved }),
      ...defined({ lastProduction: lastProduction(tasks, journal) }),
    };
  } catch (error) {
    if (error instanceof OperatorError) return { trouble: [error.message, ...error.next].join(' ') };
    throw error;
  }
}
