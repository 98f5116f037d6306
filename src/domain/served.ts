import { targetsOf } from './roles.ts';
import { routesOf } from './routes.ts';
import type { Snapshot } from './snapshot.ts';
import type { OutsideRoute, Route } from './traffic.ts';

/**
 * Which fleets production was seen to go to, where weights divide it. A snapshot has two readings of the config's routes: its own,
 * and that of all that leads here. They are of different moments, so both count. Pure.
 */

/** Pools to which production goes by one of the readings, and not by the snapshot's own. */
export function servedByOthersOnly(snapshot: Snapshot): readonly string[] {
  const own = new Set(givenBy(routesOf(snapshot, 'production')));
  return givenBy(productionSeenOutside(snapshot)).filter((name) => !own.has(name));
}

/**
 * The snapshot with a note of the fleets that have a share by a reading that was just made, beside what was noted before.
 * @param reading `outside`: also what leads here was read
 * @param at when it had ended, in milliseconds since the epoch
 */
export function noteServed(snapshot: Snapshot, reading: 'routes' | 'outside', at: number): Snapshot {
  const routes = [
    ...routesOf(snapshot, 'production'),
    ...(reading === 'outside' ? productionSeenOutside(snapshot) : []),
  ];
  const given = new Set(givenBy(routes));
  const pools = snapshot.pools.filter(({ name }) => given.has(name));
  const fleets = snapshot.fleets.filter((fleet) => pools.some((pool) => targetsOf(pool, fleet).length > 0));
  if (fleets.length === 0) return snapshot;
  return { ...snapshot, served: { ...snapshot.served, ...Object.fromEntries(fleets.map(({ id }) => [id, at])) } };
}

/** The config's routes as they were seen among all that leads here. */
function productionSeenOutside(snapshot: Snapshot): readonly OutsideRoute[] {
  const { outside } = snapshot;
  if (outside.state !== 'seen') return [];
  const names = new Set(routesOf(snapshot, 'production').map(({ name }) => name));
  return outside.routes.filter(({ name }) => names.has(name));
}

function givenBy(routes: readonly Pick<Route, 'weights'>[]): readonly string[] {
  return routes.flatMap(({ weights }) => Object.keys(weights).filter((name) => (weights[name] ?? 0) > 0));
}
