import { notHealthyIn, sentence } from '../domain/explain.ts';
import type { PoolMinimum } from '../domain/goal.ts';
import { capacityByZone, healthyTargets, shortfall, total } from '../domain/minimum-healthy.ts';
import { poolByName } from '../domain/queries.ts';
import { leadsHere, routesOf, shareOf } from '../domain/routes.ts';
import { membersToServe } from '../domain/scaled.ts';
import { percentText } from '../domain/shares.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { Route, RouteRole } from '../domain/traffic.ts';
import { list } from '../domain/text.ts';
import { shiftedAway } from '../domain/zonal-shift.ts';
import { fleetOf } from './world.ts';

/** What the steps that move or watch shares of traffic have in common. */

/** Rules 1 and 4 of "What must never happen": the fleet that gets traffic was seen to be healthy now, and large enough. */
export function notFit(
  snapshot: Snapshot,
  step: { readonly fleet: string; readonly pool: string; readonly minimumHealthy: PoolMinimum },
): string | undefined {
  const fleet = fleetOf(snapshot, step);
  const pool = poolByName(snapshot, step.pool);
  const healthy = capacityByZone(healthyTargets([pool], fleet), step.minimumHealthy);
  const short = shortfall(healthy, step.minimumHealthy);
  if (short === undefined && total(healthy) > 0) return shiftedAway(snapshot, pool, fleet);
  const sick = notHealthyIn(pool, fleet);
  const why = sick.length === 0 ? '' : ` ${sentence(sick)}.`;
  const missing = short === undefined ? '' : `, ${short} of the minimum of ${step.minimumHealthy.total}`;
  return `${total(healthy)} of ${membersToServe(fleet).length} instances of ${fleet.release} are healthy in ${pool.name}${missing}.${why}`;
}

/** Weights that are none of those that this plan knows. */
export function foreignWeights(
  snapshot: Snapshot,
  role: RouteRole,
  pool: string,
  expected: (route: Route) => number,
  isKnown: (route: Route) => boolean,
): string | undefined {
  const strange = routesOf(snapshot, role).find((route) => !isKnown(route));
  if (strange === undefined) return undefined;
  return `The weights of ${strange.name} were changed by another actor: ${pool} gets ${percentText(shareOf(strange, pool))}, where ${percentText(expected(strange))} was expected.`;
}

/** A route that led to our pools, and that others have since made to answer itself, or to lead to their own alone. */
export function takenAway(snapshot: Snapshot, role: RouteRole, wasOurs: (route: Route) => boolean): string | undefined {
  const taken = routesOf(snapshot, role).find((route) => wasOurs(route) && !leadsHere(route));
  if (taken === undefined) return undefined;
  const now = taken.answers === undefined ? 'forwards to no group of the config' : `gives its clients ${taken.answers}`;
  return `${taken.name} was changed by another actor: it ${now}.`;
}

export function routeNames(snapshot: Snapshot, role: RouteRole): string {
  const names = routesOf(snapshot, role).map(({ name }) => name);
  return list(names, 3);
}
