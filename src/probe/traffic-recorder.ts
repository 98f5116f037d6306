import type { Clock } from '../clock.ts';
import type { Traffic } from '../domain/traffic.ts';
import type { PoolReading, TrafficPort } from '../traffic/traffic.ts';

/** What was seen at one moment. Times are milliseconds since the epoch. */
export type RecordedFrame<E> =
  | { readonly at: number; readonly pool: string; readonly states: Readonly<Record<string, number>> }
  | { readonly at: number; readonly route: string; readonly weights: Readonly<Record<string, number>> }
  | { readonly at: number; readonly event: E };

/** What a run has seen, and its events, for its report. What was seen twice in a row is kept once. */
export class TrafficRecorder<E> {
  readonly frames: RecordedFrame<E>[] = [];
  readonly #clock: Clock;
  readonly #last = new Map<string, string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  record(event: E): void {
    this.frames.push({ at: this.#clock.now(), event });
  }

  /** The same port; what it reads is kept. */
  watching(traffic: TrafficPort): TrafficPort {
    const saw = async (read: Promise<Traffic>): Promise<Traffic> => this.#saw(await read);
    return {
      ...traffic,
      read: async (names) => this.#sawAll(await traffic.read(names)),
      readTraffic: async () => saw(traffic.readTraffic()),
      follow: async () => saw(traffic.follow()),
      residual: async (pools) => saw(traffic.residual(pools)),
    };
  }

  #sawAll(reading: PoolReading): PoolReading {
    for (const { name: pool, targets } of reading.pools) {
      const states: Record<string, number> = {};
      for (const { state } of targets) states[state] = (states[state] ?? 0) + 1;
      if (this.#isNew(`pool ${pool}`, states)) this.frames.push({ at: this.#clock.now(), pool, states });
    }
    return reading;
  }

  #saw(traffic: Traffic): Traffic {
    for (const { name: route, weights } of 'routes' in traffic ? traffic.routes : []) {
      if (this.#isNew(`route ${route}`, weights)) this.frames.push({ at: this.#clock.now(), route, weights });
    }
    return traffic;
  }

  #isNew(key: string, value: object): boolean {
    const text = JSON.stringify(value);
    if (this.#last.get(key) === text) return false;
    this.#last.set(key, text);
    return true;
  }
}
