import type { Instance, Snapshot } from '../observe/snapshot.ts';
import { refusal, type Refusal } from './goal.ts';
import { isHealthyEverywhere } from './in-place.ts';

/** How many instances are deployed to at once: `2`, or `25%` of all, rounded down, and never none. */
export function batchSize(wish: string | undefined, all: number): number | Refusal {
  const text = wish ?? '1';
  const [, digits = '', percent] = /^(\d{1,4})(%?)$/.exec(text) ?? [];
  const given = Number(digits);
  const size = percent === '%' ? Math.max(1, Math.floor((all * given) / 100)) : given;
  if (digits !== '' && given > 0 && (percent === '' || given <= 100)) return size;
  return refusal(
    'usage',
    `--batch takes a number of instances or a share of them, not ${text}.`,
    'Such as --batch 2 or --batch 25%.',
  );
}

/** Unhealthy instances first, since they cost nothing; then by zone. */
export function inOrder(snapshot: Snapshot, instances: readonly Instance[]): readonly Instance[] {
  const rank = new Map(instances.map(({ id }) => [id, isHealthyEverywhere(snapshot, id) ? 1 : 0]));
  return instances.toSorted(
    (a, b) => rank.get(a.id)! - rank.get(b.id)! || compare(a.zone, b.zone) || compare(a.id, b.id),
  );
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

export function chunked<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size));
}
