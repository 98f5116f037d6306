import { systemClock } from '../clock.ts';
import { ExitCode } from '../errors.ts';
import { openStore } from '../stores/index.ts';
import type { Store } from '../stores/store.ts';
import { jsonLine } from '../views/json.ts';
import { lockData, lockText, type LockReport } from '../views/lock.ts';
import { openOut } from '../views/out.ts';
import { showsColour } from '../views/paint.ts';
import type { Args } from './command.ts';
import { configOf } from './context.ts';
import { readVersion } from './version.ts';

/** Prints who holds the lease, and who waits for it. Reads the store only. */
export async function lock(args: Args): Promise<ExitCode> {
  const config = configOf(args);
  const store = await openStore(config, systemClock, { run: 'lock', version: readVersion() });
  const out = openOut(process.stdout);
  try {
    const report = await lockReport(config.environment, store);
    out.line(args['json'] === true ? jsonLine(lockData(report), report.at) : lockAsText(report));
    await out.flush();
    return ExitCode.done;
  } finally {
    await store.close();
  }
}

export async function lockReport(environment: string, store: Store): Promise<LockReport> {
  const [lease, queue, goal] = await Promise.all([store.held(), store.queue(), store.goal()]);
  return {
    environment,
    store: store.kind,
    at: systemClock.now(),
    queue,
    ...(lease === undefined ? {} : { lease }),
    ...(goal === undefined ? {} : { goal }),
  };
}

export function lockAsText(report: LockReport): string {
  return lockText(report, process.stdout.columns || 110, showsColour(process.stdout));
}
