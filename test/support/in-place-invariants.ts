import type { Instance, Snapshot } from '../../src/domain/snapshot.ts';
import type { Amount } from '../../src/domain/amount.ts';
import type { Goal } from '../../src/domain/goal.ts';
import type { Step } from '../../src/steps/index.ts';

/** What a deploy in place must never do, written down a second time and without the planner's own functions. */

type Counts = ReadonlyMap<string, number>;

function instances(snapshot: Snapshot): readonly Instance[] {
  return snapshot.fleets.flatMap((fleet) => fleet.instances);
}

/** Healthy targets of the groups that serve, by `pool` and by `pool/zone`. */
function healthy(snapshot: Snapshot): Counts {
  const zones = new Map(instances(snapshot).map(({ id, zone }) => [id, zone]));
  const counts = new Map<string, number>();
  for (const { name, role, targets } of snapshot.pools) {
    if (role === 'test') continue;
    for (const { id, state } of targets) {
      if (state !== 'healthy') continue;
      for (const key of [name, `${name}/${zones.get(id)}`]) counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return counts;
}

/** `pool:port` of each place where the instance is registered, or noted to have been. */
function homeAtStart(snapshot: Snapshot, id: string): string {
  const now = snapshot.pools.flatMap(({ name, targets }) =>
    targets.filter((target) => target.id === id && target.state !== 'draining').map(({ port }) => `${name}:${port}`),
  );
  const left = (instances(snapshot).find((one) => one.id === id)?.left ?? []).map(
    ({ pool, port }) => `${pool}:${port}`,
  );
  return [...new Set([...now, ...left])].toSorted().join();
}

/** What the step broke; undefined when nothing. `start` is the world in which the run began, `minimum` what was asked for. */
export function brokenInPlace(
  start: Snapshot,
  before: Snapshot,
  step: Step,
  after: Snapshot,
  goal: Goal,
  minimum?: Amount,
): string | undefined {
  return (
    starved(start, before, step, after, goal, minimum) ??
    starvedByWave(start, before, step, goal, minimum) ??
    deployedInTraffic(before, step, goal) ??
    signedTooEarly(before, step)
  );
}

/** No healthy target is taken from a group or a zone below its minimum: one batch less than at the start, never the last. */
function starved(
  start: Snapshot,
  before: Snapshot,
  step: Step,
  after: Snapshot,
  goal: Goal,
  minimum: Amount | undefined,
): string | undefined {
  if (step.do !== 'deregister-everywhere' || !('minimumHealthy' in goal)) return undefined;
  if (goal.verb === 'promote' || goal.verb === 'rollback' || goal.verb === 'cleanup') return undefined;
  const batch = goal.verb === 'rolling' ? Math.max(...goal.batches.map(({ length }) => length)) : goal.instances.length;
  const [first, had, has] = [healthy(start), healthy(before), healthy(after)];
  for (const [key, count] of had) {
    const left = has.get(key) ?? 0;
    if (left === count) continue;
    const most = first.get(key) ?? 0;
    // The last one of a zone may leave; the last one of a group may not.
    const isZone = key.includes('/');
    const byZone = most <= 1 ? 0 : Math.max(1, most - batch);
    const least = isZone ? byZone : Math.max(1, minimum === undefined ? most - batch : wanted(minimum, most));
    if (left < least) return `${key} is left with ${left} healthy, of ${most} at the start`;
  }
  return undefined;
}

/** As if all of a wave were away at once: what is left keeps the minimum, in all and in each zone. */
function starvedByWave(
  start: Snapshot,
  before: Snapshot,
  step: Step,
  goal: Goal,
  minimum: Amount | undefined,
): string | undefined {
  if (step.do !== 'permit-wave') return undefined;
  const without = before.pools.map((pool) => ({
    ...pool,
    targets: pool.targets.filter(({ id }) => !step.instances.includes(id)),
  }));
  const taken = { ...step, do: 'deregister-everywhere', places: {} } as const;
  return starved(start, before, taken, { ...before, pools: without }, goal, minimum);
}

/** A percentage is of what was healthy at the start, rounded up. */
function wanted(minimum: Amount, most: number): number {
  return 'count' in minimum ? minimum.count : Math.ceil((most * minimum.percent) / 100);
}

/** What costs nothing comes first: an instance that is not healthy everywhere where it belongs; then one zone after the other. */
export function misordered(start: Snapshot, goal: Goal): string | undefined {
  if (goal.verb !== 'rolling' || goal.waves !== undefined) return undefined;
  const ranks = goal.batches.flat().map((id) => {
    const { zone = '' } = instances(start).find((one) => one.id === id) ?? {};
    const isWell = homeAtStart(start, id)
      .split(',')
      .every((place) =>
        start.pools.some(({ name, targets }) =>
          targets.some((one) => one.id === id && one.state === 'healthy' && `${name}:${one.port}` === place),
        ),
      );
    return `${isWell ? 'well' : 'unwell'} in ${zone}`;
  });
  const sorted = ranks.toSorted(
    (a, b) => Number(a.startsWith('well')) - Number(b.startsWith('well')) || (a < b ? -1 : 1),
  );
  return ranks.join() === sorted.join() ? undefined : `the order is ${ranks.join(', ')}`;
}

function deployedInTraffic(before: Snapshot, step: Step, goal: Goal): string | undefined {
  if (step.do !== 'deploy' || goal.verb === 'deploy') return undefined;
  const target = before.pools
    .flatMap(({ name, targets }) => targets.map((one) => ({ ...one, name })))
    .find(({ id }) => step.instances.includes(id));
  return target && `${target.id} is deployed to while ${target.state} in ${target.name}`;
}

function signedTooEarly(before: Snapshot, step: Step): string | undefined {
  if (step.do !== 'tag-release') return undefined;
  for (const id of step.instances) {
    for (const place of homeAtStart(before, id).split(',').filter(Boolean)) {
      const [name, port] = place.split(':');
      const pool = before.pools.find((one) => one.name === name);
      const target = pool?.targets.find((one) => one.id === id && String(one.port) === port);
      if (target?.state !== 'healthy') return `${id} is signed while ${target?.state ?? 'missing'} in ${name}`;
    }
  }
  return undefined;
}

/** What the goal asked for and the world does not show. */
export function missesInPlace(start: Snapshot, end: Snapshot, goal: Goal): string | undefined {
  const named = goal.verb === 'rolling' ? goal.batches.flat() : 'instances' in goal ? goal.instances : [];
  for (const one of instances(end)) {
    const registered = homeAtStart({ ...end, fleets: [] }, one.id);
    const isNamed = named.includes(one.id);
    if (goal.verb === 'rolling' && one.release !== goal.release) return `${one.id} carries ${one.release}`;
    if ((goal.verb === 'rolling' || goal.verb === 'join') && isNamed) {
      if (one.left !== undefined) return `${one.id} is still noted to be out`;
      const home = homeAtStart(start, one.id);
      if (registered !== home) return `${one.id} is in ${registered || 'nothing'}, and belongs into ${home}`;
    }
    if (goal.verb === 'drain' && isNamed && registered !== '') return `${one.id} is still in ${registered}`;
    if (!isNamed && registered !== homeAtStart({ ...start, fleets: [] }, one.id))
      return `${one.id} was moved without a request for it`;
  }
  return undefined;
}
