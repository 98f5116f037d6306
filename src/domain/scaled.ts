import type { PoolMinimum } from './goal.ts';
import { members } from './roles.ts';
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

/** It runs, and its group, if it has one, has it in service. */
export function isInService({ lifecycle, state }: Instance): boolean {
  return lifecycle === undefined && state === 'running';
}

/** Out of its group's traffic, or on its way out. */
export function isInStandby({ lifecycle }: Instance): boolean {
  return lifecycle === 'Standby' || lifecycle === 'EnteringStandby';
}

/** What its group has in service, which is what serves, whatever is registered, in standby or on its way. */
export function membersInService({ instances }: Fleet): readonly Instance[] {
  return instances.filter(isInService);
}

/**
 * What a group has in service, in the units of another one: where their weights of a type differ, it counts as that one counts it (Auto
 * Scaling user guide, instance weights: those of the policy apply to what runs as well).
 */
export function capacityIn(units: Fleet, fleet: ScaledFleet): number {
  const known = new Map(units.instances.map(({ type, weight = 1 }) => [type, weight]));
  const more = membersInService(fleet).map(({ type, weight = 1 }) => (known.get(type) ?? weight) - weight);
  return more.reduce((sum, one) => sum + one, fleet.group.capacity);
}

/** Members that serve or are to: what is in Standby is no capacity, and only who has put it there puts it back. */
export function membersToServe(fleet: Fleet): readonly Instance[] {
  return members(fleet).filter((one) => !isInStandby(one));
}

/** Instances that were launched from something else than their fleet's release. */
export function strays({ instances }: ScaledFleet): readonly Instance[] {
  return instances.filter(({ stray }) => stray !== undefined);
}

/** A group that is to have as many replaces what is missing. */
export function isHealing({ group }: Fleet, { total }: Pick<PoolMinimum, 'total'>): boolean {
  return group !== undefined && group.desired >= total;
}
