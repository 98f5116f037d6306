import type { Fleet, Instance, Pool, Snapshot, Target } from './snapshot.ts';
import { configuredPools, isRegistered, members, poolsOf, targetsOf } from './roles.ts';
import { healthyIn } from './minimum-healthy.ts';

/** Small questions that steps and tasks ask of a snapshot. */

export function fleetById(snapshot: Snapshot, id: string): Fleet | undefined {
  return snapshot.fleets.find((fleet) => fleet.id === id);
}

export function poolByName(snapshot: Snapshot, name: string): Pool {
  const pool = snapshot.pools.find((candidate) => candidate.name === name);
  if (pool === undefined) throw new Error(`The snapshot has no pool ${name}.`);
  return pool;
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

/**
 * The members that belong into the pool. Production takes only what was verified healthy just now (or is in it already);
 * a test pool takes every running instance, since it is where health gets known.
 */
function eligible(snapshot: Snapshot, pool: Pool, fleet: Fleet): readonly Instance[] {
  if (pool.role === 'test') return members(fleet).filter((instance) => instance.state === 'running');
  const fit = new Set(verified(snapshot, fleet).map((instance) => instance.id));
  for (const target of registeredIn(pool, fleet)) fit.add(target.id);
  return members(fleet).filter((instance) => fit.has(instance.id));
}

/** Eligible members that are not registered with the pool. */
export function missingFrom(snapshot: Snapshot, pool: Pool, fleet: Fleet): readonly Instance[] {
  const registered = new Set(registeredIn(pool, fleet).map((target) => target.id));
  return eligible(snapshot, pool, fleet).filter((instance) => !registered.has(instance.id));
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
