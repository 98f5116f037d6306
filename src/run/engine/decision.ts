import type { Clock } from '../../clock.ts';
import { OperatorError } from '../../errors.ts';

/** What was decided on a reading of the world holds for this long; a request that had to wait longer is decided on anew. */
const VALID_MS = 3000;

/**
 * The last decision of a run to change something: that its guard allowed it in the world as it was just read. Between that and
 * the request there may be a queue of requests, or a slow store that is asked for the lease.
 */
export class Decision {
  readonly #clock: Clock;
  #madeAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  made(): void {
    this.#madeAt = this.#clock.monotonic();
  }

  /** To be called directly before each change. @throws OperatorError `decision-expired`, transient: look again, and decide again */
  check(): void {
    const ageMs = this.#clock.monotonic() - this.#madeAt;
    if (ageMs <= VALID_MS) return;
    const message = `A change had to wait for ${Math.round(ageMs / 1000)} s, so it is decided on again.`;
    throw new OperatorError('decision-expired', message, { transient: true });
  }
}
