/** How soon the engine asks again. Milliseconds. */

/** Every change is idempotent, so one whose effect does not show is requested again. */
export const REPEAT_MS = 5000;
const BACKOFF_MS = { first: 500, longest: 10_000 };

/**
 * What failed for a reason that passes is repeated sooner, then less and less often (AWS SDKs and tools reference, retry behavior).
 * @param failures so far, 1 or more
 */
export function backoffMs(failures: number): number {
  return Math.min(BACKOFF_MS.longest, BACKOFF_MS.first * 2 ** (failures - 1));
}

/** A look at all that a guard needs is many requests: the longer it refuses, the seldomer it is asked. */
export function refusedPauseMs(waitedMs: number): number {
  return Math.min(waitedMs / 4, REPEAT_MS);
}
