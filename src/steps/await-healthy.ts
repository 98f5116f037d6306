import { notHealthyIn, sentence } from '../domain/explain.ts';
import type { PoolMinimum } from '../domain/goal.ts';
import { capacityByZone, countByZone, healthyIn, healthyTargets, shortfall } from '../domain/minimum-healthy.ts';
import { isSettled, poolByName, registeredIn } from '../domain/queries.ts';
import { isLive, targetsOf } from '../domain/roles.ts';
import { isHealing, isScaled, membersToServe } from '../domain/scaled.ts';
import type { Fleet, Pool, Snapshot } from '../domain/snapshot.ts';
import { withGroups } from '../observe/reads.ts';
import { lostInstances } from './await-running.ts';
import { never, type StepDefinition } from './definition.ts';
import { WAITS } from './presets.ts';
import { byHealthCheck, CALL_S, limit } from './timing.ts';
import { changePool, fleetOf, memberIds } from './world.ts';

/**
 * Wait until the fleet's healthy targets reach the minimum; with `need: 'all'`, until every instance of it is healthy too;
 * in batches, `upTo` of it.
 */
export interface AwaitHealthy {
  readonly do: 'await-healthy';
  readonly pool: string;
  readonly fleet: string;
  readonly minimumHealthy: PoolMinimum;
  readonly need: 'all' | 'minimum';
  readonly upTo?: number;
}

export const awaitHealthy: StepDefinition<AwaitHealthy> = (step) => ({
  ...WAITS,
  title: () => `wait until healthy in ${step.pool}`,
  instances: (snapshot) => memberIds(snapshot, step),
  estimateS: (snapshot) => poolByName(snapshot, step.pool).intervalS + CALL_S,
  progress: (snapshot) => (isHealthyEnough(snapshot, step) ? 'done' : 'under way'),
  cannotSucceed: (snapshot) => neverHealthy(snapshot, step),
  count: (snapshot) => {
    const fleet = fleetOf(snapshot, step);
    const pool = poolByName(snapshot, step.pool);
    const have = healthyIn(pool, fleet).length;
    return { have, want: wanted(fleet, step), word: 'healthy', waiting: notHealthyIn(pool, fleet) };
  },
  lastSeen: never,
  readsToPoll: (snapshot) => withGroups(snapshot, { pools: [step.pool], fleets: [] }),
  timeLimitMs: limit('healthyMs'),
  pollEveryMs: (snapshot, waitedMs) => byHealthCheck(poolByName(snapshot, step.pool).intervalS * 1000, waitedMs),
  simulate: (snapshot) => {
    const ids = new Set(fleetOf(snapshot, step).instances.map(({ id }) => id));
    return changePool(snapshot, step.pool, ({ targets }) =>
      targets.map((target) =>
        ids.has(target.id) && target.state !== 'draining'
          ? { id: target.id, port: target.port, state: 'healthy' }
          : target,
      ),
    );
  },
});

function isHealthyEnough(snapshot: Snapshot, step: AwaitHealthy): boolean {
  const fleet = fleetOf(snapshot, step);
  const pool = poolByName(snapshot, step.pool);
  const healthy = healthyIn(pool, fleet).filter(isLive);
  if (healthy.length === 0) return false;
  if (step.upTo !== undefined) return healthy.length >= wanted(fleet, step);
  if (isSettled(snapshot, pool, fleet) && (step.need === 'minimum' || isAlone(snapshot, pool, fleet))) return true;
  if (shortfall(capacityByZone(healthyTargets([pool], fleet), step.minimumHealthy), step.minimumHealthy) !== undefined)
    return false;
  return step.need === 'minimum' || isServingGroup(pool, fleet) || healthy.length === membersToServe(fleet).length;
}

/** It replaces what it loses and scales while it serves, so that some of it may be on its way at any time. */
function isServingGroup(pool: Pool, fleet: Fleet): boolean {
  return isScaled(fleet) && pool.role === 'production';
}

/** How many healthy targets are waited for. */
function wanted(fleet: Fleet, { upTo, need, minimumHealthy }: AwaitHealthy): number {
  const all = membersToServe(fleet).length;
  if (upTo !== undefined) return Math.min(upTo, all);
  return need === 'all' ? all : Math.max(1, minimumHealthy.total);
}

/** No other fleet serves production there: then this one has the traffic already, whatever its health. */
function isAlone(snapshot: Snapshot, pool: Pool, fleet: Fleet): boolean {
  if (pool.role === 'test') return false;
  return snapshot.fleets.every((other) => other === fleet || registeredIn(pool, other).length === 0);
}

function neverHealthy(snapshot: Snapshot, step: AwaitHealthy): string | undefined {
  const fleet = fleetOf(snapshot, step);
  const pool = poolByName(snapshot, step.pool);
  if (targetsOf(pool, fleet).some(({ reason }) => reason === 'Target.NotInUse'))
    return `${sentence(notHealthyIn(pool, fleet))}. ELB checks no health there, so waiting would not help.`;
  const short = shortfall(countByZone(membersToServe(fleet)), step.minimumHealthy);
  if (short === undefined || isHealing(fleet, step.minimumHealthy)) return undefined;
  const left = `${fleet.release} has ${membersToServe(fleet).length} instances left, ${short} of what production needs.`;
  return `${left} ${lostInstances(fleet) ?? ''}`.trim();
}
