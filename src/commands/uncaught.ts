import { systemClock } from '../clock.ts';
import { UncaughtException } from '../run/task/fault.ts';

/** Those of the runs under way. */
const runs = new Set<AbortController>();

/** Far more than a run needs to end itself. */
const LIMIT_MS = 60_000;

export interface Uncaught {
  /** Aborted by an exception that nothing caught. */
  readonly signal: AbortSignal;
  end(): void;
}

/** For a run: it ends itself, instead of being ended with the process. */
export function catchUncaught(): Uncaught {
  const controller = new AbortController();
  runs.add(controller);
  return { signal: controller.signal, end: () => void runs.delete(controller) };
}

/** What the work comes to. Rejects with an exception that nothing caught: at once, or when a run has had its time to end. */
export async function orUncaught<T>(work: Promise<T>): Promise<T> {
  const uncaught = Promise.withResolvers<never>();
  // Rejections that nothing handles come this way, too.
  const notice = (thrown: unknown): void => {
    const exception = new UncaughtException(thrown);
    for (const run of runs) run.abort(exception);
    void systemClock.sleep(runs.size === 0 ? 0 : LIMIT_MS).then(() => uncaught.reject(exception));
  };
  process.on('uncaughtException', notice);
  try {
    return await Promise.race([work, uncaught.promise]);
  } finally {
    process.off('uncaughtException', notice);
  }
}
