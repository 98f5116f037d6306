import type { Amount } from './amount.ts';
import type { Instance, Snapshot } from './snapshot.ts';
import { isHealthyEverywhere } from './in-place.ts';

/** How many of `all` instances are one batch: rounded down, and never none. */
export function batchSize(batch: Amount, all: number): number {
  return 'count' in batch ? batch.count : Math.max(1, Math.floor((all * batch.percent) / 100));
}

/** Unhealthy instances first, since they cost nothing; then by zone. */
export function deployOrder(snapshot: Snapshot, instances: readonly Instance[]): readonly Instance[] {
  const rank = (id: string): number => (isHealthyEverywhere(snapshot, id) ? 1 : 0);
  const keyed = instances.map((one) => [`${rank(one.id)} ${one.zone} ${one.id}`, one] as const);
  return keyed.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

export function inBatchesOf<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size));
}
