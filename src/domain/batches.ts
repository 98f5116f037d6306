import type { Amount } from './amount.ts';
import type { Instance, Snapshot } from './snapshot.ts';
import { isHealthyEverywhere } from './in-place.ts';

/** How many of `all` instances are one batch: rounded down, and never none. */
export function batchSize(batch: Amount, all: number): number {
  return 'count' in batch ? batch.count : Math.max(1, Math.floor((all * batch.percent) / 100));
}

/** Unhealthy instances first, since they cost nothing; then by zone. */
export function deployOrder(snapshot: Snapshot, instances: readonly Instance[]): readonly Instance[] {
  const rank = new Map(instances.map(({ id }) => [id, isHealthyEverywhere(snapshot, id) ? 1 : 0]));
  return instances.toSorted(
    (a, b) => rank.get(a.id)! - rank.get(b.id)! || compare(a.zone, b.zone) || compare(a.id, b.id),
  );
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

export function inBatchesOf<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size));
}
