import { configFiles } from '../config/load.ts';
import { attempt, ExitCode, type OperatorError } from '../errors.ts';
import { systemClock } from '../clock.ts';
import { jsonLine } from '../views/json.ts';
import { statusData } from '../views/status-json.ts';
import { statusLines, type Environment } from '../views/status-line.ts';
import type { Args } from './command.ts';
import { openContext } from './context.ts';
import { layout, print } from './print.ts';
import { statusReport } from './status-report.ts';

/** Shows every environment of the folder, a line each; one that cannot be read does not keep the others from being shown. */
export async function statusOfAll(args: Args): Promise<ExitCode> {
  const files = configFiles({ path: args['config'] as string | undefined, env: process.env, cwd: process.cwd() });
  // Each has a view, which listens for the end of the streams.
  for (const stream of [process.stdout, process.stderr]) stream.setMaxListeners(0);
  const all = await Promise.all(
    files.map(async (file) => ({ file, status: await attempt(statusOf({ ...args, config: file })) })),
  );
  const { width, colour } = layout();
  // A program that reads it gets a line for each environment.
  const text = (): string => statusLines(all, process.stdout.isTTY ? width : Infinity, colour);
  await print(...(args['json'] === true ? all.map(lineOf) : [text()]));
  const isWhole = all.every(({ status }) => !(status instanceof Error) && status.trouble === undefined);
  return isWhole ? ExitCode.done : ExitCode.refused;
}

async function statusOf(args: Args): ReturnType<typeof statusReport> {
  const context = await openContext(args);
  try {
    return await statusReport(context);
  } finally {
    await context.store.close();
  }
}

/** An environment whose state is not known. */
export function failedData(file: string, { code, message }: Pick<OperatorError, 'code' | 'message'>) {
  return { type: 'status-failed' as const, file, code, message };
}

function lineOf({ file, status }: Environment): string {
  if (status instanceof Error) return jsonLine(failedData(file, status), systemClock.now());
  return jsonLine(statusData(status), status.snapshot.at);
}
