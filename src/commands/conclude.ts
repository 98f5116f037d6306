import type { ExitCode } from '../errors.ts';
import { outcomeOf, type RunOutcome } from '../run/task/outcome.ts';
import type { Context } from './context.ts';
import { catchSignals } from './signals.ts';

/** Runs a command that takes the lease and changes nothing in AWS; refused or interrupted, it ends like a task. */
export async function conclude(
  context: Context,
  work: (signal: AbortSignal) => Promise<RunOutcome>,
): Promise<ExitCode> {
  const { view, store, session, ports } = context;
  const startedMs = ports.clock.monotonic();
  const signals = catchSignals(view, () => 'Neither servers nor traffic were changed.');
  try {
    const outcome = await work(signals.signal).catch((error: unknown) => outcomeOf(error));
    const seconds = (ports.clock.monotonic() - startedMs) / 1000;
    view.emit({ type: 'finished', ...outcome, seconds, awsRequests: session.requests });
    return outcome.exitCode;
  } finally {
    signals.end();
    await view.close();
    await store.close();
  }
}
