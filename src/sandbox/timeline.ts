import type { Clock } from '../clock.ts';

interface TimedValue<T> {
  readonly at: number;
  readonly value: T | undefined;
}

/** The past that a stale read can reach back to. */
const HISTORY_MS = 120_000;

/** Values by key that remember what they were, so that a describe can show the past (eventual consistency). */
export interface Timeline<T> {
  /** `undefined` says that the key is gone. */
  set(key: string, value: T | undefined): void;
  /** The value as it was `lagMs` ago. */
  get(key: string, lagMs?: number): T | undefined;
  /** All values as they were `lagMs` ago, in the order in which their keys came up. */
  values(lagMs?: number): T[];
}

export function createTimeline<T>(clock: Clock): Timeline<T> {
  const histories = new Map<string, TimedValue<T>[]>();
  return {
    set(key, value) {
      const now = clock.monotonic();
      const past = histories.get(key) ?? [];
      const kept = past.filter((_, index) => (past[index + 1]?.at ?? Infinity) > now - HISTORY_MS);
      histories.set(key, [...kept, { at: now, value }]);
    },
    get: (key, lagMs = 0) => valueAt(histories.get(key), clock.monotonic() - lagMs, lagMs),
    values(lagMs = 0) {
      const now = clock.monotonic();
      const found: T[] = [];
      for (const [key, past] of histories) {
        const value = valueAt(past, now - lagMs, lagMs);
        if (value !== undefined) found.push(value);
        else if (isExpired(past, now)) histories.delete(key);
      }
      return found;
    },
  };
}

function valueAt<T>(past: readonly TimedValue<T>[] | undefined, until: number, lagMs: number): T | undefined {
  if (lagMs === 0) return past?.at(-1)?.value;
  return past?.findLast((moment) => moment.at <= until)?.value;
}

function isExpired(past: readonly TimedValue<unknown>[], now: number): boolean {
  const last = past.at(-1);
  return last?.value === undefined && (last?.at ?? 0) <= now - HISTORY_MS;
}
