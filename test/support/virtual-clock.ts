import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../src/clock.ts';

interface Timer {
  readonly due: number;
  fire(): void;
}

/** A clock that stands still until it is advanced. */
export class VirtualClock implements Clock {
  #time = 0;
  readonly #timers = new Set<Timer>();
  readonly #epoch: number;

  constructor(epoch = Date.UTC(2030, 0, 1)) {
    this.#epoch = epoch;
  }

  now(): number {
    return this.#epoch + this.#time;
  }

  monotonic(): number {
    return this.#time;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => {
        this.#timers.delete(timer);
        reject(signal?.reason as Error);
      };
      const fire = (): void => {
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      const timer: Timer = { due: this.#time + Math.max(0, ms), fire };
      this.#timers.add(timer);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** Lets `ms` pass: fires what falls due, in order, and lets what waited for it go on before the next. */
  async advance(ms: number): Promise<void> {
    const end = this.#time + ms;
    await turn();
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#timers.delete(next);
      this.#time = Math.max(this.#time, next.due);
      next.fire();
      await turn();
    }
    this.#time = end;
  }

  /** How many sleepers there are. */
  get sleepers(): number {
    return this.#timers.size;
  }

  #next(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (timer.due <= end && (!next || timer.due < next.due)) next = timer;
    return next;
  }
}
