import type { Clock } from '../clock.ts';
import type { Pool, Routing } from '../domain/snapshot.ts';
import type { RunEvent } from '../run/event.ts';
import type { TrafficPort } from '../traffic/traffic.ts';

/** What was seen at one moment. Times are milliseconds since the epoch. */
export type RecordedFrame =
  | { readonly at: number; readonly pool: string; readonly states: Readonly<Record<string, number>> }
  | { readonly at: number; readonly route: string; readonly weights: Readonly<Record<string, number>> }
  | { readonly at: number; readonly event: RunEvent };

/** All that a run saw and told, for its report. What was seen twice in a row is kept once. */
export class TrafficRecorder {
  readonly frames: RecordedFrame[] = [];
  readonly #clock: Clock;
  readonly #last = new Map<string, string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  told(event: RunEvent): void {
    this.frames.push({ at: this.#clock.now(), event });
  }

  /** The same port; what it reads is kept. */
  watching(traffic: TrafficPort): TrafficPort {
    const { routing } = traffic;
    const seen = (read: Promise<Routing>): Promise<Routing> => read.then((one) => this.#saw(one));
    return {
      ...traffic,
      read: async (names) => this.#sawAll(await traffic.read(names)),
      ...(routing && {
        routing: {
          read: async () => seen(routing.read()),
          shift: async (changes) => routing.shift(changes),
          ...(routing.follow && { follow: async () => seen(routing.follow?.() ?? routing.read()) }),
        },
      }),
    };
  }

  #sawAll(pools: readonly Pool[]): readonly Pool[] {
    for (const { name: pool, targets } of pools) {
      const states: Record<string, number> = {};
      for (const { state } of targets) states[state] = (states[state] ?? 0) + 1;
      if (this.#isNew(`pool ${pool}`, states)) this.frames.push({ at: this.#clock.now(), pool, states });
    }
    return pools;
  }

  #saw(routing: Routing): Routing {
    for (const { name: route, weights } of routing.routes) {
      if (this.#isNew(`route ${route}`, weights)) this.frames.push({ at: this.#clock.now(), route, weights });
    }
    return routing;
  }

  #isNew(key: string, value: object): boolean {
    const text = JSON.stringify(value);
    if (this.#last.get(key) === text) return false;
    this.#last.set(key, text);
    return true;
  }
}
