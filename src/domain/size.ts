import { countByZone, total, type ByZone } from './minimum-healthy.ts';
import { members, poolsOf, targetsOf } from './roles.ts';
import type { Fleet, Instance, Snapshot } from './snapshot.ts';
import { list } from './text.ts';

/** How large a fleet is meant to be: what has died, or is out of traffic for a while, must not make the next one smaller. */

/** The mark `size`: `eu-west-1a=2 eu-west-1b=1`, in the characters that a tag may have. */
export function sizeText(zones: Readonly<ByZone>): string {
  return Object.entries(zones)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([zone, n]) => `${zone}=${n}`)
    .join(' ');
}

function sizeIn(text: string): ByZone {
  return Object.fromEntries(
    text.split(' ').flatMap((one) => {
      const [zone, n] = one.split('=');
      return zone !== undefined && /^\d+$/.test(n ?? '') ? [[zone, Number(n)] as const] : [];
    }),
  );
}

/** Its mark, or what it has now where that is more: it may have been scaled out. Stopped instances are not asked for again. */
export function fullSize(fleet: Fleet): ByZone {
  const recorded = sizeIn(fleet.marks.size ?? '');
  const now = countByZone(members(fleet).filter(({ state }) => state === 'running' || state === 'pending'));
  return total(recorded) > total(now) ? recorded : now;
}

/** Instances of the fleet that no target group has, not even draining. */
export function inNoPool({ pools }: Pick<Snapshot, 'pools'>, fleet: Fleet): readonly Instance[] {
  const placed = new Set(pools.flatMap((pool) => targetsOf(pool, fleet).map(({ id }) => id)));
  return members(fleet).filter(({ id }) => !placed.has(id));
}

/** Instances of the fleet that production does not have. */
export function outsideProduction(snapshot: Snapshot, fleet: Fleet): readonly Instance[] {
  const placed = new Set(poolsOf(snapshot, 'production').flatMap((pool) => targetsOf(pool, fleet).map(({ id }) => id)));
  return members(fleet).filter(({ id }) => !placed.has(id));
}

/** `i-1 of 41 is in no target group: it gets no traffic.`; only of fleets of which others are in one, and of none that was taken out on purpose. */
export function unplacedIn(snapshot: Pick<Snapshot, 'pools' | 'fleets'>): string | undefined {
  const all = snapshot.fleets.flatMap((fleet) => {
    const some = inNoPool(snapshot, fleet).filter(({ left }) => left === undefined);
    return some.length === members(fleet).length ? [] : some.map(({ id }) => `${id} of ${fleet.release}`);
  });
  if (all.length === 0) return undefined;
  return all.length === 1
    ? `${list(all)} is in no target group: it gets no traffic.`
    : `${list(all, 5)} are in no target group: they get no traffic.`;
}
