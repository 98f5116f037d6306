import type { Clock } from '../clock.ts';

/** A `Date` header has whole seconds (RFC 9110, 5.6.7). */
const HEADER_MS = 1000;
/** A busy server or a proxy may date an answer a little too early. */
const SLACK_MS = 2000;

/**
 * AWS's time, as its answers' `Date` headers tell it: times that one machine writes are compared on another one, whose own clock
 * may be minutes away. Until the first answer it is the machine's.
 */
export class AwsClock implements Clock {
  readonly #machine: Clock;
  /** Kept for as long as it agrees with the answers. */
  #offsetMs = 0;

  constructor(machine: Clock) {
    this.#machine = machine;
  }

  now(): number {
    return this.#machine.now() + this.#offsetMs;
  }

  monotonic(): number {
    return this.#machine.monotonic();
  }

  sleep: Clock['sleep'] = async (...args) => this.#machine.sleep(...args);

  /** Sends a request, and notes the time that its answer has. */
  async timed<T>(send: () => Promise<T>, dateOf: (answer: T) => string | undefined): Promise<T> {
    const sentAt = this.#machine.now();
    const answer = await send();
    const date = Date.parse(dateOf(answer) ?? '');
    if (Number.isNaN(date)) return answer;
    const [earliest, latest] = [date - this.#machine.now(), date + HEADER_MS - sentAt];
    const isTrue = earliest - SLACK_MS <= this.#offsetMs && this.#offsetMs <= latest + SLACK_MS;
    if (!isTrue) this.#offsetMs = Math.round((earliest + latest) / 2);
    return answer;
  }
}
