import type { Clock } from '../../clock.ts';

/**
 * Detects expiry by watching heartbeats. DynamoDB has no clock that a condition could use, and the clocks of the machines that
 * share a table may be minutes apart, so a written time means nothing to another machine. A heartbeat counter works instead:
 * a machine that has read the same count for a whole time to live, by its own monotonic clock, knows that the writer has not
 * renewed for at least as long. The writer itself gives up after nine tenths of the time to live since its last renewal was sent.
 *
 * The time counts from when a read has returned, not from when it was sent: the last renewal may be as late as that.
 */
export class HeartbeatMonitor {
  readonly #clock: Clock;
  readonly #seen = new Map<string, { readonly heartbeat: string; readonly sinceMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether `name` has had this heartbeat for `ms`. Must be called after every read, once it has returned. */
  isExpired(name: string, heartbeat: string, ms: number): boolean {
    const seen = this.#seen.get(name);
    if (seen?.heartbeat === heartbeat) return this.#clock.monotonic() - seen.sinceMs >= ms;
    this.#seen.set(name, { heartbeat, sinceMs: this.#clock.monotonic() });
    return false;
  }
}
