import type { ExitCode } from '../errors.ts';
import { GIVE_UP_MS, giveUpAfter, RunFault } from '../run/task/fault.ts';
import { knownError, outcomeOf, type RunOutcome } from '../run/task/outcome.ts';
import type { Context } from './context.ts';
import { catchSignals } from './signals.ts';
import { catchUncaught } from './uncaught.ts';

/** Runs a command that takes the lease and changes nothing at AWS; refused or interrupted, it ends as a task does. */
export async function conclude(
  context: Context,
  work: (signal: AbortSignal) => Promise<RunOutcome>,
): Promise<ExitCode> {
  const { view, store, session, ports } = context;
  const begun = ports.clock.monotonic();
  const signals = catchSignals(view, () => 'Neither servers nor traffic were touched.');
  const uncaught = catchUncaught();
  try {
    const signal = AbortSignal.any([signals.signal, uncaught.signal]);
    const ended = await giveUpAfter(GIVE_UP_MS.run, { faulted: uncaught.signal, ports }, work(signal)).catch(
      (error: unknown) => knownError(error),
    );
    const ending = ended instanceof Error ? outcomeOf(ended) : ended;
    const seconds = (ports.clock.monotonic() - begun) / 1000;
    view.emit({ type: 'finished', ...ending, seconds, awsRequests: session.requests });
    if (ended instanceof RunFault) throw ended;
    return ending.exitCode;
  } finally {
    signals.end();
    uncaught.end();
    await view.close();
    await store.close();
  }
}
