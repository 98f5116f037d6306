import { OperatorError } from '../errors.ts';
import type { Fleet, Instance, Pool, Snapshot, Target } from './snapshot.ts';
import { unreadableText, type Unreadable } from './unreadable.ts';
import { configuredPools, isRegistered, members, poolsOf, targetsOf } from './roles.ts';
import { healthyIn } from './minimum-healthy.ts';
import { isInService } from './scaled.ts';

/** Small questions that steps and tasks ask of a snapshot. */

export function fleetById(snapshot: Snapshot, id: string): Fleet | undefined {
  return snapshot.fleets.find((fleet) => fleet.id === id);
}

/** @throws OperatorError when it could not be read */
export function poolByName(snapshot: Snapshot, name: string): Pool {
  const pool = snapshot.pools.find((candidate) => candidate.name === name);
  if (pool !== undefined) return pool;
  const unreadable = snapshot.unreadable.find((one) => one.name === name);
  if (unreadable === undefined) throw new Error(`The snapshot has no pool ${name}.`);
  throw new OperatorError(unreadable.code, unreadableText(unreadable), { next: unreadable.next });
}

/** All that could not be read, or told apart, and that only the way back can do without. */
export function unreadableIn({
  unreadable,
  traffic,
  noGroups = [],
}: Pick<Snapshot, 'unreadable' | 'traffic' | 'noGroups'>): readonly Unreadable[] {
  return [...unreadable, ...('unreadable' in traffic ? traffic.unreadable : []), ...noGroups];
}

export function isDraining(target: Target): boolean {
  return target.state === 'draining';
}

export function registeredIn(pool: Pool, fleet: Fleet): readonly Target[] {
  return targetsOf(pool, fleet).filter(isRegistered);
}

/** Members whose health was verified just now: healthy in any pool, test or production. */
export function verified(snapshot: Snapshot, fleet: Fleet): readonly Instance[] {
  const healthy = new Set(
    configuredPools(snapshot).flatMap((pool) => healthyIn(pool, fleet).map((instance) => instance.id)),
  );
  return members(fleet).filter((instance) => healthy.has(instance.id));
}

/** Members in service of which nothing says that they are not healthy: those that are, and those that no health check has seen. */
export function notSick(snapshot: Snapshot, fleet: Fleet): readonly Instance[] {
  const targets = snapshot.pools.flatMap((pool) => targetsOf(pool, fleet));
  const sick = new Set(targets.filter(({ state }) => state.startsWith('unhealthy')).map(({ id }) => id));
  const fit = new Set(verified(snapshot, fleet));
  return members(fleet).filter((one) => fit.has(one) || (isInService(one) && !sick.has(one.id)));
}

/**
 * The members that belong into the pool. Production takes only those that are fit (or are in it already); a test pool takes
 * every instance in service, since it is where health gets known.
 */
function eligible(snapshot: Snapshot, pool: Pool, fleet: Fleet, isFit: typeof verified): readonly Instance[] {
  if (pool.role === 'test') return members(fleet).filter(isInService);
  const fit = new Set(isFit(snapshot, fleet).map((instance) => instance.id));
  for (const target of registeredIn(pool, fleet)) fit.add(target.id);
  return members(fleet).filter((instance) => fit.has(instance.id));
}

/** Eligible members that are not registered with the pool; for production those that are fit. */
export function missingFrom(
  snapshot: Snapshot,
  pool: Pool,
  fleet: Fleet,
  isFit: typeof verified = verified,
): readonly Instance[] {
  const registered = new Set(registeredIn(pool, fleet).map((target) => target.id));
  return eligible(snapshot, pool, fleet, isFit).filter((instance) => !registered.has(instance.id));
}

/** Targets of the fleet that are registered in, or draining from, any production pool. */
export function inProduction(snapshot: Snapshot, fleet: Fleet): readonly { pool: Pool; target: Target }[] {
  return poolsOf(snapshot, 'production').flatMap((pool) => targetsOf(pool, fleet).map((target) => ({ pool, target })));
}

/** Each member that belongs there is in, and ELB has made up its mind about each: more waiting gains nothing. */
export function isSettled(snapshot: Snapshot, pool: Pool, fleet: Fleet): boolean {
  const isIn = missingFrom(snapshot, pool, fleet).length === 0;
  return isIn && registeredIn(pool, fleet).every((target) => target.state !== 'initial');
}
