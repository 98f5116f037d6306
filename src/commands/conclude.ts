import type { ExitCode } from '../errors.ts';
import { GIVE_UP_MS, giveUpAfter, RunFault } from '../run/task/fault.ts';
import { knownError, outcomeOf, type RunOutcome } from '../run/task/outcome.ts';
import type { Context } from './context.ts';
import { catchSignals } from './signals.ts';
import { catchUncaught } from './uncaught.ts';

/** Runs a command that takes the lease and changes nothing in AWS; refused or interrupted, it ends like a task. */
export async function conclude(
  context: Context,
  work: (signal: AbortSignal) => Promise<RunOutcome>,
): Promise<ExitCode> {
  const { view, store, session, ports } = context;
  const startedMs = ports.clock.monotonic();
  const signals = catchSignals(view, () => 'Neither servers nor traffic were changed.');
  const uncaught = catchUncaught();
  try {
    const signal = AbortSignal.any([signals.signal, uncaught.signal]);
    const ended = await giveUpAfter(GIVE_UP_MS.run, { faulted: uncaught.signal, ports }, work(signal)).catch(
      (error: unknown) => knownError(error),
    );
    const outcome = ended instanceof Error ? outcomeOf(ended) : ended;
    const seconds = (ports.clock.monotonic() - startedMs) / 1000;
    view.emit({ type: 'finished', ...outcome, run: context.run, seconds, awsRequests: session.requests });
    if (ended instanceof RunFault) throw ended;
    return outcome.exitCode;
  } finally {
    signals.end();
    uncaught.end();
    await view.close();
    await store.close();
  }
}
