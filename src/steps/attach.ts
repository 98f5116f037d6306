import { takingProblem } from '../domain/group-problems.ts';
import { instancesToRegister } from '../domain/moving.ts';
import { poolByName, registeredIn } from '../domain/queries.ts';
import { membersInService } from '../domain/scaled.ts';
import { isAttached } from '../domain/roles.ts';
import type { PoolMinimum } from '../domain/goal.ts';
import type { Instance, Snapshot } from '../domain/snapshot.ts';
import { withGroups } from '../observe/reads.ts';
import type { StepDefinition } from './definition.ts';
import { register, registerAll } from './register.ts';
import { attached, existingFleet, fleetOf, idsOf, memberIds } from './world.ts';

/**
 * Attach the fleet's group to the pool: it registers all that it has in service there, and what it launches from now on. Members
 * that it has left out, as while its `AddToLoadBalancer` is suspended, are registered one by one.
 */
export interface Attach {
  readonly do: 'attach';
  readonly pool: string;
  readonly fleet: string;
  /** As that of `register`. */
  readonly atLeast?: PoolMinimum;
  /** It is to get production, and what others do to its group forbids that. Absent: on the way back, and where it is tested. */
  readonly takes?: true;
}

export const attachGroup: StepDefinition<Attach> = (step) => {
  const byOne = register({ ...step, do: 'register' });
  return {
    ...byOne,
    title: (snapshot) => `attach ${fleetOf(snapshot, step).group?.name ?? step.fleet} to ${step.pool}`,
    instances: (snapshot) => memberIds(snapshot, step),
    progress: (snapshot) => (isIn(snapshot, step) && isWhole(snapshot, step) ? 'done' : 'todo'),
    guard: (snapshot) =>
      (isIn(snapshot, step) ? undefined : refreshing(snapshot, step)) ??
      (step.takes && takingProblem(fleetOf(snapshot, step))?.message) ??
      byOne.guard(snapshot),
    readsBefore: (snapshot) => withGroups(snapshot, byOne.readsBefore(snapshot)),
    readsToPoll: () => ({ pools: [step.pool], fleets: [step.fleet] }),
    apply: async ({ fleet, traffic }, snapshot) => {
      const pool = poolByName(snapshot, step.pool);
      const found = existingFleet(snapshot, step);
      if (!isIn(snapshot, step)) return fleet.attach(found, pool.arn);
      return traffic.register(
        pool,
        leftOut(snapshot, step).map(({ id }) => ({ id, port: pool.port })),
      );
    },
    simulate: (snapshot) => registerAll(attached(snapshot, step, true), step.pool, absent(snapshot, step)),
  };
};

function isIn(snapshot: Snapshot, { pool, fleet }: Pick<Attach, 'pool' | 'fleet'>): boolean {
  return isAttached(fleetOf(snapshot, { fleet }), poolByName(snapshot, pool));
}

function isWhole(snapshot: Snapshot, step: Attach): boolean {
  const pool = poolByName(snapshot, step.pool);
  const isPresent = pool.role === 'test' || registeredIn(pool, fleetOf(snapshot, step)).length > 0;
  return isPresent && leftOut(snapshot, step).length === 0;
}

/** In service, not there, and as fit as `register` asks. */
function leftOut(snapshot: Snapshot, step: Attach): readonly Instance[] {
  const fleet = fleetOf(snapshot, step);
  const known = new Set(membersInService(fleet));
  return instancesToRegister(snapshot, step, fleet).filter((one) => known.has(one));
}

/** AWS attaches nothing meanwhile (API reference, AttachTrafficSources, InstanceRefreshInProgress). */
function refreshing(snapshot: Snapshot, step: Attach): string | undefined {
  const { name, refresh } = fleetOf(snapshot, step).group ?? {};
  return (
    refresh && `An instance refresh of ${name} is under way (${refresh}): nothing can be attached to it until it ends.`
  );
}

/** All that is in service, whatever its health. */
function absent(snapshot: Snapshot, step: Attach): readonly string[] {
  const fleet = fleetOf(snapshot, step);
  const there = new Set(idsOf(registeredIn(poolByName(snapshot, step.pool), fleet)));
  return idsOf(membersInService(fleet)).filter((id) => !there.has(id));
}
