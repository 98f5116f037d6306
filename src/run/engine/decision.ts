import type { Clock } from '../../clock.ts';
import { OperatorError } from '../../errors.ts';

/** A request that had to wait longer is decided on anew. */
const VALID_MS = 3000;
/** What was seen is not older than this, however long the look took: AWS may be slow, or this process be stopped meanwhile. */
export const SEEN_MS = 10_000;

/**
 * The last decision of a run to change something: that its guard allowed it in the world as it was just read. Between that and
 * the request there may be a queue of requests, or a slow store that is asked for the lease.
 */
export class Decision {
  readonly #clock: Clock;
  #lookedFrom = Number.NEGATIVE_INFINITY;
  #validUntil = Number.NEGATIVE_INFINITY;
  #failed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param lookedFrom when the look began that it rests on, on the monotonic clock */
  made(lookedFrom: number): void {
    this.#lookedFrom = lookedFrom;
    this.#failed = false;
    this.#validUntil = Math.min(this.#clock.monotonic() + VALID_MS, lookedFrom + SEEN_MS);
  }

  /** A change has failed for a reason that passes: what else was to be sent with it is decided on again, together with it. */
  failed(): void {
    this.#failed = true;
  }

  /** To be called directly before each change. @throws OperatorError `decision-expired`, transient: look again, and decide again */
  check(): void {
    const now = this.#clock.monotonic();
    if (now <= this.#validUntil && !this.#failed) return;
    const seconds = Math.round((now - this.#lookedFrom) / 1000);
    const why = this.#failed ? 'after another one had failed' : `${seconds} s after the look that it rests on`;
    const message = `A change came ${why}, so it is decided on again.`;
    throw new OperatorError('decision-expired', message, { transient: true });
  }
}
