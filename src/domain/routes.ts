import type { Pool, Snapshot } from './snapshot.ts';
import type { DnsWeights, Route, RouteRole, Traffic } from './traffic.ts';

/** What routes say about pools. Pure; everything here is about the weights of our own pools. */

/** None where fleets move between pools. */
export function routesOf({ traffic }: Pick<Snapshot, 'traffic'>, role: RouteRole): readonly Route[] {
  return 'routes' in traffic ? traffic.routes.filter((route) => route.role === role) : [];
}

/** Those that weights divide: what a route answers itself goes to no pool, and no weight changes that. */
export function dividedRoutes(snapshot: Pick<Snapshot, 'traffic'>, role: RouteRole): readonly Route[] {
  return routesOf(snapshot, role).filter(({ answers }) => answers === undefined);
}

/** What is seen of DNS. @throws Error in a snapshot of other traffic: its plans have no steps that ask for this */
export function dnsOf({ traffic }: Pick<Snapshot, 'traffic'>): DnsWeights {
  if (traffic.kind !== 'dns-weights') throw new Error('DNS does not divide the traffic here.');
  return traffic;
}

/** The pool gets production's traffic, or the next change of weights may give it some. */
export function mayServe(snapshot: Snapshot, pool: Pool): boolean {
  return pool.role === 'production' || routesOf(snapshot, 'production').length > 0;
}

/** The snapshot with this traffic: where weights divide it, they say which pools are in production. */
export function withTraffic(snapshot: Snapshot, traffic: Traffic): Snapshot {
  const pools = 'routes' in traffic ? withRoles(snapshot.pools, traffic.routes) : snapshot.pools;
  return { ...snapshot, traffic, pools };
}

function total(route: Route): number {
  return Object.values(route.weights).reduce((sum, weight) => sum + weight, 0);
}

/** The pool's share of what the route gives to our pools, in percent. */
export function shareOf(route: Route, pool: string): number {
  const all = total(route);
  return all === 0 ? 0 : ((route.weights[pool] ?? 0) / all) * 100;
}

/** Whether some of what comes by it goes to our pools. */
export function leadsHere({ answers, weights }: Route): boolean {
  return answers === undefined && Object.values(weights).some((weight) => weight > 0);
}

/** By route, in percent. */
export function sharesOf(routes: readonly Route[], share: (route: Route) => number): Readonly<Record<string, number>> {
  return Object.fromEntries(routes.map((route) => [route.name, share(route)]));
}

/** What the pool has of each route of production that leads to our pools, to a hundredth: weights are whole numbers. */
export function sharesNow(snapshot: Pick<Snapshot, 'traffic'>, pool: string): Readonly<Record<string, number>> {
  const ours = routesOf(snapshot, 'production').filter(leadsHere);
  return sharesOf(ours, (route) => Math.round(shareOf(route, pool) * 100) / 100);
}

/** The pools with the role that the routes give them: one that gets production's clients is in production. */
function withRoles(pools: readonly Pool[], routes: readonly Route[]): readonly Pool[] {
  const production = routes.filter(({ role }) => role === 'production');
  const serves = (name: string): boolean => production.some(({ weights }) => (weights[name] ?? 0) > 0);
  const routed = (pool: Pool): Pool => ({ ...pool, role: serves(pool.name) ? 'production' : 'test' });
  return pools.map((pool) => (pool.role === 'other' ? pool : routed(pool)));
}

/** Weights of a route that is given in whole percents. */
const WHOLE = 100;

/**
 * Weights that give the pool that many percent of what goes to our pools, and the others the rest in equal parts. What they
 * have together stays as it is wherever others have a part in the route, so that those keep their share.
 */
export function weightsFor(
  route: Route,
  pool: string,
  percent: number,
  pools: readonly string[],
): Readonly<Record<string, number>> {
  const keeps = route.othersWeight > 0 || percent === 0 || percent === 100;
  const all = (keeps && total(route)) || WHOLE;
  const given = Math.round((all * percent) / 100);
  const rest = pools.filter((name) => name !== pool);
  return Object.fromEntries(
    pools.map((name) => [name, name === pool ? given : Math.round((all - given) / Math.max(1, rest.length))]),
  );
}

/** Whether the route's weights can express that many percent. */
export function canGive(route: Route, pool: string, percent: number, pools: readonly string[]): boolean {
  const weights = weightsFor(route, pool, percent, pools);
  return Math.abs(shareOf({ ...route, weights }, pool) - percent) < 0.01;
}
