import { ExitCode } from '../errors.ts';
import { jsonLine } from '../views/json.ts';
import { openOut } from '../views/out.ts';
import type { StatusReport } from '../views/status.ts';
import { statusData } from '../views/status-json.ts';
import { compactStatus, statusText } from '../views/status-text.ts';
import { watchScreen } from '../views/watch.ts';
import type { Args } from './command.ts';
import { rememberOutside } from './outside-memory.ts';
import { openContext, type Context } from './context.ts';
import { layout, print } from './print.ts';
import { statusReport } from './status-report.ts';

/** Shows what is where, what is in progress and what can be done next. Changes nothing and needs no lease. */
export async function status(args: Args): Promise<ExitCode> {
  if (args['all'] === true) return (await import('./status-all.ts')).statusOfAll(args);
  const context = await openContext(args);
  const json = args['json'] === true;
  try {
    if (args['web'] === true) return await (await import('./status-web.ts')).statusWeb(context);
    if (args['watch'] !== true || !(json || process.stdout.isTTY)) return await once(context, args);
    await watch(context, args);
    return ExitCode.done;
  } finally {
    await context.store.close();
  }
}

async function once(context: Context, args: Args): Promise<ExitCode> {
  const report = await statusReport(context);
  await print(args['json'] === true ? asJson(report) : statusText(named(report, args), ...screenOf()));
  return report.trouble === undefined ? ExitCode.done : ExitCode.refused;
}

/** Between two drawings: each sends one request per target group. */
const PERIOD_MS = 2000;

/** Draws one report after the other, until Ctrl-C or until the reader is gone. */
async function watch(context: Context, args: Args): Promise<void> {
  const stop = new AbortController();
  const end = (): void => stop.abort();
  process.once('SIGINT', end).once('SIGTERM', end);
  const out = openOut(process.stdout);
  const screen = args['json'] === true ? undefined : watchScreen(process.stdout, process.stdin, end);
  const memory = rememberOutside(context.ports.clock);
  try {
    while (!stop.signal.aborted && !out.closed()) {
      const report = await statusReport(context, memory);
      if (screen === undefined) out.line(asJson(report));
      else screen.draw(forms(named(report, args)));
      await context.ports.clock.sleep(PERIOD_MS, stop.signal).catch(() => {});
    }
  } finally {
    screen?.close();
  }
}

function asJson(report: StatusReport): string {
  return jsonLine(statusData(report), report.snapshot.at);
}

/** What it advises is about the config that was named. */
function named(report: StatusReport, { config }: Args): StatusReport {
  return typeof config === 'string' ? { ...report, config } : report;
}

function screenOf(): readonly [width: number, colour: boolean] {
  const { width, colour } = layout();
  return [width, colour];
}

function forms(report: StatusReport): readonly string[] {
  return [statusText(report, ...screenOf()), compactStatus(report, ...screenOf())];
}
