import { tasks } from '../../tasks/index.ts';
import { ExitCode, OperatorError } from '../errors.ts';
import { observe, withUrls } from '../observe/observe.ts';
import { choices } from '../run/task/resolve-goal.ts';
import { switchSettings } from '../steps/ports.ts';
import { verbsNow } from '../run/task/verbs.ts';
import type { Store } from '../stores/store.ts';
import { openOut } from '../views/out.ts';
import { showsColour } from '../views/paint.ts';
import type { StatusReport } from '../views/status.ts';
import { statusJson } from '../views/status-json.ts';
import { statusText } from '../views/status-text.ts';
import { watchScreen } from '../views/watch.ts';
import type { Args } from './command.ts';
import { deliveryOf } from './delivery.ts';
import { openContext, type Context } from './context.ts';

/** Prints what is where, what is under way and what may be done next. Changes nothing and needs no lease. */
export async function status(args: Args): Promise<ExitCode> {
  const context = await openContext(args);
  try {
    if (args['watch'] !== true || !process.stdout.isTTY) return await print(context, args['json'] === true);
    await watch(context);
    return ExitCode.done;
  } finally {
    await context.store.close();
  }
}

async function print(context: Context, json: boolean): Promise<ExitCode> {
  const out = openOut(process.stdout);
  const report = await reportOn(context);
  out.line(json ? statusJson(report) : text(report));
  await out.flush();
  return report.trouble === undefined ? ExitCode.done : ExitCode.refused;
}

/** Seconds between two drawings: one request a target group each time. */
const PERIOD_MS = 2000;

async function watch(context: Context): Promise<void> {
  const stop = new AbortController();
  const end = (): void => stop.abort();
  process.once('SIGINT', end).once('SIGTERM', end);
  const screen = watchScreen(process.stdout);
  try {
    while (!stop.signal.aborted) {
      screen.draw(text(await reportOn(context)));
      await context.ports.clock.sleep(PERIOD_MS, stop.signal).catch(() => {});
    }
  } finally {
    screen.close();
  }
}

function text(report: StatusReport): string {
  return statusText(report, process.stdout.columns || 110, showsColour(process.stdout));
}

/** Entries of the journal, among which the last switch is looked for. */
const JOURNAL_LOOK = 20;

async function reportOn({ config, ports, store }: Context): Promise<StatusReport> {
  const [snapshot, record] = await Promise.all([withUrls(ports.traffic, observe(ports, true)), recordIn(store)]);
  const settings = switchSettings(ports);
  const verbs =
    record.trouble === undefined ? await verbsNow(tasks, snapshot, record.goal, settings, deliveryOf(config)) : [];
  return { environment: config.environment, snapshot, verbs, ...record };
}

type Recorded = Pick<StatusReport, 'lease' | 'goal' | 'choices' | 'last' | 'moved' | 'trouble'>;

/** Where the store is in trouble, one wants to know all the more what is where. */
async function recordIn(store: Store): Promise<Recorded> {
  try {
    const [lease, goal, journal] = await Promise.all([store.held(), store.goal(), store.history(JOURNAL_LOOK)]);
    const [last] = journal;
    const moving: ReadonlySet<string> = new Set(
      Object.values(tasks).flatMap((task) => (task.movesProduction ? task.verb : [])),
    );
    const moved = journal.find(({ verb }) => moving.has(verb));
    return {
      ...(lease === undefined ? {} : { lease }),
      ...(goal === undefined ? {} : { goal, choices: choices(tasks[goal.goal.verb]) }),
      ...(last === undefined ? {} : { last }),
      ...(moved === undefined ? {} : { moved }),
    };
  } catch (error) {
    if (error instanceof OperatorError) return { trouble: [error.message, ...error.next].join(' ') };
    throw error;
  }
}
