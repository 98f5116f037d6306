import { isRegistered, poolsOf, targetsOf } from './roles.ts';
import type { Fleet, Pool, Snapshot } from './snapshot.ts';

/** Where names divide traffic, Route 53 looks at health before it looks at weights, and may pass a record over. Pure. */

/** Why Route 53 answers with other records than the pool's; undefined where it does not. */
export function whyPassedOver(
  { traffic }: Pick<Snapshot, 'traffic'>,
  { name }: Pick<Pool, 'name'>,
): string | undefined {
  return traffic.kind === 'dns-weights' ? traffic.passedOver[name] : undefined;
}

/** The same of each pool that is passed over. */
export function allPassedOver({ traffic }: Pick<Snapshot, 'traffic'>): readonly string[] {
  return traffic.kind === 'dns-weights' ? [...new Set(Object.values(traffic.passedOver))] : [];
}

/**
 * Why Route 53 may answer with a pool that has no share: records of weight 0 are considered where all that have a weight count as
 * unhealthy (Route 53 developer guide, how Route 53 chooses records when health checking is configured).
 */
export function answeredWithoutShare(snapshot: Snapshot): string | undefined {
  return poolsOf(snapshot, 'production')
    .map((pool) => whyPassedOver(snapshot, pool))
    .find((why) => why !== undefined);
}

/** Why clients may get the fleet though its pool has no share; undefined where it is in none. */
export function answeredInstead(snapshot: Snapshot, fleet: Fleet): string | undefined {
  const why = answeredWithoutShare(snapshot);
  const isThere = poolsOf(snapshot, 'test').some((pool) => targetsOf(pool, fleet).some(isRegistered));
  return why !== undefined && isThere ? `${why} So ${fleet.release} may be what clients get.` : undefined;
}
