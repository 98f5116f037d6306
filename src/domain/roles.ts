import type { Fleet, Instance, Pool, PoolRole, Snapshot, Target } from './snapshot.ts';

/**
 * Roles are read from live membership and from the marks of the past, never stored.
 * `stable` is the fleet that was last made the only one: where `rollback` leads to.
 */
export type Role = 'blue' | 'green' | 'parked' | 'rejected' | 'retired';

const GONE: ReadonlySet<string> = new Set(['shutting-down', 'terminated']);

export function isLive(instance: Instance): boolean {
  return !GONE.has(instance.state);
}

/** Running or starting. One that stops or shuts down is no capacity, even while ELB still calls it healthy. */
export function isUp({ state }: Pick<Instance, 'state'>): boolean {
  return state === 'running' || state === 'pending';
}

/** The release of most live instances; on a tie, that of the oldest one. */
export function commonRelease(instances: readonly Instance[]): string | undefined {
  const live = instances.filter(isLive);
  const groups = Map.groupBy(live.length > 0 ? live : instances, ({ release }) => release);
  groups.delete(undefined);
  return [...groups].toSorted(([, a], [, b]) => b.length - a.length)[0]?.[0];
}

/** The fleet's instances that still exist. */
export function members(fleet: Fleet): readonly Instance[] {
  return fleet.instances.filter(isLive);
}

/** Fleets with at least one instance that still exists. */
export function liveFleets(snapshot: Snapshot): readonly Fleet[] {
  return snapshot.fleets.filter((fleet) => members(fleet).length > 0);
}

export function poolsOf(snapshot: Snapshot, role: PoolRole): readonly Pool[] {
  return snapshot.pools.filter((pool) => pool.role === role);
}

/** The pools that the config names. */
export function configuredPools(snapshot: Snapshot): readonly Pool[] {
  return snapshot.pools.filter(({ role }) => role !== 'other');
}

/** Registered, that is: on its way to traffic or in it. A draining target gets no new requests and is not registered. */
export function isRegistered(target: Target): boolean {
  return target.state !== 'draining' && target.reason !== 'Target.NotRegistered';
}

/** A fleet never changes (a later observation is another value), and each poll asks a dozen times. */
const idsByFleet = new WeakMap<Fleet, ReadonlySet<string>>();

function idsOf(fleet: Fleet): ReadonlySet<string> {
  const ids = idsByFleet.get(fleet) ?? new Set(fleet.instances.map(({ id }) => id));
  idsByFleet.set(fleet, ids);
  return ids;
}

/** The pool's targets that are the fleet's instances, also those that drain or whose instance is gone. */
export function targetsOf(pool: Pool, fleet: Fleet): readonly Target[] {
  const ids = idsOf(fleet);
  return pool.targets.filter((target) => ids.has(target.id));
}

export function isIn(pool: Pool, fleet: Fleet): boolean {
  return targetsOf(pool, fleet).some(isRegistered);
}

/** Whether the group registers with the pool what it launches. */
export function isAttached({ group }: Fleet, { arn }: Pool): boolean {
  return group?.targetGroups.includes(arn) ?? false;
}

/** Fleets that are registered with at least one production pool; of one that is gone only its targets are left, for a while. */
export function servingFleets(snapshot: Snapshot): readonly Fleet[] {
  return liveFleets(snapshot).filter((fleet) => poolsOf(snapshot, 'production').some((pool) => isIn(pool, fleet)));
}

/**
 * Where `rollback` leads: the living fleet that was last made the only one. If that one was terminated outside of turnout, or has
 * lost its mark, the fleet that serves production alone takes its place; of several, the one that no promote has brought there.
 */
export function stableFleet(snapshot: Snapshot): Fleet | undefined {
  const marked = liveFleets(snapshot).filter((fleet) => fleet.marks.current !== undefined);
  const newest = marked.toSorted((a, b) => (a.marks.current! < b.marks.current! ? 1 : -1))[0];
  const serving = servingFleets(snapshot);
  const before = serving.length === 1 ? serving : serving.filter(({ marks }) => marks.promoted === undefined);
  return newest ?? (before.length === 1 ? before[0] : undefined);
}

export function roleOf(snapshot: Snapshot, fleet: Fleet): Role {
  const serving = servingFleets(snapshot);
  const stable = stableFleet(snapshot);
  if (serving.includes(fleet)) return serving.length === 1 || fleet === stable ? 'blue' : 'green';
  if (fleet === stable) return 'parked';
  if (fleet.marks.current !== undefined) return 'retired';
  return fleet.marks.promoted === undefined ? 'green' : 'rejected';
}
