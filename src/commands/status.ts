import { tasks } from '../../tasks/index.ts';
import { ExitCode, OperatorError } from '../errors.ts';
import { observe, withUrls } from '../observe/observe.ts';
import { choices } from '../run/task/resolve-goal.ts';
import { switchSettings } from '../steps/ports.ts';
import { verbsNow } from '../run/task/verbs.ts';
import type { Store } from '../stores/store.ts';
import { jsonLine } from '../views/json.ts';
import { openOut } from '../views/out.ts';
import { showsColour } from '../views/paint.ts';
import type { StatusReport } from '../views/status.ts';
import { statusData } from '../views/status-json.ts';
import { statusText } from '../views/status-text.ts';
import { watchScreen } from '../views/watch.ts';
import type { Args } from './command.ts';
import { deliveryOf } from './delivery.ts';
import { openContext, type Context } from './context.ts';

/** Shows what is where, what is in progress and what can be done next. Changes nothing and needs no lease. */
export async function status(args: Args): Promise<ExitCode> {
  const context = await openContext(args);
  const json = args['json'] === true;
  try {
    if (args['watch'] !== true || !(json || process.stdout.isTTY)) return await print(context, json);
    await watch(context, json ? jsonLines() : textScreen());
    return ExitCode.done;
  } finally {
    await context.store.close();
  }
}

async function print(context: Context, json: boolean): Promise<ExitCode> {
  const out = openOut(process.stdout);
  const report = await reportOn(context);
  out.line(json ? asJson(report) : text(report));
  await out.flush();
  return report.trouble === undefined ? ExitCode.done : ExitCode.refused;
}

/** Where `--watch` shows one report after the other. */
interface Display {
  draw(report: StatusReport): void;
  /** Whether the reader is gone. */
  closed(): boolean;
  close(): void;
}

function textScreen(): Display {
  const screen = watchScreen(process.stdout);
  return { draw: (report) => screen.draw(text(report)), closed: () => false, close: () => screen.close() };
}

function jsonLines(): Display {
  const out = openOut(process.stdout);
  return { draw: (report) => out.line(asJson(report)), closed: () => out.closed(), close: () => {} };
}

/** Between two drawings: each sends one request per target group. */
const PERIOD_MS = 2000;

async function watch(context: Context, display: Display): Promise<void> {
  const stop = new AbortController();
  const end = (): void => stop.abort();
  process.once('SIGINT', end).once('SIGTERM', end);
  try {
    while (!stop.signal.aborted && !display.closed()) {
      display.draw(await reportOn(context));
      await context.ports.clock.sleep(PERIOD_MS, stop.signal).catch(() => {});
    }
  } finally {
    display.close();
  }
}

function asJson(report: StatusReport): string {
  return jsonLine(statusData(report), report.snapshot.at);
}

function text(report: StatusReport): string {
  return statusText(report, process.stdout.columns || 110, showsColour(process.stdout));
}

/** How many journal entries are searched for the last switch. */
const JOURNAL_LOOK = 20;

async function reportOn({ config, ports, store }: Context): Promise<StatusReport> {
  const [snapshot, record] = await Promise.all([withUrls(ports.traffic, observe(ports, true)), recordIn(store)]);
  const world = {
    tasks,
    snapshot,
    recorded: record.goal,
    settings: switchSettings(ports),
    delivery: deliveryOf(config),
  };
  const verbs = record.trouble === undefined ? await verbsNow(world) : [];
  return { environment: config.environment, snapshot, verbs, ...record };
}

type Recorded = Pick<StatusReport, 'lease' | 'goal' | 'choices' | 'last' | 'moved' | 'trouble'>;

/** Without the store, `status` still shows what AWS says. */
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
