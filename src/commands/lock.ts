import { systemClock } from '../clock.ts';
import type { ExitCode } from '../errors.ts';
import type { Store } from '../stores/store.ts';
import { jsonLine } from '../views/json.ts';
import { lockData, lockText, type LockReport } from '../views/lock.ts';
import type { Args } from './command.ts';
import { inStore } from './context.ts';
import { layout, print } from './print.ts';

/** Prints who holds the lease, and who waits for it. Reads the store only. */
export async function lock(args: Args): Promise<ExitCode> {
  return inStore(args, 'lock', async (store, config) => {
    const report = await lockReport(config.environment, store);
    return print(args['json'] === true ? jsonLine(lockData(report), report.at) : lockAsText(report));
  });
}

export async function lockReport(environment: string, store: Store): Promise<LockReport> {
  const [lease, queue, goal] = await Promise.all([store.held(), store.queue(), store.goal()]);
  const at = systemClock.now();
  return {
    environment,
    store: store.kind,
    at,
    queue,
    ...(lease && { lease }),
    ...(goal && 'goal' in goal && { goal }),
  };
}

export function lockAsText(report: LockReport): string {
  const { width, colour } = layout();
  return lockText(report, width, colour);
}
