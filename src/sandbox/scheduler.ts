import type { Clock } from '../clock.ts';

/** Does things later, on the sandbox's clock. */
export interface Scheduler {
  /** Does `task` after `ms`, or at once when there is nothing to wait for. Returns what calls it off. */
  after(ms: number, task: () => void | Promise<void>): () => void;
  /** Calls everything off, and does nothing more. */
  close(): void;
}

interface Task {
  readonly due: number;
  readonly run: () => void | Promise<void>;
  cancelled: boolean;
}

/**
 * One sleep for all tasks, up to the next one that is due: a thousand targets have thousands of time-outs, nearly all of
 * which are called off. A task that fails is a fault of the sandbox's own, and is left unhandled to end the process.
 */
export function createScheduler(clock: Clock): Scheduler {
  const tasks = new TaskQueue();
  let sleeping: { readonly until: number; readonly controller: AbortController } | undefined;
  let closed = false;

  function sleep(): void {
    const until = tasks.nextDue();
    if (until === undefined || (sleeping && sleeping.until <= until)) return;
    sleeping?.controller.abort();
    const now = { until, controller: new AbortController() };
    sleeping = now;
    const slept = clock.sleep(until - clock.monotonic(), now.controller.signal).then(
      () => sleeping === now,
      () => false,
    );
    void slept.then((due) => (due ? wake(until) : undefined));
  }

  function wake(until: number): void {
    sleeping = undefined;
    // A timer of the system may ring a fraction of a millisecond early.
    const due = tasks.take(Math.max(until, clock.monotonic()));
    sleep();
    for (const task of due) if (!task.cancelled && !closed) void task.run();
  }

  return {
    after(ms, run) {
      if (closed) return () => {};
      if (ms <= 0) {
        void run();
        return () => {};
      }
      const task = { due: clock.monotonic() + ms, run, cancelled: false };
      tasks.add(task);
      sleep();
      return () => {
        task.cancelled = true;
      };
    },
    close() {
      closed = true;
      sleeping?.controller.abort();
    },
  };
}

/** Tasks in the order in which they are due; those of one moment in the order in which they came. */
class TaskQueue {
  /** The next one last, where it is cheap to take. */
  readonly #tasks: Task[] = [];

  add(task: Task): void {
    let [low, high] = [0, this.#tasks.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#tasks[middle]!.due > task.due) low = middle + 1;
      else high = middle;
    }
    this.#tasks.splice(low, 0, task);
  }

  nextDue(): number | undefined {
    while (this.#tasks.at(-1)?.cancelled) this.#tasks.pop();
    return this.#tasks.at(-1)?.due;
  }

  take(until: number): readonly Task[] {
    const first = this.#tasks.findLastIndex((task) => task.due > until) + 1;
    return this.#tasks.splice(first).toReversed();
  }
}
