import { OperatorError } from '../errors.ts';
import { changeById } from '../domain/by-id.ts';
import { defined } from '../domain/defined.ts';
import { inSameZones } from '../domain/in-place.ts';
import type { PreparedGroup } from '../domain/prepared.ts';
import { isRegistered, members } from '../domain/roles.ts';
import type { HeldMinimum, FleetGroup } from '../domain/scaling.ts';
import type { Fleet, Instance, Marks, Pool, Snapshot, Target } from '../domain/snapshot.ts';
import { fleetById, inProduction, poolByName } from '../domain/queries.ts';
import { endedInStandby, weightIn } from '../domain/standby.ts';
import { count } from '../domain/text.ts';

/** What the kinds of steps share: the fleet that a step is about, and snapshots with one thing changed. */

/** The fleet of a step; an empty one where there is none yet, or none any more. */
export function fleetOf(snapshot: Snapshot, { fleet }: { readonly fleet: string }): Fleet {
  return fleetById(snapshot, fleet) ?? { id: fleet, release: fleet, marks: {}, instances: [] };
}

/** As `fleetOf`, for a change to AWS, which must be about a fleet that was seen. @throws OperatorError `fleet-gone` */
export function existingFleet(snapshot: Snapshot, { fleet }: { readonly fleet: string }): Fleet {
  const found = fleetById(snapshot, fleet);
  if (found !== undefined) return found;
  throw new OperatorError(
    'fleet-gone',
    `The fleet ${fleet} is not there any more: its tags are gone, or its instances.`,
    {
      next: ['`turnout status` shows which fleets there are.'],
    },
  );
}

export function idsOf(things: readonly { readonly id: string }[]): readonly string[] {
  return things.map(({ id }) => id);
}

export function memberIds(snapshot: Snapshot, step: { readonly fleet: string }): readonly string[] {
  return idsOf(members(fleetOf(snapshot, step)));
}

/** `3 instances of 42`. */
export function instancesOf(fleet: Fleet, n: number): string {
  return `${count(n, 'instance')} of ${fleet.release || fleet.id}`;
}

/** Rule 2 of "What must never happen": nothing that is in production is terminated, whatever a tag says. */
export function stillInProduction(snapshot: Snapshot, fleet: Fleet): string | undefined {
  const [first] = inProduction(snapshot, fleet).filter(
    ({ target }) => isRegistered(target) || target.state === 'draining',
  );
  if (first === undefined) return undefined;
  return `${first.target.id} of ${fleet.release} is ${first.target.state} in ${first.pool.name}: what is in production is never terminated.`;
}

function changeFleet(snapshot: Snapshot, id: string, change: (fleet: Fleet) => Fleet): Snapshot {
  return { ...snapshot, fleets: snapshot.fleets.map((fleet) => (fleet.id === id ? change(fleet) : fleet)) };
}

export function withInstances(snapshot: Snapshot, id: string, more: readonly Instance[]): Snapshot {
  return changeFleet(snapshot, id, (fleet) => ({ ...fleet, instances: [...fleet.instances, ...more] }));
}

export function withMarks(snapshot: Snapshot, id: string, marks: Marks): Snapshot {
  return changeFleet(snapshot, id, (fleet) => ({ ...fleet, marks: { ...fleet.marks, ...marks } }));
}

/** The fleet's group with other sizes; `held: undefined` holds it no more. */
export function changeGroup(
  snapshot: Snapshot,
  id: string,
  { held, ...sizes }: Partial<Omit<FleetGroup, 'held'>> & { readonly held: HeldMinimum | undefined },
): Snapshot {
  return changeFleet(snapshot, id, (fleet) => {
    if (fleet.group === undefined) return fleet;
    const { held: _, ...rest } = fleet.group;
    return { ...fleet, group: { ...rest, ...sizes, ...defined({ held }) } };
  });
}

/** The fleet's group attached to the pool, or not any more. */
export function attached(
  snapshot: Snapshot,
  { fleet, pool }: { readonly fleet: string; readonly pool: string },
  isIn: boolean,
): Snapshot {
  const { arn } = poolByName(snapshot, pool);
  const { held, targetGroups = [] } = fleetOf(snapshot, { fleet }).group ?? {};
  const others = targetGroups.filter((one) => one !== arn);
  return changeGroup(snapshot, fleet, { held, targetGroups: isIn ? [...others, arn] : others });
}

