import { isRegistered, members, targetsOf } from '../domain/roles.ts';
import type { Fleet, Snapshot } from '../domain/snapshot.ts';
import type { Step } from '../steps/index.ts';
import { highestMinimum } from '../domain/minimum-healthy.ts';
import { trafficModel } from './traffic/index.ts';
import type { Switch } from './traffic/model.ts';

/**
 * Some of its members' health is not known yet: they left production, and did not get into a test group before a run was
 * stopped, or had no health check there so far.
 */
export function isUnknown(snapshot: Snapshot, fleet: Fleet): boolean {
  const targets = trafficModel(snapshot)
    .testPools(fleet)
    .flatMap((pool) => targetsOf(pool, fleet));
  const checked = targets.filter((target) => target.state !== 'initial' && isRegistered(target));
  const known = new Set(checked.map(({ id }) => id));
  return members(fleet).some((instance) => instance.state === 'running' && !known.has(instance.id));
}

/** Puts the fleet where its health gets known before traffic moves to it. */
export function verifySteps(snapshot: Snapshot, { to, minimumHealthy, need }: Switch): readonly Step[] {
  const pool = trafficModel(snapshot).testPools(to)[0]?.name;
  if (pool === undefined) return [];
  return [
    { do: 'register', pool, fleet: to.id },
    { do: 'await-healthy', pool, fleet: to.id, minimumHealthy: highestMinimum(minimumHealthy), need },
  ];
}
