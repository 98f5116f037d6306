import { liveFleets, members } from '../domain/roles.ts';
import type { Fleet, Instance, Snapshot, Target } from '../domain/snapshot.ts';
import { countByZone, healthyIn, isHealthy, minimumIn, NO_MINIMUM } from '../domain/minimum-healthy.ts';
import type { MinimumHealthy } from '../domain/goal.ts';
import { missingFrom, poolByName, registeredIn } from '../domain/queries.ts';
import type { Step, StepOf } from './step.ts';

/** Who moves when a fleet moves in batches. A step names how many, so that it stays true when an instance dies under it. */

/** The instances that the step registers now. */
export function instancesToRegister(
  snapshot: Snapshot,
  step: Pick<StepOf<'register'>, 'pool' | 'upTo'>,
  fleet: Fleet,
): readonly Instance[] {
  const pool = poolByName(snapshot, step.pool);
  const missing = missingFrom(snapshot, pool, fleet);
  if (step.upTo === undefined) return missing;
  return acrossZones(missing).slice(0, Math.max(0, step.upTo - registeredIn(pool, fleet).length));
}

/** The targets that the step takes out now: those where production has most to spare. */
export function targetsToDeregister(
  snapshot: Snapshot,
  step: Pick<StepOf<'deregister'>, 'pool' | 'downTo' | 'minimumHealthy'>,
  fleet: Fleet,
): readonly Target[] {
  const pool = poolByName(snapshot, step.pool);
  const registered = registeredIn(pool, fleet);
  if (step.downTo === undefined) return registered;
  const zones = new Map(fleet.instances.map(({ id, zone }) => [id, zone]));
  const healthy = countByZone(snapshot.fleets.flatMap((one) => healthyIn(pool, one)));
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

  /** Healthy targets of its zone above the minimum; whoever is not healthy can always be spared. */
  function spare(target: Target): number {
    const zone = zones.get(target.id) ?? '';
    return isHealthy(target) ? (healthy[zone] ?? 0) - (step.minimumHealthy.zones[zone] ?? 0) : Number.POSITIVE_INFINITY;
  }
}

/** The first ones of each zone, then the second ones, and so on. */
function acrossZones(instances: readonly Instance[]): readonly Instance[] {
  const seen = new Map<string, number>();
  const ranked = instances.map((instance) => {
    const rank = seen.get(instance.zone) ?? 0;
    seen.set(instance.zone, rank + 1);
    return { instance, rank };
  });
  return ranked.toSorted((a, b) => a.rank - b.rank).map(({ instance }) => instance);
}

/** Batch by batch: some of the fleet come in, are healthy, and as many of the others leave. The last batch is the switch's own. */
export function batchSteps(
  snapshot: Snapshot,
  {
    to,
    minimumHealthy,
    batch,
  }: { readonly to: Fleet; readonly minimumHealthy: MinimumHealthy; readonly batch?: number },
  pools: readonly string[],
): readonly Step[] {
  if (batch === undefined) return [];
  const from = liveFleets(snapshot).filter((fleet) => fleet !== to);
  const size = members(to).length;
  const rounds = Array.from({ length: Math.max(0, Math.ceil(size / batch) - 1) }, (_, n) => (n + 1) * batch);
  return rounds.flatMap((upTo) =>
    pools.flatMap((pool): readonly Step[] => {
      const least = minimumIn(snapshot, minimumHealthy, pool);
      return [
        { do: 'register', pool, fleet: to.id, upTo },
        { do: 'await-healthy', pool, fleet: to.id, minimumHealthy: NO_MINIMUM, need: 'minimum', upTo },
        ...from.map((fleet): Step => ({
          do: 'deregister',
          pool,
          fleet: fleet.id,
          minimumHealthy: least,
          downTo: Math.max(0, members(fleet).length - upTo),
        })),
      ];
    }),
  );
}
