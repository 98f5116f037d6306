import { homeOf, instanceById, poolNames, registeredAt, together, type Places } from '../domain/in-place.ts';
import { isHealthy } from '../domain/minimum-healthy.ts';
import type { Membership, Snapshot, Target } from '../domain/snapshot.ts';
import { list } from '../domain/text.ts';
import type { TargetRef } from '../traffic/traffic.ts';
import type { Ports } from './ports.ts';

/** Where the instances of a batch are registered, and are put back. */

interface WithPlaces {
  readonly places: Places;
}

/** Where the step puts an instance: where it was when the plan was made, and what its tags say since. */
export function returnsTo(snapshot: Snapshot, { places }: WithPlaces, id: string): readonly Membership[] {
  return together(places[id] ?? [], instanceById(snapshot, id)?.left ?? []);
}

/** All that it has to be put back into, also what it was registered with after the plan was made. */
export function belongsTo(snapshot: Snapshot, { places }: WithPlaces, id: string): readonly Membership[] {
  return together(places[id] ?? [], homeOf(snapshot, id));
}

export function isRequested(snapshot: Snapshot, step: WithPlaces, id: string): boolean {
  return returnsTo(snapshot, step, id).every((place) => registeredAt(snapshot, id, place) !== undefined);
}

/** Healthy, or in a group that checks no health: there, being registered is all that can be seen. */
export function isFine(target: Target): boolean {
  return isHealthy(target) || target.reason === 'Target.NotInUse' || target.reason === 'Target.HealthCheckDisabled';
}

/** The longest such time of the step's pools, in seconds. */
export function longest(snapshot: Snapshot, { places }: WithPlaces, of: 'deregistrationDelayS' | 'intervalS'): number {
  const names = poolNames(places);
  return Math.max(0, ...snapshot.pools.filter(({ name }) => names.includes(name)).map((pool) => pool[of]));
}

export function poolsText({ places }: WithPlaces): string {
  const names = poolNames(places);
  return names.length === 0 ? 'no target group' : list(names, 3);
}

/** One request a pool. The first failure stops it: what was requested stays as it is, and is seen. */
export async function forEachPool(
  snapshot: Snapshot,
  targetsIn: (pool: string) => readonly TargetRef[],
  request: Ports['traffic']['register'],
): Promise<void> {
  for (const pool of snapshot.pools) {
    const targets = targetsIn(pool.name);
    if (targets.length > 0) await request(pool, targets);
  }
}
