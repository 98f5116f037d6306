import type { Nature, Owner } from './owners.ts';
import { list } from './text.ts';

/** Things by their owners, in sentences. Pure. */

/** `the Auto Scaling group shop-web`. */
function ownerText({ kind, name }: Owner): string {
  return `the ${kind} ${name}`;
}

/** What may have owners. */
export interface Owned {
  readonly id: string;
  readonly owners?: readonly Owner[];
}

/** Things by their owner of that nature, those that are allowed by name left out. */
export function byOwner<T extends Owned>(
  things: readonly T[],
  nature: Nature,
  allowed: readonly string[] = [],
): readonly (readonly [owner: Owner, things: readonly T[]])[] {
  const pairs = things.flatMap((thing) =>
    (thing.owners ?? [])
      .filter((owner) => owner.nature === nature && !allowed.includes(owner.name))
      .map((owner) => [owner, thing] as const),
  );
  const groups = Map.groupBy(pairs, ([owner]) => ownerText(owner));
  return [...groups.values()].map((group) => [group[0]![0], group.map(([, thing]) => thing)] as const);
}

/** Why these must not be taken away: `i-1 and i-2 belong to the Auto Scaling group shop-web, which replaces what is taken away from it.` */
export function wouldBeReplaced(things: readonly Owned[], allowed: readonly string[]): string | undefined {
  const [first] = byOwner(things, 'fights-back', allowed);
  if (first === undefined) return undefined;
  return `${belongText(first)}, which replaces what is taken away from it.`;
}

/** `i-1 and i-2 belong to the Auto Scaling group shop-web`. */
export function belongText([owner, things]: readonly [Owner, readonly Owned[]]): string {
  const belong = things.length === 1 ? 'belongs' : 'belong';
  return `${list(
    things.map(({ id }) => id),
    3,
  )} ${belong} to ${ownerText(owner)}`;
}
