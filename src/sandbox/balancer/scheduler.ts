import type { Clock } from '../../clock.ts';

/** Things to do later, on a clock that may be virtual. */
export interface Scheduler {
  /** Does `task` after `ms`, or at once when `ms` is 0 or less. Returns the function that calls it off. */
  after(ms: number, task: () => void): () => void;
  /** Calls off everything. */
  close(): void;
}

export function createScheduler(clock: Clock): Scheduler {
  const pending = new Set<AbortController>();
  function after(ms: number, task: () => void): () => void {
    if (ms <= 0) {
      task();
      return () => {};
    }
    const timer = new AbortController();
    pending.add(timer);
    // The task runs outside of the promise's rejection handler, so that its own faults are not taken for a call-off.
    clock
      .sleep(ms, timer.signal)
      .then(() => true)
      .catch(() => false)
      .then((due) => {
        pending.delete(timer);
        if (due && !timer.signal.aborted) task();
      });
    return () => timer.abort();
  }
  return { after, close: () => pending.forEach((timer) => timer.abort()) };
}
