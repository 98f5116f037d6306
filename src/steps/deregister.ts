import type { PoolMinimum } from '../domain/goal.ts';
import {
  capacityByZone,
  countByZone,
  healthyOthers,
  healthyTargets,
  minimumAtStake,
  shortfall,
  targetKey,
  total,
} from '../domain/minimum-healthy.ts';
import { targetsToDeregister } from '../domain/moving.ts';
import { poolByName } from '../domain/queries.ts';
import { wouldStarveOthers } from '../domain/outside.ts';
import { wouldBeReplaced } from '../domain/owned.ts';
import { answeredInstead } from '../domain/passed-over.ts';
import { residualTrafficProblem } from '../domain/retention.ts';
import { mayServe } from '../domain/routes.ts';
import type { Snapshot, Target } from '../domain/snapshot.ts';
import { isReached } from '../domain/zonal-shift.ts';
import type { ResidualLimits } from '../domain/traffic.ts';
import type { Reads } from '../observe/reads.ts';
import type { StepDefinition } from './definition.ts';
import { REQUEST } from './presets.ts';
import { readsOfPool } from './reads-of-pool.ts';
import { effectShows } from './timing.ts';
import { changePool, existingFleet, fleetOf, idsOf, instancesOf } from './world.ts';

/** Take the fleet's targets out of the pool, or in batches all but that many; done when each is draining or gone. */
export interface Deregister {
  readonly do: 'deregister';
  readonly pool: string;
  readonly fleet: string;
  readonly minimumHealthy: PoolMinimum;
  readonly downTo?: number;
  /**
   * Whether clients of routes outside the config are protected; absent where another fleet has taken over. `kept`: in a switch, which
   * is not stopped for them: it waits for what enters the pool, and where nothing is healthy there, the fleet stays in it.
   */
  readonly outsiders?: 'spared' | 'kept' | 'allowed';
  /** Whose instances may be taken away though it may replace them; `any` on the way back, which has added before. */
  readonly allowedOwners?: readonly string[] | 'any';
  /** Absent: requests that still reach the fleet do not count. */
  readonly residual?: ResidualLimits;
  /** The fleet is to end: it is taken out of nothing that has a share of production, whoever has given it one since. */
  readonly atEnd?: true;
}

export const deregister: StepDefinition<Deregister> = (step) => ({
  ...REQUEST,
  title: (snapshot) => {
    const fleet = fleetOf(snapshot, step);
    const n = leaving(snapshot, step).length;
    return `deregister ${n === 0 ? fleet.release : instancesOf(fleet, n)} from ${step.pool}`;
  },
  instances: (snapshot) => idsOf(leaving(snapshot, step)),
  progress: (snapshot) => {
    if (leaving(snapshot, step).length === 0) return 'done';
    return isAwaited(snapshot, step) ? 'under way' : 'todo';
  },
  guard: (snapshot) =>
    hasShareAgain(snapshot, step) ??
    (step.atEnd && answeredInstead(snapshot, fleetOf(snapshot, step))) ??
    wouldStarve(snapshot, step) ??
    wouldStarveClients(snapshot, step) ??
    hasOwner(snapshot, step) ??
    (step.residual && residualTrafficProblem(snapshot, fleetOf(snapshot, step), step.residual)),
  readsBefore: (snapshot) => readsOf(snapshot, step),
  readsToPoll: () => ({ pools: [step.pool], fleets: [] }),
  effect: (snapshot) => (isHarmless(snapshot, step) ? 'records' : 'removes-capacity'),
  timeLimitMs: (limits, progress) => (progress === 'under way' ? limits.healthyMs : effectShows()),
  apply: async ({ traffic }, snapshot) => {
    existingFleet(snapshot, step);
    const going = leaving(snapshot, step);
    await traffic.deregister(
      poolByName(snapshot, step.pool),
      going.map(({ id, port, byAddress }) => ({ id, port, ...(byAddress !== undefined && { byAddress }) })),
    );
  },
  simulate: (snapshot) => {
    const going = new Set(leaving(snapshot, step).map(targetKey));
    const isHealthySoon = ({ state }: Target): boolean => isAwaited(snapshot, step) && state === 'initial';
    return changePool(snapshot, step.pool, ({ targets }) =>
      targets.map((target) => {
        if (going.has(targetKey(target))) return draining(target);
        return isHealthySoon(target) ? { id: target.id, port: target.port, state: 'healthy' } : target;
      }),
    );
  },
});

/** Where weights divide traffic, a run with another store may have given the group a share since it was read. */
function isHarmless(snapshot: Snapshot, { pool: name }: Deregister): boolean {
  const pool = poolByName(snapshot, name);
  return pool.role === 'test' && !mayServe(snapshot, pool);
}

