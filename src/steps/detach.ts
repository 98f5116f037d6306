import { takingProblem } from '../domain/group-problems.ts';
import { poolByName, registeredIn } from '../domain/queries.ts';
import { isAttached } from '../domain/roles.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { withGroups } from '../observe/reads.ts';
import type { StepDefinition } from './definition.ts';
import { deregister, type Deregister } from './deregister.ts';
import { attached, existingFleet, fleetOf, memberIds } from './world.ts';

/**
 * Detach the fleet's group from the pool: all that it has there drains, and what it launches from now on does not get in. It asks what
 * `deregister` asks. What is still registered once the group is detached was so by hand, and is taken out one by one.
 */
export interface Detach extends Omit<Deregister, 'do' | 'downTo'> {
  readonly do: 'detach';
}

export const detachGroup: StepDefinition<Detach> = (step) => {
  const byOne = deregister({ ...step, do: 'deregister' });
  return {
    ...byOne,
    title: (snapshot) => `detach ${fleetOf(snapshot, step).group?.name ?? step.fleet} from ${step.pool}`,
    instances: (snapshot) => memberIds(snapshot, step),
    progress: (snapshot) => (isIn(snapshot, step) && !hasTargets(snapshot, step) ? 'todo' : byOne.progress(snapshot)),
    guard: (snapshot) => staysAlone(snapshot, step) ?? byOne.guard(snapshot),
    readsBefore: (snapshot) => withGroups(snapshot, byOne.readsBefore(snapshot)),
    readsToPoll: () => ({ pools: [step.pool], fleets: [step.fleet] }),
    apply: async (ports, snapshot) => {
      if (!isIn(snapshot, step)) return byOne.apply(ports, snapshot);
      return ports.fleet.detach(existingFleet(snapshot, step), poolByName(snapshot, step.pool).arn);
    },
    simulate: (snapshot) => byOne.simulate(attached(snapshot, step, false)),
  };
};

function isIn(snapshot: Snapshot, step: Detach): boolean {
  return isAttached(fleetOf(snapshot, step), poolByName(snapshot, step.pool));
}

/** Production is left to a group that would not stay what it is. On the way back that is no reason to stop. */
function staysAlone(snapshot: Snapshot, { pool: name, fleet, allowedOwners }: Detach): string | undefined {
  const pool = poolByName(snapshot, name);
  if (pool.role !== 'production' || allowedOwners === 'any') return undefined;
  const stay = snapshot.fleets.filter((one) => one.id !== fleet && registeredIn(pool, one).length > 0);
  return stay.map((one) => takingProblem(one)?.message).find((why) => why !== undefined);
}

/** A group that is attached without any puts its next instance there. */
function hasTargets(snapshot: Snapshot, step: Detach): boolean {
  return registeredIn(poolByName(snapshot, step.pool), fleetOf(snapshot, step)).length > 0;
}
