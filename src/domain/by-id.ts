/** Lists that never change, asked and changed by id. Who plans ahead for a large fleet does so thousands of times. */

interface Named {
  readonly id: string;
}

type Counts = Readonly<Record<string, number>>;
type GroupOf<T> = (one: T) => string | undefined;

/** What is known of a list: it goes to the list that is made from it, since the older one is hardly asked any more. */
interface Known {
  readonly byId: Map<string, readonly Named[]>;
  readonly counts: Map<GroupOf<never>, Counts>;
}

const knownOf = new WeakMap<readonly Named[], Known>();
const NONE: readonly never[] = [];

function lookInto(all: readonly Named[]): Known {
  let known = knownOf.get(all);
  if (known === undefined) {
    known = { byId: Map.groupBy(all, ({ id }) => id), counts: new Map() };
    knownOf.set(all, known);
  }
  return known;
}

/** Those with that id. */
export function withId<T extends Named>(all: readonly T[], id: string): readonly T[] {
  return (lookInto(all).byId.get(id) ?? NONE) as readonly T[];
}

/** Whether no two have the same id. */
export function isEachOnce(all: readonly Named[]): boolean {
  return lookInto(all).byId.size === all.length;
}

/** How many are in each group. @param groupOf always the same function, which answers the same for the same item */
export function countBy<T extends Named>(all: readonly T[], groupOf: GroupOf<T>): Counts {
  const { counts } = lookInto(all);
  const known = counts.get(groupOf) ?? changed({}, groupOf, [], all);
  counts.set(groupOf, known);
  return known;
}

/** The counts without those that are `gone`, and with these. */
function changed<T>(before: Counts, groupOf: GroupOf<T>, gone: readonly T[], by: readonly T[]): Counts {
  const counts: Record<string, number> = { ...before };
  const add = (one: T, n: number): void => {
    const group = groupOf(one);
    if (group !== undefined) counts[group] = (counts[group] ?? 0) + n;
  };
  for (const one of gone) add(one, -1);
  for (const one of by) add(one, 1);
  return Object.fromEntries(Object.entries(counts).filter(([, n]) => n > 0));
}

/** The list with these, at its end, in place of all that have one of those ids. */
export function replaceById<T extends Named>(
  all: readonly T[],
  ids: readonly string[],
  by: readonly T[],
): readonly T[] {
  const gone = ids.flatMap((id) => withId(all, id));
  if (gone.length === 0 && by.length === 0) return all;
  const newer = [...all];
  for (const one of gone) newer.splice(newer.indexOf(one), 1);
  newer.push(...by);
  return handOver(all, newer, gone, by);
}

/** The list with those that have one of these ids changed, each in its place. */
export function changeById<T extends Named>(
  all: readonly T[],
  ids: readonly string[],
  change: (one: T) => T,
): readonly T[] {
  const old = ids.flatMap((id) => withId(all, id));
  if (old.length === 0) return all;
  const newer = [...all];
  const by = old.map((one) => (newer[newer.indexOf(one)] = change(one)));
  return handOver(all, newer, old, by);
}

function handOver<T extends Named>(older: readonly T[], newer: readonly T[], gone: readonly T[], by: readonly T[]) {
  const known = lookInto(older);
  knownOf.delete(older);
  for (const { id } of gone) known.byId.delete(id);
  for (const [id, some] of Map.groupBy(by, (one) => one.id)) known.byId.set(id, some);
  for (const [groupOf, counts] of known.counts)
    known.counts.set(groupOf, changed(counts, groupOf as GroupOf<T>, gone, by));
  knownOf.set(newer, known);
  return newer;
}
