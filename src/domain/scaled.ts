import type { PoolMinimum } from './goal.ts';
import type { FleetGroup } from './scaling.ts';
import type { Fleet, Instance, Snapshot } from './snapshot.ts';

/** Questions about fleets that are Auto Scaling groups. Pure. */

/** A fleet that is the instances of a group. */
export type ScaledFleet = Fleet & { readonly group: FleetGroup };

export function isScaled(fleet: Fleet): fleet is ScaledFleet {
  return fleet.group !== undefined;
}

/** Whether the fleets of this environment are groups. */
export function hasGroups({ fleets }: Pick<Snapshot, 'fleets'>): boolean {
  return fleets.some(isScaled);
}

/** What its group has in service, which is what serves, whatever is registered, in standby or on its way. */
export function membersInService({ instances }: Fleet): readonly Instance[] {
  return instances.filter(({ state, reason }) => state === 'running' && reason === undefined);
}

/** Instances that were launched from something else than their fleet's release. */
export function strays({ instances }: ScaledFleet): readonly Instance[] {
  return instances.filter(({ stray }) => stray !== undefined);
}

/** A group that is to have as many replaces what is missing. */
export function isHealing({ group }: Fleet, { total }: Pick<PoolMinimum, 'total'>): boolean {
  return group !== undefined && group.desired >= total;
}