/** The fleet's group with what a deploy in place has changed of it, or with all of that put back. */
export function changePrepared(snapshot: Snapshot, id: string, prepared: PreparedGroup | undefined): Snapshot {
  return changeFleet(snapshot, id, (fleet) => {
    if (fleet.group === undefined) return fleet;
    const { prepared: old, suspended, minimum, ...rest } = fleet.group;
    const others = suspended.filter((one) => old?.paused.includes(one) !== true);
    if (prepared !== undefined)
      return {
        ...fleet,
        group: { ...rest, prepared, suspended: [...others, ...prepared.paused], minimum: prepared.at },
      };
    const back = old !== undefined && minimum === old.at ? old.before : minimum;
    return { ...fleet, group: { ...rest, suspended: others, minimum: back } };
  });
}

/** The fleet's group after a change of its instance refresh: without `recorded` or `refresh` there is none. */
export function changeRefresh(
  snapshot: Snapshot,
  id: string,
  change: Partial<Pick<FleetGroup, 'recorded' | 'refresh' | 'newest' | 'launches' | 'carries' | 'boots'>>,
): Snapshot {
  return changeFleet(snapshot, id, (fleet) => {
    if (fleet.group === undefined) return fleet;
    const { recorded: _recorded, refresh: _refresh, ...rest } = fleet.group;
    return { ...fleet, group: { ...rest, ...change } };
  });
}

/** The fleet's group with so much more in service, in units of capacity and in instances. */
export function changeSizes(snapshot: Snapshot, id: string, by: number, instances: number): Snapshot {
  return changeFleet(snapshot, id, (fleet) => {
    if (fleet.group === undefined) return fleet;
    const { desired, capacity, inService } = fleet.group;
    const sizes = { desired: desired + by, capacity: capacity + by, inService: inService + instances };
    return { ...fleet, group: { ...fleet.group, ...sizes } };
  });
}

/** What has ended in Standby has left it: the group wants as many as before, and has yet to launch them. */
export function replaceEnded(snapshot: Snapshot, id: string): Snapshot {
  return changeFleet(snapshot, id, (fleet) => {
    if (fleet.group === undefined) return fleet;
    const ended = endedInStandby(fleet);
    const instances = fleet.instances.filter((one) => !ended.includes(one));
    return { ...fleet, instances, group: { ...fleet.group, desired: fleet.group.desired + weightIn(ended) } };
  });
}

/** The fleet's instances in another state, without those that are gone. */
export function withState(snapshot: Snapshot, id: string, state: Instance['state']): Snapshot {
  return changeFleet(snapshot, id, (fleet) => ({
    ...fleet,
    instances: members(fleet).map((instance) => ({ ...instance, state })),
  }));
}

export function changeInstances(
  snapshot: Snapshot,
  ids: readonly string[],
  change: (instance: Instance) => Instance,
): Snapshot {
  const fleets = snapshot.fleets.map((fleet): Fleet => {
    const instances = changeById(fleet.instances, ids, change);
    return instances === fleet.instances ? fleet : { ...fleet, instances };
  });
  return inSameZones(snapshot, fleets);
}

export function changePool(snapshot: Snapshot, name: string, change: (pool: Pool) => readonly Target[]): Snapshot {
  return {
    ...snapshot,
    pools: snapshot.pools.map((pool) => (pool.name === name ? { ...pool, targets: change(pool) } : pool)),
  };
}

export function changePools(snapshot: Snapshot, change: (pool: Pool) => readonly Target[]): Snapshot {
  const pools = snapshot.pools.map((pool): Pool => {
    const targets = change(pool);
    return targets === pool.targets ? pool : { ...pool, targets };
  });
  return { ...snapshot, pools };
}

/** The snapshot as it is after `withinS` seconds without requests to the pools that have lost production's traffic. */
export function withoutResidual(snapshot: Snapshot, withinS: number): Snapshot {
  const { traffic } = snapshot;
  if (traffic.kind === 'membership') return snapshot;
  return { ...snapshot, traffic: { ...traffic, residual: { state: 'counted', requests: {}, withinS } } };
}

/** @param at milliseconds since the epoch */
export function noEarlierThan(snapshot: Snapshot, at: number): Snapshot {
  return { ...snapshot, at: Math.max(snapshot.at, at) };
}
