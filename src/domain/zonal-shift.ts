import { isHealthy } from './minimum-healthy.ts';
import { configuredPools, targetsOf } from './roles.ts';
import type { Fleet, Pool, Snapshot, Target } from './snapshot.ts';
import { count, list } from './text.ts';
import { zoneLookup, zonesOfTargets } from './zones.ts';

/** Zones that a zonal shift keeps traffic away from: what is healthy there serves nothing. Pure. */

/** Healthy, and given traffic. */
export function isReached(target: Target): boolean {
  return isHealthy(target) && target.shifted === undefined;
}

/** Production would go where nothing is given traffic, and has something now that is. */
export function shiftedAway(snapshot: Snapshot, pool: Pool, fleet: Fleet): string | undefined {
  const healthy = targetsOf(pool, fleet).filter(isHealthy);
  const serves = configuredPools(snapshot).some(
    ({ role, targets }) => role === 'production' && targets.some(isReached),
  );
  if (!serves || healthy.length === 0 || healthy.some(isReached)) return undefined;
  return `A zonal shift keeps traffic away from all that is healthy of ${fleet.release} in ${pool.name}.`;
}

/** What a zonal shift does to the target groups of the config. */
export function shiftTexts(snapshot: Snapshot): readonly string[] {
  return configuredPools(snapshot).flatMap(({ name, targets }) => {
    const away = targets.filter(({ shifted }) => shifted);
    if (away.length === 0) return [];
    const zones = zonesOfTargets(zoneLookup(snapshot), away);
    const where = zones.length === 0 ? '' : ` in ${list(zones)}`;
    return [`A zonal shift keeps traffic away from ${count(away.length, 'target')} of ${name}${where}.`];
  });
}
