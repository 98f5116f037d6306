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

export function healthyOf(state: State, { name, groups }: Surface, filter: (box: Box) => boolean = () => true): Counts {
  const counts: Counts = new Map();
  for (const member of groups.flatMap((group) => [...group.members.values()])) {
    const box = state.boxes.get(member.id);
    if (box === undefined || !isServing(state, member) || !filter(box)) continue;
    const key = `${name}/${box.zone}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

export function sum(counts: Counts): number {
  return [...counts.values()].reduce((all, n) => all + n, 0);
}

/** Groups that get more of production through some way than before. */
function gaining(before: State, after: State): readonly string[] {
  const ways = [...(after.ways?.values() ?? [])].filter(({ role }) => role === 'production');
  const more = ways.flatMap(({ arn, weights }) =>
    [...weights].flatMap(([name, weight]) => (weight > (before.ways?.get(arn)?.weights.get(name) ?? 0) ? [name] : [])),
  );
  return [...new Set(more)];
}

/** Rules 1 and 4: who gets more of production had the minimum, and somebody, healthy in one of the looks. */
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

/** Where weights move traffic: what is healthy of the group that has most of it, through every way. */
export function carried(state: State): Counts | undefined {
  const ways = [...(state.ways?.values() ?? [])].filter(({ role }) => role === 'production');
  if (ways.length === 0) return undefined;
  const group = production(state).find(({ name }) => ways.every(({ weights }) => (weights.get(name) ?? 0) > 50));
  return group && healthyOf(state, { name: 'production', groups: [group] });
}
