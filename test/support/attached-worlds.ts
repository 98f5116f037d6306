import { isRegistered, members, targetsOf } from '../../src/domain/roles.ts';
import type { FleetGroup } from '../../src/domain/scaling.ts';
import type { Fleet, Snapshot } from '../../src/domain/snapshot.ts';
import { defined } from '../../src/domain/defined.ts';
import { blueAndGreen, FakeWorld } from './fake-world.ts';
import { FULL, twoFleetWorlds } from './worlds.ts';

/** Small worlds in which the fleets are Auto Scaling groups that move between the pools of production and test. */

/** The same world, where each fleet is a group that is attached to the pools that have one of it. */
export function attachedWorld(snapshot: Snapshot, group: Partial<FleetGroup> = {}): Snapshot {
  const fleets = snapshot.fleets.map((fleet) => ({
    ...fleet,
    holder: `Auto Scaling group group-${fleet.id}`,
    group: { ...groupOf(snapshot, fleet), ...group },
  }));
  return { ...snapshot, fleets };
}

function groupOf({ pools }: Snapshot, fleet: Fleet): FleetGroup {
  const size = members(fleet).length;
  const template = `lt-1 version ${fleet.id}`;
  return {
    name: `group-${fleet.id}`,
    minimum: Math.min(1, size),
    maximum: 20,
    desired: size,
    capacity: size,
    inService: size,
    zones: ['a'],
    targetGroups: pools.filter((pool) => targetsOf(pool, fleet).some(isRegistered)).map(({ arn }) => arn),
    moves: true,
    launches: template,
    carries: template,
    protects: [],
    suspended: [],
    failures: [],
  };
}

/** Blue `A` is attached to `prod`, green `B` to `test`; both to `prod` where it says so. */
export function attachedGroups(isShared = false): FakeWorld {
  const fake = blueAndGreen();
  if (isShared) ['B-0', 'B-1'].forEach((id) => fake.target('prod', id, 'healthy'));
  return new FakeWorld(attachedWorld(fake.now));
}

/** The group of a fleet is like this from now on. */
export function regrouped(snapshot: Snapshot, fleet: string, group: Partial<FleetGroup>): Snapshot {
  const change = (one: Fleet): Fleet =>
    one.id === fleet && one.group ? { ...one, group: { ...one.group, ...defined(group) } } : one;
  return { ...snapshot, fleets: snapshot.fleets.map(change) };
}

/** Worlds of one or two such groups of up to two instances, with what decides most. */
export function* attachedWorlds(): Generator<Snapshot> {
  const shape = { ...FULL, production: ['-', 'healthy', 'unhealthy'], test: ['-', 'healthy'] } as const;
  for (const snapshot of twoFleetWorlds(2, shape)) yield attachedWorld(snapshot);
}
