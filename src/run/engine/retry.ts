import type { Clock } from '../../clock.ts';
import { OperatorError } from '../../errors.ts';
import type { Emit } from '../event.ts';

export interface RetryOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly emit: Emit;
  /** Milliseconds after which an error counts. */
  readonly limitMs: number;
}

/** The SDK has tried several times by then, with growing pauses. */
const PAUSE_MS = 2000;

/** Whether it is likely to work when it is tried again: throttled, an outage inside AWS, a broken connection. */
export function isTransient(error: unknown): error is OperatorError {
  return error instanceof OperatorError && error.transient;
}

/** At first contact, an address that cannot be reached is more likely wrong than broken: better said at once. */
export function isOutage(error: unknown): error is OperatorError {
  return isTransient(error) && error.code !== 'unreachable';
}

/** Reads again what failed for a reason that passes, until the time is over. Only for what changes nothing. */
export async function retryTransient<T>(
  { clock, signal, emit, limitMs }: RetryOptions,
  read: () => Promise<T>,
  passes: (error: unknown) => error is OperatorError = isTransient,
): Promise<T> {
  const startedAt = clock.monotonic();
  for (let warned = false; ; warned = true) {
    try {
      return await read();
    } catch (error) {
      if (!passes(error) || clock.monotonic() - startedAt >= limitMs) throw error;
      if (!warned) emit({ type: 'warning', message: `${error.message} Trying again.` });
      await clock.sleep(PAUSE_MS, signal);
    }
  }
}
