import type { Pool, Snapshot, Target } from './snapshot.ts';

/** Where load balancers send the clients of a zone to the targets of that zone only, each zone is a pool of its own. Pure. */

/** The target's zone; undefined where it is not known. */
export type ZoneOf = (target: Pick<Target, 'id'>) => string | undefined;

export function zoneLookup({ fleets, unmanaged }: Pick<Snapshot, 'fleets' | 'unmanaged'>): ZoneOf {
  const instances = [...fleets.flatMap((fleet) => fleet.instances), ...unmanaged];
  const zones = new Map(instances.map(({ id, zone }) => [id, zone]));
  return ({ id }) => zones.get(id);
}

/** The zones of these targets, sorted. */
export function zonesOfTargets(zoneOf: ZoneOf, targets: readonly Pick<Target, 'id'>[]): readonly string[] {
  return [...new Set(targets.flatMap((target) => zoneOf(target) ?? []))].toSorted();
}

/** Clients of a zone reach the targets of that zone only (ELB user guides, cross-zone load balancing). */
export function isZonal({ crossZone }: Pick<Pool, 'crossZone'>): boolean {
  return crossZone === false;
}
