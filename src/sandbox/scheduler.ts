import { setMaxListeners } from 'node:events';
import type { Clock } from '../clock.ts';

/** Runs things later, on the sandbox's clock. */
export interface Scheduler {
  /** Runs `task` after `ms`; returns what calls it off. */
  after(ms: number, task: () => void | Promise<void>): () => void;
  /** Calls everything off. */
  close(): void;
}

export function createScheduler(clock: Clock): Scheduler {
  const ended = new AbortController();
  // Every sleep listens to the signal, and a thousand instances may boot at once.
  setMaxListeners(0, ended.signal);
  return {
    after(ms, task) {
      const due = { off: false };
      const run = () => (due.off || ended.signal.aborted ? undefined : task());
      void clock.sleep(ms, ended.signal).then(run, (error: unknown) => {
        if (!ended.signal.aborted) throw error;
      });
      return () => {
        due.off = true;
      };
    },
    close: () => ended.abort(),
  };
}
