import { countBy } from './by-id.ts';
import type { Fleet, Instance, Pool, Snapshot, Target } from './snapshot.ts';
import { isUp, targetsOf } from './roles.ts';
import type { Amount } from './amount.ts';
import type { MinimumHealthy, PoolMinimum } from './goal.ts';
import { shareOfFleet } from './shares.ts';
import { isZonal } from './zones.ts';

/** Targets counted by availability zone. */
export type ByZone = Record<string, number>;

export function total(byZone: Readonly<ByZone>): number {
  return Object.values(byZone).reduce((sum, count) => sum + count, 0);
}

export function countByZone(instances: readonly Pick<Instance, 'zone'>[]): ByZone {
  const counts: ByZone = {};
  for (const { zone } of instances) counts[zone] = (counts[zone] ?? 0) + 1;
  return counts;
}

export function isHealthy(target: Target): boolean {
  return target.state === 'healthy';
}

/** The fleet's instances that are healthy in the pool right now. */
export function healthyIn(pool: Pool, fleet: Fleet): readonly Instance[] {
  const healthy = targetsOf(pool, fleet).filter(isHealthy);
  const ids = new Set(healthy.map(({ id }) => id));
  return fleet.instances.filter((one) => isUp(one) && ids.has(one.id));
}

/** What capacity is counted in: an instance has one for each port at which it is registered, in however many pools that is. */
export interface HealthyTarget {
  readonly id: string;
  readonly port: number;
  readonly zone: string;
}

/** The fleet's healthy targets in pools that stand for each other, without instances that EC2 has stopped and ELB still calls healthy. */
export function healthyTargets(pools: readonly Pool[], fleet: Fleet): readonly HealthyTarget[] {
  const going = new Set(fleet.instances.filter((one) => !isUp(one)).map(({ id }) => id));
  return calledHealthy(pools, fleet).filter(({ id }) => !going.has(id));
}

/** As ELB says. */
function calledHealthy(pools: readonly Pool[], fleet: Fleet): readonly HealthyTarget[] {
  const zones = new Map(fleet.instances.map(({ id, zone }) => [id, zone]));
  const healthy = pools.flatMap((pool) => targetsOf(pool, fleet)).filter(isHealthy);
  return [...new Map(healthy.map(({ id, port }) => [targetKey({ id, port }), { id, port }])).values()].map((one) => {
    return { ...one, zone: zones.get(one.id) ?? '' };
  });
}

/**
 * What these are worth where that minimum holds, by zone: an instance counts for no more targets than one had of those of which
 * the minimum was taken. An extra port that somebody registers by hand does not count as a second server.
 */
export function capacityByZone(targets: readonly HealthyTarget[], minimum: Pick<PoolMinimum, 'ports'>): ByZone {
  return countByZone(withoutExtraPorts(targets, minimum));
}

/** Of each instance as many as count. */
export function withoutExtraPorts<T extends Pick<Target, 'id'>>(
  targets: readonly T[],
  { ports = 1 }: Pick<PoolMinimum, 'ports'>,
): readonly T[] {
  const counts = new Map<string, number>();
  return targets.filter(({ id }) => {
    const n = (counts.get(id) ?? 0) + 1;
    counts.set(id, n);
    return n <= ports;
  });
}

/** The most of them that are of one instance. */
function mostOfOne(targets: readonly HealthyTarget[]): number {
  return Math.max(0, ...Object.values(countBy(targets, ({ id }) => id)));
}

export function targetKey({ id, port }: Pick<Target, 'id' | 'port'>): string {
  return `${id}:${port}`;
}

/** What production's health is counted by: one pool, or several that stand for each other. */
export interface CapacityGroup {
  readonly name: string;
  readonly pools: readonly Pool[];
}

/** Nothing has to stay healthy: in test groups, and where nothing is taken away. */
export const NO_MINIMUM: PoolMinimum = { total: 0, zones: {} };

/**
 * The fewest healthy targets that production may have from now on: as many as the fleet that carries it has healthy now,
 * by pool and zone. While two fleets serve there with something healthy, the one that carries more of it counts; where it is
 * not known, the one with more healthy targets.
 */
export function minimumNow(snapshot: Snapshot, groups: readonly CapacityGroup[]): MinimumHealthy {
  return Object.fromEntries(groups.map((group) => [group.name, groupMinimum(snapshot, group)]));
}

function groupMinimum(snapshot: Snapshot, { pools }: CapacityGroup): PoolMinimum {
  const counts = snapshot.fleets.map((fleet) => {
    // An instance that dies at this moment must not lower the minimum.
    const targets = calledHealthy(pools, fleet);
    const [share, ports] = [shareOfFleet(snapshot, fleet), mostOfOne(targets)];
    return { group: fleet.group, share, healthy: countByZone(targets), ports };
  });
  const [first] = counts
    .filter(({ healthy }) => total(healthy) > 0)
    .toSorted((a, b) => b.share - a.share || total(b.healthy) - total(a.healthy));
  const healthy = first?.healthy ?? {};
  const zonal = pools.some(isZonal);
  const zones = first?.group === undefined ? healthy : evenZones(healthy, first.group, zonal ? 1 : 0);
  return { total: total(healthy), zones, ...(zonal && { zonal }), ...severalPorts(first?.ports) };
}

function severalPorts(ports = 1): Pick<PoolMinimum, 'ports'> {
  return ports > 1 ? { ports } : {};
}

/**
 * What a group has in each zone, at least, once it has that many in all: Auto Scaling spreads them evenly, and chooses the zones
 * of those that remain.
 */
