import type { Clock } from '../clock.ts';

/** Runs tasks later, on the sandbox's clock. */
export interface Scheduler {
  /** Runs `task` after `ms`, or immediately when `ms` is not positive. Returns a function that cancels it. */
  after(ms: number, task: () => void | Promise<void>): () => void;
  /** Cancels all tasks and accepts no new ones. */
  close(): void;
}

interface Task {
  readonly due: number;
  readonly run: () => void | Promise<void>;
  cancelled: boolean;
}

/**
 * One timer for all tasks, set to the next one that is due: a thousand targets have thousands of timeouts, nearly all of
 * which are cancelled. A task that fails is a bug of the sandbox; its rejection is left unhandled, so that it ends the process.
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
    // A system timer may fire a fraction of a millisecond early.
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

/** A timer that fires later than this was delayed by the sandbox itself. */
const DELAYED_TIMER_MS = 20;

/**
 * Runs `task` after `ms` in which this process could read responses: it also runs the targets, and time in which it was too busy, or
 * stopped, does not count against them. Returns a function that cancels it.
 */
export function afterAwake(
  { clock, scheduler }: { readonly clock: Clock; readonly scheduler: Scheduler },
  ms: number,
  task: () => void,
): () => void {
  const due = clock.monotonic() + ms;
  let cancel = scheduler.after(ms, () => {
    const lateMs = clock.monotonic() - due;
    if (lateMs > DELAYED_TIMER_MS) cancel = afterAwake({ clock, scheduler }, lateMs, task);
    else task();
  });
  return () => cancel();
}

/** Tasks ordered by due time; tasks with the same due time keep the order in which they were added. */
class TaskQueue {
  /** The next task is last, where it is cheap to remove. */
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
