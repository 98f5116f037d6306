import { withId } from './by-id.ts';
import { isHealthy } from './minimum-healthy.ts';
import { isAttached, members } from './roles.ts';
import type { Fleet, Pool, Snapshot, Target } from './snapshot.ts';
import type { OutsideRoute } from './traffic.ts';
import { duration, list } from './text.ts';
import { isZonal, zoneLookup, zonesOfTargets } from './zones.ts';

/** What is there beside what the config names, and leads to this environment's instances or target groups. Pure. */

/** Routes that lead to the pool and are not this environment's own: they have clients there that the config knows nothing of. */
export function foreignRoutes(snapshot: Snapshot, pool: Pool): readonly string[] {
  const { outside } = snapshot;
  if (outside.state !== 'seen') return [];
  const leading = outside.routes.filter((route) => leadsBy(route, pool) !== undefined);
  const foreign = leading.filter((route) => !isOwn(snapshot, pool, route));
  return foreign.map((route) => `${route.name}${leadsBy(route, pool)}`);
}

/** How, after the route's name; undefined where it does not lead there. Without a weight, cookies still do. */
function leadsBy({ weights, stickyS }: OutsideRoute, { name }: Pool): string | undefined {
  const weight = weights[name];
  if (weight === undefined || (weight === 0 && stickyS === 0)) return undefined;
  return weight > 0 ? '' : ` (without a weight, by cookies of ${duration(stickyS)})`;
}

function isOwn({ traffic, pools }: Snapshot, pool: Pool, { name, by, weights, isPreview }: OutsideRoute): boolean {
  if (isPreview) return true;
  if (pool.role === 'other') return false;
  if (traffic.kind === 'listener-weights') return traffic.routes.some((route) => route.name === name);
  // Each group is behind a load balancer of its own there, and all of its listeners are reached by the names.
  if (traffic.kind === 'dns-weights') return by === 'listener';
  // The config names groups only: what leads to one is its own, but not a share of production that goes to a test group.
  const isProduction = (one: Pool): boolean => one.role === 'production' && (weights[one.name] ?? 0) > 0;
  return pool.role === 'production' || !pools.some(isProduction);
}

/** A pool in which clients of others reach some of these instances. */
export interface SharedPool {
  readonly pool: Pool;
  readonly routes: readonly string[];
  /** Those of the instances that are registered there or draining from it. */
  readonly targets: readonly Target[];
  /** Healthy targets, all and without the instances. */
  readonly healthy: number;
  readonly left: number;
  /** Zones whose clients would find nothing healthy without the instances, where they reach no other zone's. */
  readonly lostZones: readonly string[];
}

export function sharedPools(snapshot: Snapshot, instances: readonly { readonly id: string }[]): readonly SharedPool[] {
  const { outside } = snapshot;
  if (outside.state !== 'seen' || outside.routes.length === 0) return [];
  const own = new Set(instances.map(({ id }) => id));
  const zoneOf = zoneLookup(snapshot);
  return snapshot.pools.flatMap((pool) => {
    const targets = pool.targets.filter(({ id }) => own.has(id));
    const routes = targets.length === 0 ? [] : foreignRoutes(snapshot, pool);
    if (routes.length === 0) return [];
    const healthy = pool.targets.filter(isHealthy);
    const staying = healthy.filter(({ id }) => !own.has(id));
    const kept = zonesOfTargets(zoneOf, staying);
    const lostZones = isZonal(pool) ? zonesOfTargets(zoneOf, healthy).filter((zone) => !kept.includes(zone)) : [];
    return [{ pool, routes, targets, healthy: healthy.length, left: staying.length, lostZones }];
  });
}

/** Clients that find something healthy now would find nothing. */
export function isStarved({ healthy, left, lostZones }: SharedPool): boolean {
  return (healthy > 0 && left === 0) || lostZones.length > 0;
}

/** What would become of it if the instances left: `shop:8443 leads to shop-admin, which would have nothing healthy left.` */
export function lossText({ pool, routes, healthy, left, lostZones }: SharedPool): string {
  const would = left === 0 ? 'nothing healthy' : `${left} of ${healthy} healthy`;
  const lead = routes.length === 1 ? 'leads' : 'lead';
  const zones =
    left === 0 || lostZones.length === 0
      ? ''
      : `, and none in ${list(lostZones)}, whose clients reach no other zone's targets`;
  return `${list(routes, 3)} ${lead} to ${pool.name}, which would have ${would} left${zones}.`;
}

/** Why these instances must not leave the pool: clients of others would find nothing healthy there. */
export function wouldStarveOthers(
  snapshot: Snapshot,
  leaving: readonly { readonly id: string }[],
  pool: Pool,
): string | undefined {
  const shared = sharedPools(snapshot, leaving).find((one) => one.pool.name === pool.name);
  return shared !== undefined && isStarved(shared) ? lossText(shared) : unknownOutside(snapshot);
}

/**
 * Why these instances must not end: clients of others reach them. Those of the allowed pools may lose what a group has there, which takes
 * out by itself what it ends.
 */
export function stillServesOthers(
  snapshot: Snapshot,
  fleet: Fleet,
  allowed: readonly string[] = [],
): string | undefined {
  const all = sharedPools(snapshot, members(fleet));
  const shared = all.find(({ pool }) => !(allowed.includes(pool.name) && isAttached(fleet, pool)));
  if (shared === undefined) return launchesForOthers(snapshot, fleet, allowed)[0]?.why ?? unknownOutside(snapshot);
  const [first] = shared.targets;
  return `${first?.id} is ${first?.state} in ${shared.pool.name}. ${lossText(shared)}`;
}

/** Why these instances cannot be put back where they are: what puts them back knows each by the address that it has itself. */
export function atOtherAddress({ pools }: Snapshot, ids: readonly string[]): string | undefined {
  const found = pools.flatMap(({ name, targets }) =>
    ids.flatMap((one) =>
      withId(targets, one).flatMap(({ id, byAddress, state }) =>
        byAddress === undefined || state === 'draining' ? [] : [{ id, byAddress, in: name }],
      ),
    ),
  );
  const [first] = found;
  return (
    first &&
    `${first.id} is registered with ${first.in} at ${first.byAddress}, and would be put back at its own private address.`
  );
}

/** Pools to which others lead, and where the fleet's group registers what it launches: it may have an instance there a moment after it had none. */
export function launchesForOthers(
  snapshot: Snapshot,
  fleet: Fleet,
  allowed: readonly string[] = [],
): readonly { readonly pool: string; readonly why: string }[] {
  return snapshot.pools.flatMap((pool) => {
    const routes = isAttached(fleet, pool) && !allowed.includes(pool.name) ? foreignRoutes(snapshot, pool) : [];
    if (routes.length === 0) return [];
    const leads = `${list(routes, 3)} ${routes.length === 1 ? 'leads' : 'lead'}`;
    return [
      { pool: pool.name, why: `${fleet.group?.name} registers what it launches with ${pool.name}, to which ${leads}.` },
    ];
  });
}

/** It was not seen what others have here. */
export function unknownOutside({ outside }: Snapshot): string | undefined {
  if (outside.state !== 'unreadable') return undefined;
  return `It could not be read which other target groups and rules lead to these servers: ${outside.why}`;
}