function evenZones(
  zones: Readonly<ByZone>,
  { zones: all }: { readonly zones: readonly string[] },
  least: number,
): ByZone {
  const even = Math.max(least, Math.floor(total(zones) / Math.max(1, all.length)));
  return Object.fromEntries(Object.entries(zones).map(([zone, n]) => [zone, Math.min(n, even)]));
}

/**
 * What `--min-healthy` means for a switch: never more than what is healthy now, a percentage rounded up; each zone keeps its
 * share, rounded down, and one where its clients reach no other zone's.
 */
export function lowerMinimum(now: MinimumHealthy, asked: Amount | undefined): MinimumHealthy {
  if (asked === undefined) return now;
  return Object.fromEntries(Object.entries(now).map(([pool, minimum]) => [pool, lowered(minimum, asked)]));
}

function lowered({ total: all, zones, zonal, ports }: PoolMinimum, asked: Amount): PoolMinimum {
  const wanted = Math.min(all, targetsIn(asked, all));
  const least = zonal && wanted > 0 ? 1 : 0;
  const share = (n: number): number => (all === 0 ? 0 : Math.max(Math.min(least, n), Math.floor((n * wanted) / all)));
  return {
    ...(zonal && { zonal }),
    ...severalPorts(ports),
    total: wanted,
    zones: Object.fromEntries(Object.entries(zones).map(([zone, n]) => [zone, share(n)])),
  };
}

function targetsIn(asked: Amount, healthy: number): number {
  return 'count' in asked ? asked.count : Math.ceil((healthy * asked.percent) / 100);
}

/**
 * What a pool keeps while `size` instances, of up to `ports` targets each, are out of it at a time: what was asked for, or one batch less than is healthy now,
 * and never nothing; in each zone one batch less. The last one of a zone may leave where `crossZone` says that the load
 * balancer sends the clients of that zone to the others.
 */
export function minimumInPlace(
  healthy: ByZone,
  size: number,
  {
    asked,
    crossZone,
    ports = 1,
  }: { readonly asked: Amount | undefined; readonly crossZone: boolean; readonly ports?: number },
): PoolMinimum {
  const all = total(healthy);
  const inZone = (n: number): number => (n <= ports && crossZone ? 0 : Math.max(1, n - size * ports));
  return {
    total: asked === undefined ? Math.max(1, all - size * ports) : targetsIn(asked, all),
    zones: Object.fromEntries(Object.entries(healthy).map(([zone, n]) => [zone, inZone(n)])),
    ...severalPorts(ports),
  };
}

/** What `have` lacks to reach the minimum, as `1 short in eu-west-1a`, or `1 short` in all; undefined when it reaches it. */
export function shortfall(have: ByZone, minimum: PoolMinimum): string | undefined {
  const short = Object.entries(minimum.zones).filter(([zone, least]) => (have[zone] ?? 0) < least);
  if (short.length > 0) return short.map(([zone, least]) => `${least - (have[zone] ?? 0)} short in ${zone}`).join(', ');
  return total(have) < minimum.total ? `${minimum.total - total(have)} short` : undefined;
}

/**
 * The part of a minimum that is at stake where `given` leaves and `left` stays. A zone in which it gives nothing healthy is not
 * its fault: in a switch (`replaced`), what is missing there is not asked of the other zones either, since production has no
 * less afterwards.
 */
export function minimumAtStake(
  { total: all, zones }: PoolMinimum,
  given: ByZone,
  replaced: { readonly left: ByZone } | undefined,
): PoolMinimum {
  const atStake = Object.entries(zones).filter(([zone]) => (given[zone] ?? 0) > 0);
  const missing = Object.entries(zones)
    .filter(([zone]) => (given[zone] ?? 0) === 0)
    .map(([zone, least]) => Math.max(0, least - (replaced?.left[zone] ?? 0)));
  const excused = replaced === undefined ? 0 : missing.reduce((sum, n) => sum + n, 0);
  return { total: all - excused, zones: Object.fromEntries(atStake) };
}

/** The most that any pool asks for: what a fleet must have to serve all of them. */
export function highestMinimum(minimum: MinimumHealthy): PoolMinimum {
  const zones: ByZone = {};
  const pools = Object.values(minimum);
  for (const [zone, least] of pools.flatMap((pool) => Object.entries(pool.zones)))
    zones[zone] = Math.max(least, zones[zone] ?? 0);
  const zonal = pools.some((pool) => pool.zonal);
  const all = Math.max(total(zones), ...pools.map((pool) => pool.total));
  const ports = Math.max(1, ...pools.map((pool) => pool.ports ?? 1));
  return { total: all, zones, ...(zonal && { zonal }), ...severalPorts(ports) };
}

/** The greatest `--min-healthy` that a fleet with these healthy targets satisfies in a switch. */
export function greatestMinimum(now: MinimumHealthy, have: ByZone): number {
  let count = total(have);
  while (count > 0 && shortfall(have, highestMinimum(lowerMinimum(now, { count }))) !== undefined) count -= 1;
  return count;
}

/** Healthy targets of other fleets in the pool. */
export function healthyOthers(snapshot: Snapshot, pool: Pool, fleet: Fleet): readonly HealthyTarget[] {
  return snapshot.fleets.filter((other) => other !== fleet).flatMap((other) => healthyTargets([pool], other));
}

const stateOf = ({ state }: Target): string => state;

/** Healthy targets in production, by group. */
export function healthyCounts(groups: readonly CapacityGroup[]): Record<string, number> {
  return Object.fromEntries(
    groups.map(({ name, pools }) => [
      name,
      pools.reduce((sum, { targets }) => sum + (countBy(targets, stateOf)['healthy'] ?? 0), 0),
    ]),
  );
}

export function minimumTotals(minimum: MinimumHealthy): Record<string, number> {
  return Object.fromEntries(Object.entries(minimum).map(([pool, one]) => [pool, one.total]));
}