/** Nothing where others need it, and nothing that could take its place is on its way. */
function leaving(snapshot: Snapshot, step: Deregister): readonly Target[] {
  const targets = targetsToDeregister(snapshot, step, fleetOf(snapshot, step));
  return isNeeded(snapshot, step, targets) && !isEntered(snapshot, step, targets) ? [] : targets;
}

/** What enters the pool is to become healthy first. */
function isAwaited(snapshot: Snapshot, step: Deregister): boolean {
  return isNeeded(snapshot, step, leaving(snapshot, step));
}

/** In a switch: clients of others would find nothing healthy. What could not be read stops no switch. */
function isNeeded(snapshot: Snapshot, { outsiders, pool }: Deregister, targets: readonly Target[]): boolean {
  if (outsiders !== 'kept' || snapshot.outside.state !== 'seen') return false;
  return wouldStarveOthers(snapshot, targets, poolByName(snapshot, pool)) !== undefined;
}

/** ELB has not made up its mind yet about a target that stays. */
function isEntered(snapshot: Snapshot, { pool }: Deregister, targets: readonly Target[]): boolean {
  const goes = new Set(targets.map(targetKey));
  return poolByName(snapshot, pool).targets.some((one) => one.state === 'initial' && !goes.has(targetKey(one)));
}

function draining({ id, port }: Target): Target {
  return { id, port, state: 'draining', reason: 'Target.DeregistrationInProgress' };
}

/**
 * Rule 1 of "What must never happen": the minimum of healthy targets, and one healthy target that stays. A fleet that
 * has nothing healthy in a zone may always leave it: production does not have less afterwards.
 */
function wouldStarve(snapshot: Snapshot, step: Deregister): string | undefined {
  const pool = poolByName(snapshot, step.pool);
  if (pool.role !== 'production') return undefined;
  const fleet = fleetOf(snapshot, step);
  const goes = new Set(leaving(snapshot, step).map(targetKey));
  const own = healthyTargets([pool], fleet);
  const stays = [...healthyOthers(snapshot, pool, fleet), ...own.filter((target) => !goes.has(targetKey(target)))];
  const left = capacityByZone(stays, step.minimumHealthy);
  const what = `Taking ${fleet.release} out of ${pool.name} would leave`;
  if (total(left) === 0) return `${what} nothing healthy there.`;
  const [stay, go] = [false, true].map((is) =>
    pool.targets.some((one) => isReached(one) && goes.has(targetKey(one)) === is),
  );
  if (go && !stay) return `${what} only what a zonal shift keeps traffic away from.`;
  const given = countByZone(own.filter((target) => goes.has(targetKey(target))));
  if (total(given) === 0) return undefined;
  // A group chooses the zones of what it launches: what is missing in one of them is missing.
  const replaced = fleet.group === undefined ? { left } : undefined;
  const short = shortfall(left, minimumAtStake(step.minimumHealthy, given, replaced));
  return short && `${what} ${total(left)} healthy, ${short} of the minimum of ${step.minimumHealthy.total}.`;
}

function readsOf(snapshot: Snapshot, { pool, fleet, outsiders, residual }: Deregister): Reads {
  const reads = { ...readsOfPool(snapshot, pool, [fleet]), ...(residual && { residual: true }) };
  const looks = outsiders === 'spared' || outsiders === 'kept';
  return looks ? { ...reads, pools: reads.pools === 'all' ? 'all' : [pool], outsideOf: [] } : reads;
}

function hasShareAgain(snapshot: Snapshot, { atEnd, pool, fleet }: Deregister): string | undefined {
  if (atEnd === undefined || poolByName(snapshot, pool).role !== 'production') return undefined;
  return `${pool} has a share of production now, so ${fleetOf(snapshot, { fleet }).release} serves, and is not ended.`;
}

/** Clients that others lead to the pool. */
function wouldStarveClients(snapshot: Snapshot, step: Deregister): string | undefined {
  if (step.outsiders !== 'spared') return undefined;
  return wouldStarveOthers(snapshot, leaving(snapshot, step), poolByName(snapshot, step.pool));
}

/** Test groups may be left by anything. */
function hasOwner(snapshot: Snapshot, step: Deregister): string | undefined {
  const { pool, allowedOwners = [] } = step;
  if (allowedOwners === 'any' || poolByName(snapshot, pool).role === 'test') return undefined;
  const goes = new Set(idsOf(leaving(snapshot, step)));
  return wouldBeReplaced(
    fleetOf(snapshot, step).instances.filter(({ id }) => goes.has(id)),
    allowedOwners,
  );
}
