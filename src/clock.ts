import { setTimeout as sleep } from 'node:timers/promises';

/** The only source of time: real in the program, virtual in tests. */
export interface Clock {
  /** Milliseconds since the epoch; may jump. For display. */
  now(): number;
  /** Milliseconds that never decrease; for timeouts and leases. */
  monotonic(): number;
  /**
   * Resolves after `ms`; rejects with the signal's reason when it is aborted first. With `ref: false` the sleep does not
   * keep the process alive.
   */
  sleep(ms: number, signal?: AbortSignal, options?: { readonly ref?: boolean }): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal, { ref = true } = {}) => {
    // Node warns about negative delays.
    await sleep(Math.max(0, ms), undefined, signal ? { signal, ref } : { ref }).catch((error: unknown) => {
      throw signal?.aborted ? signal.reason : error;
    });
  },
};
