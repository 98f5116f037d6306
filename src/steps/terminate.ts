import { residualTrafficProblem, retentionProblem } from '../domain/retention.ts';
import { movedSince, type ProductionRecord } from '../domain/production-record.ts';
import type { PoolMinimum } from '../domain/goal.ts';
import { emptyingProblem, scaleInProblem } from '../domain/group-problems.ts';
import { capacityByZone, healthyTargets, shortfall, total } from '../domain/minimum-healthy.ts';
import { stillServesOthers } from '../domain/outside.ts';
import { wouldBeReplaced } from '../domain/owned.ts';
import { answeredInstead } from '../domain/passed-over.ts';
import { members, poolsOf } from '../domain/roles.ts';
import { isScaled } from '../domain/scaled.ts';
import type { Fleet, Snapshot } from '../domain/snapshot.ts';
import type { ResidualLimits } from '../domain/traffic.ts';
import type { StepDefinition } from './definition.ts';
import { REQUEST } from './presets.ts';
import { EFFECT_SHOWS_MS } from './timing.ts';
import { changeGroup, existingFleet, fleetOf, instancesOf, memberIds, stillInProduction, withState } from './world.ts';

/**
 * Terminate the fleet's instances, not before it was kept for that many seconds after production has left it, and only while
 * the fleet that stays does not need it as the way back.
 */
export interface Terminate {
  readonly do: 'terminate';
  readonly fleet: string;
  readonly retentionS: number;
  /** Absent: requests that still reach it do not count. */
  readonly residual?: ResidualLimits;
  readonly keeps: Keeps;
  /** Whose instances may be taken away though it may replace them. */
  readonly allowedOwners?: readonly string[];
  /** Pools whose clients may lose what the fleet's group has there; absent: none. */
  readonly sharedGroups?: readonly string[];
}

export const terminate: StepDefinition<Terminate> = (step) => ({
  ...REQUEST,
  title: (snapshot) => {
    const fleet = fleetOf(snapshot, step);
    const { group } = fleet;
    const how = group === undefined ? '' : `set ${group.name} to 0, and so `;
    return `${how}terminate ${instancesOf(fleet, members(fleet).length || fleet.instances.length)}`;
  },
  instances: (snapshot) => memberIds(snapshot, step),
  progress: (snapshot) => {
    const fleet = fleetOf(snapshot, step);
    const { minimum = 0, desired = 0 } = fleet.group ?? {};
    // A group without instances may be about to launch some.
    if (members(fleet).length === 0 && minimum === 0 && desired === 0) return 'done';
    return fleet.group !== undefined && minimum === 0 && desired === 0 ? 'under way' : 'todo';
  },
  cannotSucceed: (snapshot) => {
    const fleet = fleetOf(snapshot, step);
    return isScaled(fleet) ? scaleInProblem(fleet)?.message : undefined;
  },
  // A group may take a minute until it follows its new size.
  timeLimitMs: (limits, progress) => (progress === 'under way' ? limits.releasedMs : EFFECT_SHOWS_MS),
  guard: (snapshot) => {
    const fleet = fleetOf(snapshot, step);
    return (
      stillInProduction(snapshot, fleet) ??
      stillServesOthers(snapshot, fleet, step.sharedGroups) ??
      answeredInstead(snapshot, fleet) ??
      wouldBeReplaced(members(fleet), step.allowedOwners ?? []) ??
      emptyingProblem(fleet)?.message ??
      movedSince(snapshot, step.keeps.lastProduction) ??
      neededAsWayBack(snapshot, fleet, step.keeps) ??
      retentionProblem(snapshot, fleet, step.retentionS) ??
      (step.residual && residualTrafficProblem(snapshot, fleet, step.residual))
    );
  },
  readsBefore: (snapshot) => ({
    pools: 'all',
    fleets: 'all',
    routes: true,
    outsideOf: memberIds(snapshot, step),
    residual: step.residual !== undefined,
  }),
  readsToPoll: () => ({ pools: [], fleets: [step.fleet] }),
  effect: () => 'destroys',
  apply: async ({ fleet }, snapshot) => fleet.terminate(existingFleet(snapshot, step)),
  simulate: (snapshot) => {
    const { held } = fleetOf(snapshot, step).group ?? {};
    const empty = changeGroup(snapshot, step.fleet, { minimum: 0, desired: 0, held });
    return withState(empty, step.fleet, 'shutting-down');
  },
});

/** The fleet that serves production, and what it must have healthy in each group of pools that stand for each other. */
export interface Keeps {
  readonly fleet: string;
  readonly groups: readonly { readonly pools: readonly string[]; readonly minimum: PoolMinimum }[];
  /** Absent in a goal of an earlier version. */
  readonly lastProduction?: ProductionRecord;
}

/** The other fleet is the only way back while the serving one is not well. */
function neededAsWayBack(snapshot: Snapshot, fleet: Fleet, keeps: Keeps): string | undefined {
  const stays = fleetOf(snapshot, keeps);
  // A change of weights in between also changes which pools are production.
  const kept = keeps.groups.flatMap(({ pools }) => pools);
  const other = poolsOf(snapshot, 'production').find(({ name }) => !kept.includes(name));
  if (other !== undefined)
    return `${other.name} gets production traffic now, and did not when this was planned: ${fleet.release} may be the way back.`;
  for (const { pools, minimum } of keeps.groups) {
    const own = snapshot.pools.filter(({ name }) => pools.includes(name));
    const healthy = capacityByZone(healthyTargets(own, stays), minimum);
    if (total(healthy) > 0 && shortfall(healthy, minimum) === undefined) continue;
    return `${stays.release} has ${total(healthy)} healthy in ${pools.join(' and ')}, and should have ${Math.max(1, minimum.total)}: ${fleet.release} may be the way back.`;
  }
  return undefined;
}
