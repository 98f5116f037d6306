import type { Fleet, Instance, Pool, Snapshot, Target } from './snapshot.ts';
import { targetsOf } from './roles.ts';
import type { Floor, ZoneFloor } from './goal.ts';
import { shareOfFleet } from './shares.ts';

/** Targets counted by availability zone. */
export type ByZone = Record<string, number>;

export function total(byZone: ZoneFloor): number {
  return Object.values(byZone).reduce((sum, count) => sum + count, 0);
}

export function countByZone(instances: readonly Instance[]): ByZone {
  const counts: ByZone = {};
  for (const { zone } of instances) counts[zone] = (counts[zone] ?? 0) + 1;
  return counts;
}

export function isHealthy(target: Target): boolean {
  return target.state === 'healthy';
}

/** The fleet's instances that are healthy in the pool right now. */
export function healthyIn(pool: Pool, fleet: Fleet): readonly Instance[] {
  const healthy = new Set(
    targetsOf(pool, fleet)
      .filter(isHealthy)
      .map((target) => target.id),
  );
  return fleet.instances.filter((instance) => healthy.has(instance.id));
}

/** What production's health is counted by: one pool, or several that stand for each other. */
export interface CapacityGroup {
  readonly name: string;
  readonly pools: readonly Pool[];
}

/**
 * The fewest healthy targets that production may have from now on: as many as the fleet that carries it has healthy now,
 * by pool and zone. While two fleets serve there, the one that carries more of it counts; where nobody can say so, the one
 * with more healthy targets.
 */
export function floorNow(snapshot: Snapshot, groups: readonly CapacityGroup[]): Floor {
  return Object.fromEntries(groups.map((group) => [group.name, groupFloor(snapshot, group)]));
}

function groupFloor(snapshot: Snapshot, { pools }: CapacityGroup): ZoneFloor {
  const counts = snapshot.fleets.map((fleet) => ({
    share: shareOfFleet(snapshot, fleet),
    healthy: countByZone(pools.flatMap((pool) => healthyIn(pool, fleet))),
  }));
  const [first] = counts.toSorted((a, b) => b.share - a.share || total(b.healthy) - total(a.healthy));
  return first?.healthy ?? {};
}

/** The floor with `count` targets in all: each zone keeps its share, rounded down. Never raises a pool's floor. */
export function lowerFloor(floor: Floor, count: number): Floor {
  return Object.fromEntries(Object.entries(floor).map(([pool, zones]) => [pool, lowerZones(zones, count)]));
}

function lowerZones(zones: ZoneFloor, count: number): ZoneFloor {
  const all = total(zones);
  if (count >= all) return zones;
  return Object.fromEntries(Object.entries(zones).map(([zone, n]) => [zone, Math.floor((n * count) / all)]));
}

/** What `have` lacks to reach the floor, as `1 short in eu-west-1a`; undefined when it reaches it. */
export function shortfall(have: ZoneFloor, floor: ZoneFloor): string | undefined {
  const short = Object.entries(floor).filter(([zone, least]) => (have[zone] ?? 0) < least);
  if (short.length === 0) return undefined;
  return short.map(([zone, least]) => `${least - (have[zone] ?? 0)} short in ${zone}`).join(', ');
}

/** Instances of other fleets that are healthy in the pool. */
export function healthyOthers(snapshot: Snapshot, pool: Pool, fleet: Fleet): readonly Instance[] {
  return snapshot.fleets.filter((other) => other !== fleet).flatMap((other) => healthyIn(pool, other));
}

/** Healthy targets in production, by group. */
export function healthyCounts(groups: readonly CapacityGroup[]): Record<string, number> {
  return Object.fromEntries(
    groups.map(({ name, pools }) => [name, pools.flatMap((pool) => pool.targets).filter(isHealthy).length]),
  );
}

export function floorCounts(floor: Floor): Record<string, number> {
  return Object.fromEntries(Object.entries(floor).map(([pool, zones]) => [pool, total(zones)]));
}
