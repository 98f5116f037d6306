/** Time of a little cloud: it goes on from event to event, as fast as the machine can, and in the same order every time. */

interface Event {
  readonly due: number;
  readonly seq: number;
  act: (() => void) | undefined;
}

/** The cloud's first moment, in milliseconds since the epoch. */
export const EPOCH = Date.UTC(2026, 0, 1);

export class WorldClock {
  #now = 0;
  #seq = 0;
  /** The next one last. */
  readonly #events: Event[] = [];

  /** Milliseconds since the cloud's first moment. */
  get now(): number {
    return this.#now;
  }

  /** Calls `act` in `ms`; returns what calls it off. */
  after(ms: number, act: () => void): () => void {
    const event: Event = { due: this.#now + Math.max(0, ms), seq: (this.#seq += 1), act };
    let place = this.#events.length;
    while (place > 0 && isLater(event, this.#events[place - 1] as Event)) place -= 1;
    // Events of the same moment come in the order in which they were asked for.
    this.#events.splice(place, 0, event);
    return () => (event.act = undefined);
  }

  /**
   * Lets time pass until `done` says so. Whatever an event sets off has run to its next wait before the next event.
   * @throws when nothing is left that could happen, or `limitMs` have passed
   */
  async until(done: () => boolean, limitMs: number): Promise<void> {
    const end = this.#now + limitMs;
    const { stackTraceLimit } = Error;
    // A third of the time would go into stacks of errors that are expected. Of others one wants it: take this line away.
    Error.stackTraceLimit = 0;
    try {
      for (await settle(); !done(); await settle()) this.#next(end, limitMs);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  }

  #next(end: number, limitMs: number): void {
    const next = this.#events.pop();
    if (next === undefined) throw new Error('Nothing is left that could happen, and it is not over.');
    if (next.due > end) throw new Error(`It is not over after ${limitMs / 1000} s.`);
    this.#now = next.due;
    next.act?.();
  }

  async pass(ms: number): Promise<void> {
    let over = false;
    this.after(ms, () => (over = true));
    await this.until(() => over, ms);
  }
}

/** Whether `a` comes after `b`, so that it belongs before it in the list. */
function isLater(a: Event, b: Event): boolean {
  return a.due > b.due || (a.due === b.due && a.seq > b.seq);
}

/** A tick comes when no promise has anything left to do (Node.js guide, "event loop, timers and nextTick"). */
async function settle(): Promise<void> {
  await new Promise<void>((resolve) => {
    process.nextTick(resolve);
  });
}
