import type { Clock } from '../clock.ts';

interface TimedValue<T> {
  readonly at: number;
  readonly value: T | undefined;
}

/** How far back a stale read can go. */
const HISTORY_MS = 120_000;

/** Values by key with their history, so that a read can return an earlier state (eventual consistency). */
export interface Timeline<T> {
  /** `undefined` deletes the key. */
  set(key: string, value: T | undefined): void;
  /** The value as it was `lagMs` ago. */
  get(key: string, lagMs?: number): T | undefined;
  /** All values as they were `lagMs` ago, in the order in which their keys were added. */
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
