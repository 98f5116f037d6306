import type { Amount } from './amount.ts';
import type { Instance, Snapshot } from './snapshot.ts';
import { isHealthyEverywhere } from './in-place.ts';
import { inWavesOf } from './waves.ts';

/** How many of `all` instances are one batch: rounded down, and never none. */
export function batchSize(batch: Amount, all: number): number {
  return 'count' in batch ? batch.count : Math.max(1, Math.floor((all * batch.percent) / 100));
}

/** Unhealthy instances first, since they cost nothing; then by zone. */
function deployOrder(snapshot: Snapshot, instances: readonly Instance[]): readonly Instance[] {
  const rank = (id: string): number => (isHealthyEverywhere(snapshot, id) ? 1 : 0);
  const keyed = instances.map((one) => [`${rank(one.id)} ${one.zone} ${one.id}`, one] as const);
  return keyed.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

/** Unhealthy ones first, since they cost nothing; then one of each zone by turns, so that no wave is a whole zone. */
function waveOrder(snapshot: Snapshot, instances: readonly Instance[]): readonly Instance[] {
  const byZone = Map.groupBy(
    instances.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    ({ zone, id }) => `${isHealthyEverywhere(snapshot, id) ? 1 : 0} ${zone}`,
  );
  const keyed = [...byZone].flatMap(([group, some]) =>
    some.map((one, n) => [`${group.slice(0, 1)} ${String(n).padStart(6, '0')} ${group}`, one] as const),
  );
  return keyed.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

/** How the instances are divided, as it was asked for. @param all instances of the fleet */
export function batchesOf(
  snapshot: Snapshot,
  instances: readonly Instance[],
  { batch, wave }: { readonly batch?: Amount; readonly wave?: readonly number[] },
  all: number,
): readonly (readonly string[])[] {
  const ids = (some: readonly Instance[]): readonly string[] => some.map(({ id }) => id);
  if (wave !== undefined) return inWavesOf(ids(waveOrder(snapshot, instances)), wave);
  return inBatchesOf(ids(deployOrder(snapshot, instances)), batch === undefined ? 1 : batchSize(batch, all));
}

/** How many instances are away at once, at most. */
export function sizeOf(batches: readonly (readonly string[])[]): number {
  return Math.max(1, ...batches.map(({ length }) => length));
}

function inBatchesOf<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size));
}
