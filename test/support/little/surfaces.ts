import { isServing, production, type Box, type Group, type State } from './state.ts';

/** Healthy targets, by `surface/zone`. */
export type Counts = Map<string, number>;

/** What production's health is counted by: each group, or where weights move traffic, all together that have some. */
export interface Surface {
  readonly name: string;
  readonly groups: readonly Group[];
}

export function surfaces(state: State): readonly Surface[] {
  const groups = production(state);
  if (state.ways !== undefined) return [{ name: 'production', groups }];
  return groups.map((group) => ({ name: group.name, groups: [group] }));
}

/** An instance counts once, in however many of the groups it is. Auto Scaling chooses the zones: of its groups only the total counts. */
export function healthyOf(state: State, { name, groups }: Surface, filter: (box: Box) => boolean = () => true): Counts {
  const healthy = groups.flatMap(({ members }) => [...members.values()].filter((member) => isServing(state, member)));
  const counts: Counts = new Map();
  for (const id of new Set(healthy.map((member) => member.id))) {
    const box = state.boxes.get(id);
    if (box === undefined || !filter(box)) continue;
    const key = `${name}/${state.scaling === undefined ? box.zone : 'all'}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

export function sum(counts: Counts): number {
  return [...counts.values()].reduce((all, n) => all + n, 0);
}

/** What the one with most has; of several that have as many, by zone the least of theirs: none of them is the measure. */
export function largestOf(all: readonly Counts[]): Counts {
  const most = Math.max(0, ...all.map(sum));
  const [first, ...rest] = all.filter((counts) => sum(counts) === most);
  return new Map(
    [...(first ?? [])].map(([key, n]) => [key, Math.min(n, ...rest.map((other) => other.get(key) ?? 0))] as const),
  );
}

/** Groups that get more of production through some way than before. */
function gaining(before: State, after: State): readonly string[] {
  const ways = [...(after.ways?.values() ?? [])].filter(({ role }) => role === 'production');
  const more = ways.flatMap(({ arn, weights }) =>
    [...weights].flatMap(([name, weight]) => (weight > (before.ways?.get(arn)?.weights.get(name) ?? 0) ? [name] : [])),
  );
  return [...new Set(more)];
}

/** Rules 1 and 4: what gets more of production had the minimum, and at least one, healthy in one of the looks. */
export function overwhelmed(before: State, after: State, minimum: Counts, looks: readonly State[]): readonly string[] {
  return gaining(before, after).flatMap((name) => {
    const best = looks.map((state) => {
      const group = state.groups.get(name);
      return healthyOf(state, { name: 'production', groups: group === undefined ? [] : [group] });
    });
    const isFit = best.some(
      (has) => sum(has) > 0 && [...minimum].every(([key, least]) => (has.get(key) ?? 0) >= least),
    );
    return isFit ? [] : [`gives more of production to ${name}, which has fewer healthy than the minimum`];
  });
}

/** Where weights move traffic: the group that has more of it than any other, by the way that gives it least. */
export function carrying(state: State): Surface | undefined {
  const ways = [...(state.ways?.values() ?? [])].filter(({ role }) => role === 'production');
  if (ways.length === 0) return undefined;
  const least = (name: string): number => Math.min(...ways.map(({ weights }) => shareIn(weights, name)));
  const [first, second] = production(state).toSorted((a, b) => least(b.name) - least(a.name));
  const isClear = first !== undefined && (second === undefined || least(first.name) > least(second.name));
  return isClear ? { name: 'production', groups: [first] } : undefined;
}

function shareIn(weights: ReadonlyMap<string, number>, name: string): number {
  return (weights.get(name) ?? 0) / sum(new Map(weights));
}
