import type { GroupSizes, LaunchOrder } from '../../src/fleets/fleet.ts';
import type { FleetGroup } from '../../src/domain/scaling.ts';
import type { Instance, Marks, Snapshot, Target } from '../../src/domain/snapshot.ts';
import { changeGroup } from '../../src/steps/world.ts';
import { weightedWorld } from './weighted-worlds.ts';
import { HOME, PROMOTED } from './worlds.ts';

/** Small worlds in which the fleets are Auto Scaling groups: `A` serves in `one`, `B` is in `two`. */

export interface GroupSpec {
  readonly id: string;
  readonly size: number;
  readonly marks?: Marks;
  /** Instances that are not healthy. */
  readonly sick?: number;
  readonly group?: Partial<FleetGroup>;
}

/** Percent of production that `two` has. */
export function scaledWorld(fleets: readonly GroupSpec[], two = 0, byName = false): Snapshot {
  const bare = weightedWorld({ fleets: [], production: [two], test: 100 - two, byName });
  const pools = bare.pools.map((pool, index) => {
    const spec = fleets[index];
    return spec === undefined ? pool : { ...pool, arn: `arn:${pool.name}`, targets: targetsOf(spec) };
  });
  return {
    ...bare,
    pools: pools.map((pool) => ({ ...pool, arn: `arn:${pool.name}` })),
    fleets: fleets.map((spec, index) => ({
      id: spec.id,
      release: spec.id,
      marks: spec.marks ?? (index === 0 ? HOME : {}),
      holder: `Auto Scaling group group-${spec.id}`,
      group: groupOf(spec, `arn:${pools[index]?.name}`),
      instances: instancesOf(spec),
    })),
  };
}

function groupOf({ id, size, group }: GroupSpec, targetGroup: string): FleetGroup {
  const sizes = { minimum: Math.min(1, size), maximum: 20, desired: size, capacity: size, inService: size };
  const template = `lt-1 version ${id}`;
  return {
    name: `group-${id}`,
    ...sizes,
    zones: ['a'],
    targetGroups: [targetGroup],
    launches: template,
    carries: template,
    protects: [],
    suspended: [],
    failures: [],
    ...group,
  };
}

function instancesOf({ id, size }: GroupSpec): readonly Instance[] {
  return Array.from({ length: size }, (_, n): Instance => {
    return { id: `${id}-${n}`, zone: 'a', state: 'running', launchedAt: 0, release: id };
  });
}

function targetsOf({ id, size, sick = 0 }: GroupSpec): readonly Target[] {
  return Array.from({ length: size }, (_, n): Target => {
    return { id: `${id}-${n}`, port: 8080, state: n < sick ? 'unhealthy' : 'healthy' };
  });
}

/** All that a group launches is there at once, and healthy. */
export function filledGroup(snapshot: Snapshot, { fleet: id, release, spec, held, marks = {} }: LaunchOrder): Snapshot {
  const { name, count: size, capacity, targetGroups } = spec.group!;
  const { fleets, pools } = scaledWorld([
    { id, size, group: { name, desired: capacity, targetGroups, ...(held && { held }) } },
  ]);
  const own = snapshot.pools.map((pool) => {
    return targetGroups.includes(pool.arn) ? { ...pool, targets: [...pool.targets, ...pools[0]!.targets] } : pool;
  });
  return {
    ...snapshot,
    pools: own,
    fleets: [...snapshot.fleets, ...fleets.map((one) => ({ ...one, release, marks }))],
  };
}

/** What a group is told to have it has at once. */
export function resized(snapshot: Snapshot, id: string, { held, minimum, desired }: GroupSizes): Snapshot {
  const grown = desired === undefined ? {} : { desired, capacity: desired };
  return changeGroup(snapshot, id, { minimum, ...grown, held });
}

/** A group that was set to 0. */
export function emptied(snapshot: Snapshot, id: string): Snapshot {
  const held = snapshot.fleets.find((fleet) => fleet.id === id)?.group?.held;
  return changeGroup(snapshot, id, { minimum: 0, desired: 0, held });
}

const HELD_AT = (at: number): Partial<FleetGroup> => ({
  minimum: at,
  held: { before: Math.min(1, at), at, run: 'r0', since: '2025-12-01T00:00:00.000Z', who: 'ann' },
});

const MARKED: readonly Marks[] = [{}, PROMOTED, { ...PROMOTED, share: '10@2026-05-01T00:00:00.000Z' }];

/** Every world of a group that serves, alone or beside a second one, of up to three instances each. */
export function* scaledWorlds(): Generator<Snapshot> {
  for (const size of [1, 2, 3]) {
    for (const home of [{}, HELD_AT(size)]) {
      const A = { id: 'A', size, group: home, marks: { ...HOME, share: '0@2026-05-01T00:00:00.000Z' } };
      yield scaledWorld([A]);
      for (const other of [0, 1, 3]) {
        for (const sick of other === 0 ? [0] : [0, 1]) {
          for (const marks of MARKED) {
            for (const group of [{}, HELD_AT(other)]) {
              for (const two of [0, 10, 100]) yield scaledWorld([A, { id: 'B', size: other, sick, marks, group }], two);
            }
          }
        }
      }
    }
  }
}
