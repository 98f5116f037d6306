import type { MinimumHealthy } from '../domain/goal.ts';
import { instanceById, placesOf, type Places } from '../domain/in-place.ts';
import { isLive } from '../domain/roles.ts';
import type { Instance, Snapshot } from '../domain/snapshot.ts';
import { isInStandby } from '../domain/scaled.ts';
import { servingIn, weightIn } from '../domain/standby.ts';
import { list } from '../domain/text.ts';
import type { StepDefinition } from './definition.ts';
import { deregisterEverywhere, notePlaces } from './deregister-everywhere.ts';
import { batchText, countOf } from './deploys.ts';
import { forEachPool, poolsText } from './places.ts';
import { changeInstances, changeSizes, fleetOf, idsOf } from './world.ts';

/**
 * Record on the instances where they are registered, have their Auto Scaling group take them out of service, which deregisters
 * them from its own target groups, take them out of the others, and wait until they are released.
 */
export interface EnterStandby {
  readonly do: 'enter-standby';
  readonly fleet: string;
  readonly instances: readonly string[];
  readonly places: Places;
  readonly minimumHealthy?: MinimumHealthy;
  /** Whose instances may be taken away though it may replace them. */
  readonly allowedOwners?: readonly string[];
}

export const putIntoStandby: StepDefinition<EnterStandby> = (step) => {
  const leaving = deregisterEverywhere({ ...step, do: 'deregister-everywhere' });
  return {
    ...leaving,
    title: (snapshot) => `put ${batchText(snapshot, step.instances)} into Standby, out of ${poolsText(step)}`,
    progress: (snapshot) => {
      const some = step.instances.flatMap((id) => instanceById(snapshot, id) ?? []).filter(isLive);
      const waiting = some.filter(({ lifecycle }) => lifecycle !== 'Standby');
      // While it enters Standby its group drains it, whatever else says that nothing is in flight there.
      if (waiting.length === 0) return leaving.progress(snapshot);
      const isRequested = waiting.every((one) => isInStandby(one) && placesOf(snapshot, one.id).length === 0);
      return isRequested ? 'under way' : 'todo';
    },
    guard: (snapshot) => leaving.guard(snapshot) ?? groupKeepsIt(snapshot, step),
    count: (snapshot) => {
      const { waiting = [] } = leaving.count(snapshot) ?? {};
      const entering = step.instances.filter((id) => instanceById(snapshot, id)?.lifecycle === 'EnteringStandby');
      const known = new Set(waiting.map(({ id }) => id));
      const others = entering.filter((id) => !known.has(id)).map((id) => ({ id, why: 'EnteringStandby' }));
      return countOf(step.instances, 'released', [...waiting, ...others]);
    },
    // Its group may have been changed since the run began.
    readsBefore: (snapshot) => ({ ...leaving.readsBefore(snapshot), fleets: 'all' }),
    readsToPoll: (snapshot) => ({ ...leaving.readsToPoll(snapshot), fleets: [step.fleet] }),
    apply: async (ports, snapshot) => {
      await notePlaces(ports, snapshot, step);
      const serving = servingIn(snapshot, step.instances);
      if (serving.length > 0) await ports.fleet.enterStandby(fleetOf(snapshot, step), serving);
      await forEachPool(
        snapshot,
        (name) => othersIn(snapshot, step, name),
        async (pool, targets) => ports.traffic.deregister(pool, targets),
      );
    },
    simulate: (snapshot) => {
      const by = weightIn(servingIn(snapshot, step.instances));
      const out = changeInstances(leaving.simulate(snapshot), step.instances, (one): Instance => {
        return { ...one, lifecycle: 'Standby' };
      });
      return changeSizes(out, step.fleet, -by, -servingIn(snapshot, step.instances).length);
    },
  };
};

/** Those in the pool that the group does not take out by itself. */
function othersIn(snapshot: Snapshot, step: EnterStandby, name: string) {
  const own = fleetOf(snapshot, step).group?.targetGroups ?? [];
  const serving = new Set(idsOf(servingIn(snapshot, step.instances)));
  return step.instances
    .flatMap((id) => placesOf(snapshot, id))
    .filter(({ pool, target }) => pool.name === name && !(own.includes(pool.arn) && serving.has(target.id)))
    .map(({ target: { id, port } }) => ({ id, port }));
}

/** Why Auto Scaling would refuse it, or act against it. */
function groupKeepsIt(snapshot: Snapshot, step: EnterStandby): string | undefined {
  const { group } = fleetOf(snapshot, step);
  const leaving = servingIn(snapshot, step.instances);
  if (group === undefined || leaving.length === 0) return undefined;
  const { name, desired, minimum, refresh, prepared } = group;
  if (refresh !== undefined)
    return `An instance refresh of ${name} is under way (${refresh}): it replaces the instances meanwhile.`;
  const left = desired - weightIn(leaving);
  if (left < minimum)
    return `${name} has a minimum of ${minimum} and a desired capacity of ${desired}: it lets go of none of ${list(idsOf(leaving), 3)}.`;
  const missing = (prepared?.paused ?? []).filter((one) => !group.suspended.includes(one));
  if (missing.length === 0) return undefined;
  return `${list(missing)} of ${name} ${missing.length === 1 ? 'was' : 'were'} resumed meanwhile: it would launch others for what is in Standby.`;
}
