import type { Clock } from '../../clock.ts';

/** A look that took longer has readings of moments that may not belong together: the process was stopped, or AWS is slow. */
export const WHOLE_MS = 10_000;

/**
 * A look at everything. One that took too long is made again, but once only: where AWS is slow, the next one would be no better.
 * @param look given what the first one has seen, when it is made again
 * @param startedAt on the monotonic clock, where a part of it was read before
 */
export async function wholeLook<T>(
  clock: Clock,
  look: (before?: T) => Promise<T>,
  startedAt = clock.monotonic(),
): Promise<T> {
  const seen = await look();
  return clock.monotonic() - startedAt > WHOLE_MS ? look(seen) : seen;
}
