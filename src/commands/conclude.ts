import type { ExitCode } from '../errors.ts';
import { outcomeOf, type RunOutcome } from '../run/task/outcome.ts';
import type { Context } from './context.ts';
import { catchSignals } from './signals.ts';

/** Runs a command that takes the lease and changes nothing at AWS; refused or interrupted, it ends as a task does. */
export async function conclude(
  context: Context,
  work: (signal: AbortSignal) => Promise<RunOutcome>,
): Promise<ExitCode> {
  const { view, store, session, ports } = context;
  const begun = ports.clock.monotonic();
  const signals = catchSignals(view, () => 'Neither servers nor traffic were touched.');
  try {
    const ending = await work(signals.signal).catch((error: unknown) => outcomeOf(error));
    const seconds = (ports.clock.monotonic() - begun) / 1000;
    view.emit({ type: 'finished', ...ending, seconds, awsRequests: session.requests });
    return ending.exitCode;
  } finally {
    signals.end();
    await view.close();
    await store.close();
  }
}
