import type { Clock } from '../clock.ts';

/** While AWS throttles, requests are sent less and less often, but never below this fraction of the rate. */
const LEAST = 1 / 8;
/** Requests that were on their way together are throttled together: that counts once. */
const TOGETHER_MS = 1000;
/** Seconds without throttling until the whole rate is used again. */
const RECOVERY_S = 20;

/**
 * Token bucket: up to `burst` requests at once, then `perSecond`. Callers are served in order. The bucket in AWS is shared by all
 * programs of the account: when it turns out to be empty, so is this one, and it is filled at half the rate for a while.
 */
export class Limiter {
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #burst: number;
  #rate: number;
  #tokens: number;
  #at: number;
  #throttledAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, perSecond: number, burst: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#rate = perSecond;
    this.#tokens = burst;
    this.#at = clock.monotonic();
  }

  /** Resolves when one request may be sent. The bucket may go below zero: the caller then waits until its token is due. */
  async take(): Promise<void> {
    this.#refill();
    this.#tokens -= 1;
    if (this.#tokens < 0) await this.#clock.sleep((-this.#tokens / this.#rate) * 1000);
  }

  /** AWS has throttled a request. */
  throttled(): void {
    this.#refill();
    this.#tokens = Math.min(this.#tokens, 0);
    if (this.#at - this.#throttledAt >= TOGETHER_MS) this.#rate = Math.max(this.#perSecond * LEAST, this.#rate / 2);
    this.#throttledAt = this.#at;
  }

  #refill(): void {
    const now = this.#clock.monotonic();
    const seconds = (now - this.#at) / 1000;
    this.#tokens = Math.min(this.#burst, this.#tokens + seconds * this.#rate);
    this.#rate = Math.min(this.#perSecond, this.#rate + (seconds / RECOVERY_S) * this.#perSecond);
    this.#at = now;
  }
}

/** Lets a number of requests be under way, and the others wait. */
export class AtOnce {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(max: number) {
    this.#free = max;
  }

  async run<T>(request: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    try {
      return await request();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
