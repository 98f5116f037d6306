import { instanceById } from './in-place.ts';
import { isLive } from './roles.ts';
import { isInService, isInStandby, type ScaledFleet } from './scaled.ts';
import type { Fleet, Instance, Snapshot } from './snapshot.ts';

/** Questions about instances that are out of service in their Auto Scaling group. Pure. */

/** Taken out by a deploy in place, which has noted where it was. */
export function isOurStandby(instance: Instance): boolean {
  return isInStandby(instance) && instance.left !== undefined;
}

/** Members in Standby. */
export function standbys({ instances }: Fleet): readonly Instance[] {
  return instances.filter((one) => isLive(one) && isInStandby(one));
}

/**
 * Taken out by a deploy in place, and ended since, as many as the group has room for. A group checks nothing in Standby: what has ended
 * there is replaced once it leaves it (User guide, "Temporarily remove instances", health status in a standby state).
 */
export function endedInStandby({ group, instances }: Fleet): readonly Instance[] {
  let room = group === undefined ? 0 : group.maximum - group.desired;
  return instances.filter((one) => {
    if (isLive(one) || one.lifecycle !== 'Standby' || one.left === undefined || weightIn([one]) > room) return false;
    room -= weightIn([one]);
    return true;
  });
}

/** What these count for in the sizes of their group. */
export function weightIn(instances: readonly Instance[]): number {
  return instances.reduce((sum, { weight = 1 }) => sum + weight, 0);
}

/** Those of the ids that are in service in their group. */
export function servingIn(snapshot: Snapshot, ids: readonly string[]): readonly Instance[] {
  return ids.flatMap((id) => {
    const instance = instanceById(snapshot, id);
    return instance !== undefined && isInService(instance) ? [instance] : [];
  });
}

/** Members that its group has in service, or has let go of for a deploy in place. */
export function sizeInPlace({ instances }: ScaledFleet): number {
  return instances.filter((one) => isInService(one) || (isLive(one) && isOurStandby(one))).length;
}

/** It, in service again. */
export function backInService(instance: Instance): Instance {
  const { lifecycle: _, ...rest } = instance;
  return rest;
}
