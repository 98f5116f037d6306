import type { Fleet, Instance, Snapshot, Target } from './snapshot.ts';
import { countByZone, healthyTargets, isHealthy, NO_MINIMUM, shortfall } from './minimum-healthy.ts';
import type { PoolMinimum } from './goal.ts';
import { missingFrom, notSick, poolByName, registeredIn, verified } from './queries.ts';

/** Which instances move when a fleet moves in batches. A step says how many, so that it stays true when an instance dies. */

/** The instances that the step registers now. */
export function instancesToRegister(
  snapshot: Snapshot,
  step: { readonly pool: string; readonly upTo?: number; readonly atLeast?: PoolMinimum },
  fleet: Fleet,
): readonly Instance[] {
  const pool = poolByName(snapshot, step.pool);
  const missing = missingFrom(snapshot, pool, fleet, (...world) => fitFor(step, ...world));
  if (step.upTo === undefined) return missing;
  return acrossZones(missing).slice(0, Math.max(0, step.upTo - registeredIn(pool, fleet).length));
}

/** Members that may enter production: those that are healthy now; where they are too few, also those of which it is not known. */
export function fitFor(
  { atLeast }: { readonly atLeast?: PoolMinimum },
  snapshot: Snapshot,
  fleet: Fleet,
): readonly Instance[] {
  const healthy = verified(snapshot, fleet);
  const isEnough = healthy.length > 0 && shortfall(countByZone(healthy), atLeast ?? NO_MINIMUM) === undefined;
  return atLeast === undefined || isEnough ? healthy : notSick(snapshot, fleet);
}

/** The targets that the step takes out now: those where production has most to spare. */
export function targetsToDeregister(
  snapshot: Snapshot,
  step: { readonly pool: string; readonly downTo?: number; readonly minimumHealthy: PoolMinimum },
  fleet: Fleet,
): readonly Target[] {
  const pool = poolByName(snapshot, step.pool);
  const registered = registeredIn(pool, fleet);
  if (step.downTo === undefined) return registered;
  const zones = new Map(fleet.instances.map(({ id, zone }) => [id, zone]));
  const healthy = countByZone(snapshot.fleets.flatMap((one) => healthyTargets([pool], one)));
  const left = registered.toSorted((a, b) => Number(isHealthy(a)) - Number(isHealthy(b)));
  const chosen: Target[] = [];
  while (left.length > step.downTo) {
    const next = left.reduce((best, one) => (spare(one) > spare(best) ? one : best));
    const zone = zones.get(next.id) ?? '';
    if (isHealthy(next)) healthy[zone] = (healthy[zone] ?? 0) - 1;
    chosen.push(next);
    left.splice(left.indexOf(next), 1);
  }
  return chosen;

  /** Healthy targets of its zone above the minimum; one that is not healthy can always be spared. */
  function spare(target: Target): number {
    const zone = zones.get(target.id) ?? '';
    return isHealthy(target) ? (healthy[zone] ?? 0) - (step.minimumHealthy.zones[zone] ?? 0) : Number.POSITIVE_INFINITY;
  }
}

/** The first ones of each zone, then the second ones, and so on. */
function acrossZones(instances: readonly Instance[]): readonly Instance[] {
  const zones = [...Map.groupBy(instances, ({ zone }) => zone).values()];
  const most = Math.max(0, ...zones.map(({ length }) => length));
  return Array.from({ length: most }, (_, n) => zones.flatMap((zone) => zone[n] ?? [])).flat();
}
