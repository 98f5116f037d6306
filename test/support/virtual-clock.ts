import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../src/clock.ts';

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

/** A clock that stands still until it is advanced. */
export class VirtualClock implements Clock {
  #now: number;
  #monotonic = 0;
  #sleepers: readonly Sleeper[] = [];

  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  /** Sleeps that have not ended yet. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const sleeper: Sleeper = { due: this.#monotonic + ms, wake: resolve };
      this.#sleepers = [...this.#sleepers, sleeper];
      signal?.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal.reason as Error);
      });
    });
  }

  /** Lets time pass: each sleep ends at its moment, and what it wakes runs before time goes on. */
  async advance(ms: number): Promise<void> {
    const end = this.#monotonic + ms;
    await turn();
    for (;;) {
      const next = this.#sleepers.toSorted((a, b) => a.due - b.due)[0];
      if (!next || next.due > end) break;
      this.#sleepers = this.#sleepers.filter((sleeper) => sleeper !== next);
      this.jump(Math.max(0, next.due - this.#monotonic));
      next.wake();
      await turn();
    }
    this.jump(end - this.#monotonic);
    await turn();
  }

  /** Time that passes while the process does not run (SIGSTOP): nothing wakes. */
  jump(ms: number): void {
    this.#monotonic += ms;
    this.#now += ms;
  }

  /** Sets the wall clock, as NTP or a machine that slept does; the monotonic one does not notice. */
  setBy(ms: number): void {
    this.#now += ms;
  }
}
