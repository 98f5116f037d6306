import { countBy, isEachOnce, withId } from './by-id.ts';
import { isLive, isRegistered } from './roles.ts';
import type { Fleet, Instance, Membership, Pool, Snapshot, Target } from './snapshot.ts';
import { list } from './text.ts';
import type { Amount } from './amount.ts';
import {
  withoutExtraPorts,
  isHealthy,
  minimumAtStake,
  minimumInPlace,
  shortfall,
  total,
  type ByZone,
} from './minimum-healthy.ts';
import type { MinimumHealthy, PoolMinimum } from './goal.ts';
import { foreignRoutes } from './outside.ts';
import { fleetById, isDraining } from './queries.ts';
import { isZonal } from './zones.ts';

/** What deploys in place ask of a snapshot. Every pool counts that holds the instance, whatever its role. */

/** Where each instance is registered when it is not taken out, by id. */
export type Places = Readonly<Record<string, readonly Membership[]>>;

interface Place {
  readonly pool: Pool;
  readonly target: Target;
}

/** Looks among the instances that carry the ownership tags. */
export function instanceById(snapshot: Snapshot, id: string): Instance | undefined {
  for (const { instances } of snapshot.fleets) {
    const [found] = withId(instances, id);
    if (found !== undefined) return found;
  }
  return undefined;
}

export function fleetWith(snapshot: Snapshot, id: string): Fleet | undefined {
  return snapshot.fleets.find((fleet) => withId(fleet.instances, id).length > 0);
}

function targetsById(snapshot: Snapshot, id: string): readonly Place[] {
  return snapshot.pools.flatMap((pool) => withId(pool.targets, id).map((target) => ({ pool, target })));
}

/** Where it is registered now. */
export function placesOf(snapshot: Snapshot, id: string): readonly Place[] {
  return targetsById(snapshot, id).filter(({ target }) => isRegistered(target));
}

/** Where it is still draining from. */
export function drainingFrom(snapshot: Snapshot, id: string): readonly Place[] {
  return targetsById(snapshot, id).filter(({ target }) => isDraining(target));
}

/** Where it belongs: where it is registered, and where it was before it was taken out. In one order, each place once. */
export function homeOf(snapshot: Snapshot, id: string): readonly Membership[] {
  const now = placesOf(snapshot, id).map(({ pool, target }): Membership => ({ pool: pool.name, port: target.port }));
  return together(now, instanceById(snapshot, id)?.left ?? []);
}

export function homesOf(snapshot: Snapshot, ids: readonly string[]): Places {
  return Object.fromEntries(ids.map((id) => [id, homeOf(snapshot, id)]));
}

export function together(...places: readonly (readonly Membership[])[]): readonly Membership[] {
  const all = new Map(places.flat().map((place) => [`${place.pool}:${place.port}`, place]));
  return [...all].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, place]) => place);
}

/** Names of the pools among these places. */
export function poolNames(places: Places): readonly string[] {
  return [...new Set(Object.values(places).flatMap((some) => some.map(({ pool }) => pool)))].toSorted();
}

/** The target at that place, if it is registered there. */
export function registeredAt(snapshot: Snapshot, id: string, { pool, port }: Membership): Target | undefined {
  return placesOf(snapshot, id).find((place) => place.pool.name === pool && place.target.port === port)?.target;
}

/** Healthy wherever it belongs, and belonging somewhere: one that has left a group is not. */
export function isHealthyEverywhere(snapshot: Snapshot, id: string): boolean {
  const home = homeOf(snapshot, id);
  return home.length > 0 && home.every((place) => registeredAt(snapshot, id, place)?.state === 'healthy');
}

/** It carries the release for certain: it is back, and the last deploy on it was that one and has ended well. */
export function carries({ release, left, deploy }: Instance, wanted: string): boolean {
  const isComplete = deploy === undefined || isDeployed({ deploy }, wanted, deploy.run);
  return isComplete && release === wanted && left === undefined;
}

/** That run has delivered that release to it. */
export function isDeployed({ deploy }: Pick<Instance, 'deploy'>, release: string, run: string): boolean {
  return deploy?.state === 'done' && deploy.release === release && deploy.run === run;
}

/** Instances that exist and run, in the order of `ids`. */
export function running(snapshot: Snapshot, ids: readonly string[]): readonly Instance[] {
  return ids.flatMap((id) => {
    const instance = instanceById(snapshot, id);
    return instance !== undefined && isLive(instance) && instance.state === 'running' ? [instance] : [];
  });
}

/** Test groups serve no clients, unless others lead some there: they are left without being counted. */
export function serves(snapshot: Snapshot, pool: Pool): boolean {
  return pool.role !== 'test' || foreignRoutes(snapshot, pool).length > 0;
}

type ZoneOfHealthy = (target: Target) => string | undefined;

const zonesOf = new WeakMap<
  Snapshot['fleets'],
  { readonly unmanaged: Snapshot['unmanaged']; readonly zoneOf: ZoneOfHealthy }
>();

