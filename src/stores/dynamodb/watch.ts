import type { Clock } from '../../clock.ts';

/**
 * Tells who has gone silent, by watching. DynamoDB has no clock that a condition could use, and the clocks of the machines
 * that share a table may be minutes apart: a time that one writes cannot be compared with that of another. A heartbeat that
 * is counted up can: who has seen the same count for a whole time to live, by the monotonic clock of one machine, knows that
 * its writer has not renewed it for at least as long, and the writer, who gives up at nine tenths of that time since its last
 * renewal was asked for, knows it too.
 *
 * The time counts from when a reading had come back, not from when it was asked for: the last renewal may be as late as that.
 */
export class RecordWatch {
  readonly #clock: Clock;
  readonly #seen = new Map<string, { readonly beat: string; readonly sinceMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether `who` has been seen with this count of heartbeats for that long; to be told of each reading after it came back. */
  isSilent(who: string, beat: string, ms: number): boolean {
    const seen = this.#seen.get(who);
    if (seen?.beat === beat) return this.#clock.monotonic() - seen.sinceMs >= ms;
    this.#seen.set(who, { beat, sinceMs: this.#clock.monotonic() });
    return false;
  }
}
