import type { Fleet, Instance, Pool, Snapshot, Target } from './snapshot.ts';
import { poolsOf, targetsOf } from './roles.ts';
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

/** What production's health is counted by: one or several pools that stand for each other. */
interface Surface {
  readonly name: string;
  readonly pools: readonly Pool[];
}

/** Each production pool by itself; where routes divide traffic among them, all together. */
function surfaces(snapshot: Snapshot): readonly Surface[] {
  const production = poolsOf(snapshot, 'production');
  if (snapshot.routing !== undefined) return [{ name: WHOLE, pools: production }];
  return production.map((pool) => ({ name: pool.name, pools: [pool] }));
}

const WHOLE = 'production';

/** The floor of a pool that gets production's traffic. */
export function floorOf(snapshot: Snapshot, floor: Floor, pool: string): ZoneFloor {
  return (snapshot.routing === undefined ? floor[pool] : floor[WHOLE]) ?? {};
}

/**
 * The fewest healthy targets that production may have from now on: as many as the fleet that carries it has healthy now,
 * by pool and zone. While two fleets serve there, the one that carries more of it counts; where nobody can say so, the one
 * with more healthy targets.
 */
export function floorNow(snapshot: Snapshot): Floor {
  return Object.fromEntries(surfaces(snapshot).map((surface) => [surface.name, surfaceFloor(snapshot, surface)]));
}

function surfaceFloor(snapshot: Snapshot, { pools }: Surface): ZoneFloor {
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

/** Healthy targets in production, by pool name; where routes divide traffic, in all. */
export function healthyCounts(snapshot: Snapshot): Record<string, number> {
  return Object.fromEntries(
    surfaces(snapshot).map(({ name, pools }) => [name, pools.flatMap((pool) => pool.targets).filter(isHealthy).length]),
  );
}

export function floorCounts(floor: Floor): Record<string, number> {
  return Object.fromEntries(Object.entries(floor).map(([pool, zones]) => [pool, total(zones)]));
}