/** The zone of a target that is healthy. One whose zone is not known counts as one of its own. */
function zoneOfHealthy({ fleets, unmanaged }: Snapshot): ZoneOfHealthy {
  const known = zonesOf.get(fleets);
  if (known?.unmanaged === unmanaged) return known.zoneOf;
  const instances = [...fleets.flatMap((fleet) => fleet.instances), ...unmanaged];
  const zones = new Map(instances.map(({ id, zone }) => [id, zone]));
  const zoneOf: ZoneOfHealthy = (target) => (isHealthy(target) ? (zones.get(target.id) ?? '?') : undefined);
  zonesOf.set(fleets, { unmanaged, zoneOf });
  return zoneOf;
}

/** The same fleets with their instances changed, each of which is in the zone where it was. */
export function inSameZones(snapshot: Snapshot, fleets: Snapshot['fleets']): Snapshot {
  zonesOf.set(fleets, { unmanaged: snapshot.unmanaged, zoneOf: zoneOfHealthy(snapshot) });
  return { ...snapshot, fleets };
}

/** Healthy targets of the pool by zone. */
export function healthyByZone(snapshot: Snapshot, { targets }: Pool): Readonly<ByZone> {
  return countBy(targets, zoneOfHealthy(snapshot));
}

/** Why these instances must not leave together now: what the first pool that suffers would have left. */
export function wouldLack(
  snapshot: Snapshot,
  ids: readonly string[],
  minimum: MinimumHealthy | undefined,
): string | undefined {
  if (minimum === undefined) return undefined;
  const pools = new Set(ids.flatMap((id) => placesOf(snapshot, id).map(({ pool }) => pool)));
  const lacking = [...pools]
    .filter((pool) => serves(snapshot, pool))
    .map((pool) => lacks(snapshot, pool, ids, minimum[pool.name] ?? NEVER_NOTHING));
  return lacking.find((why) => why !== undefined);
}

const NEVER_NOTHING: PoolMinimum = { total: 1, zones: {} };

function leftOf(snapshot: Snapshot, pool: Pool, given: ByZone): ByZone {
  const now = Object.entries(healthyByZone(snapshot, pool));
  return Object.fromEntries(now.map(([zone, n]) => [zone, n - (given[zone] ?? 0)]));
}

/** The same where instances may have several targets. */
function leftAtPorts(snapshot: Snapshot, pool: Pool, ids: readonly string[], minimum: PoolMinimum): ByZone {
  const gone = new Set(ids);
  const stays = pool.targets.filter((target) => isHealthy(target) && !gone.has(target.id));
  return countBy(withoutExtraPorts(stays, minimum), zoneOfHealthy(snapshot));
}

function lacks(snapshot: Snapshot, pool: Pool, ids: readonly string[], minimum: PoolMinimum): string | undefined {
  const leaving = [...new Set(ids)].flatMap((id) => withId(pool.targets, id));
  const given = countBy(leaving, zoneOfHealthy(snapshot));
  // One that is not healthy takes nothing away when it leaves.
  if (total(given) === 0) return undefined;
  const left = isEachOnce(pool.targets) ? leftOf(snapshot, pool, given) : leftAtPorts(snapshot, pool, ids, minimum);
  const would = `Taking ${list(ids, 3)} out of ${pool.name} would leave`;
  if (total(left) === 0) return `${would} nothing healthy there: no other target in it is healthy.`;
  if (total(left) < minimum.total) return `${would} ${total(left)} healthy there, and it must keep ${minimum.total}.`;
  const short = shortfall(left, minimumAtStake(minimum, given, undefined));
  return short && `${would} it ${short}, of what it must keep in each zone.`;
}

/** The minimum of each pool that holds one of these instances, while `size` of them are out at once. */
export function minimumWhileOut(
  snapshot: Snapshot,
  ids: readonly string[],
  size: number,
  asked: Amount | undefined,
): MinimumHealthy {
  const names = new Set(ids.flatMap((id) => homeOf(snapshot, id).map(({ pool }) => pool)));
  const pools = snapshot.pools.filter((pool) => names.has(pool.name) && serves(snapshot, pool));
  return Object.fromEntries(
    pools.map((pool) => {
      const rule = { asked, crossZone: !isZonal(pool), ports: portsIn(snapshot, pool, ids) };
      return [pool.name, minimumInPlace(healthyByZone(snapshot, pool), size, rule)];
    }),
  );
}

/** An instance may be registered at several ports of a group. The largest number of targets that any one of these has in the pool. */
function portsIn(snapshot: Snapshot, { name }: Pool, ids: readonly string[]): number {
  return Math.max(1, ...ids.map((id) => homeOf(snapshot, id).filter(({ pool }) => pool === name).length));
}

/** Whether that run has made it the release that new instances boot. */
export function isPointed(snapshot: Snapshot, fleet: string, release: string, run: string): boolean {
  return fleetById(snapshot, fleet)?.marks.pointed === `${release} ${run}`;
}

/** Whether the migrations of that release have run; in this run, where `run` is given. */
export function isMigrated(snapshot: Snapshot, fleet: string, release: string, run?: string): boolean {
  const [migrated, by] = fleetById(snapshot, fleet)?.marks.migrated?.split(' ') ?? [];
  return migrated === release && (run === undefined || by === run);
}
