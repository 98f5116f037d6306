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
  let closed = false;
  function after(ms: number, task: () => void): () => void {
    if (ms <= 0 && !closed) task();
    if (ms <= 0 || closed) return () => {};
    const timer = new AbortController();
    pending.add(timer);
    // A fault of the task's own is left unhandled on purpose: it shall end the process, not be taken for a call-off.
    void clock
      .sleep(ms, timer.signal)
      .then(() => true)
      .catch(() => false)
      .then((due) => {
        pending.delete(timer);
        if (due && !timer.signal.aborted) task();
      });
    return () => timer.abort();
  }
  function close(): void {
    closed = true;
    for (const timer of pending) timer.abort();
  }
  return { after, close };
}
