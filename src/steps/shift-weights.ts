import type { PoolMinimum } from '../domain/goal.ts';
import { takingProblem } from '../domain/group-problems.ts';
import { whyPassedOver } from '../domain/passed-over.ts';
import { poolByName } from '../domain/queries.ts';
import { configuredPools } from '../domain/roles.ts';
import { dividedRoutes, routesOf, shareOf, weightsFor, withTraffic } from '../domain/routes.ts';
import { hasShare, isPresent, percentText, TOLERANCE } from '../domain/shares.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { Route, RouteRole } from '../domain/traffic.ts';
import { list } from '../domain/text.ts';
import { ALL_POOLS, NOTHING, withGroups, type Reads } from '../observe/reads.ts';
import type { StepDefinition } from './definition.ts';
import { REQUEST } from './presets.ts';
import { foreignWeights, notFit, routeNames, takenAway } from './shares.ts';
import { fleetOf, idsOf, memberIds } from './world.ts';

const ROUTES: Reads = { ...NOTHING, routes: true };

/** Give the pool, in which the fleet is, that percentage of what all routes with the role bring; one request a route. */
export interface ShiftWeights {
  readonly do: 'shift-weights';
  readonly role: RouteRole;
  readonly pool: string;
  readonly fleet: string;
  readonly percent: number;
  /** What it had of each route before, by name: other weights than these, or those given, mean that others change them. */
  readonly from: Readonly<Record<string, number>>;
  readonly minimumHealthy: PoolMinimum;
  /** Not where production goes back to what served before: nothing waits for an instance of others to leave that group. */
  readonly refusesUnmanaged: boolean;
}

export const shiftWeights: StepDefinition<ShiftWeights> = (step) => ({
  ...REQUEST,
  title: (snapshot) => {
    const { release } = fleetOf(snapshot, step);
    const routes = routeNames(snapshot, step.role);
    if (step.role === 'test') return `point ${routes} to ${step.pool} (${release})`;
    return `send ${percentText(step.percent)} of ${routes} to ${step.pool} (${release})`;
  },
  instances: (snapshot) => memberIds(snapshot, step),
  estimateS: (snapshot) => routesOf(snapshot, step.role).length,
  // What answers itself never gives production to the pool; without test traffic a switch can be finished.
  progress: (snapshot) => {
    const routes = (step.role === 'test' ? dividedRoutes : routesOf)(snapshot, step.role);
    return routes.every((route) => hasShare(route, step.pool, step.percent)) ? 'done' : 'todo';
  },
  guard: (snapshot) =>
    step.role === 'test'
      ? undefined
      : (notAlone(snapshot, step) ??
        notFit(snapshot, step) ??
        recordGone(snapshot, step) ??
        // Weights that would change no answer; the way back is tried nevertheless.
        (step.refusesUnmanaged ? whyPassedOver(snapshot, { name: step.pool }) : undefined) ??
        (step.refusesUnmanaged ? takingProblem(fleetOf(snapshot, step))?.message : undefined)),
  conflict: (snapshot) => {
    const { percent, pool, role } = step;
    if (role === 'test') return undefined;
    const before = (route: Route): number => step.from[route.name] ?? 0;
    return (
      takenAway(snapshot, role, ({ name }) => step.from[name] !== undefined) ??
      foreignWeights(snapshot, role, pool, before, (route) => {
        return Math.abs(shareOf(route, pool) - before(route)) < TOLERANCE || hasShare(route, pool, percent);
      })
    );
  },
  // Whether the pool is fit is asked before production moves.
  readsBefore: (snapshot) => (step.role === 'test' ? ROUTES : withGroups(snapshot, ALL_POOLS)),
  readsToPoll: () => ROUTES,
  effect: () => (step.role === 'test' ? 'records' : 'shifts-traffic'),
  apply: async ({ traffic }, snapshot) => {
    const pools = configuredPools(snapshot).map(({ name }) => name);
    const open = dividedRoutes(snapshot, step.role).filter((route) => !hasShare(route, step.pool, step.percent));
    const weights = open.map((route) => [route.name, weightsFor(route, step.pool, step.percent, pools)] as const);
    await traffic.setWeights(new Map(weights));
  },
  simulate: (snapshot) => shifted(snapshot, step),
});

/** Where others have deleted the record that leads to the pool, the rest would be told to give up its share for nobody. */
function recordGone(snapshot: Snapshot, { pool }: ShiftWeights): string | undefined {
  if (snapshot.traffic.kind !== 'dns-weights') return undefined;
  const route = routesOf(snapshot, 'production').find(({ weights }) => weights[pool] === undefined);
  if (route === undefined) return undefined;
  return `${route.name} has no weighted record any more that leads to ${pool}: add it again, with weight 0.`;
}

/** A share goes to every target in the pool. */
function notAlone(snapshot: Snapshot, step: ShiftWeights): string | undefined {
  const fleet = fleetOf(snapshot, step);
  const pool = poolByName(snapshot, step.pool);
  const own = idsOf(fleet.instances);
  const managed = idsOf(snapshot.fleets.flatMap(({ instances }) => instances));
  const others = idsOf(pool.targets.filter(isPresent)).filter(
    (id) => !own.includes(id) && (step.refusesUnmanaged || managed.includes(id)),
  );
  if (others.length === 0) return undefined;
  const [verb, them] = others.length === 1 ? ['is', 'it'] : ['are', 'them'];
  return `Production would go to ${list(others, 3)} in ${pool.name} as well, which ${verb} not of ${fleet.release}: take ${them} out first.`;
}

function shifted(snapshot: Snapshot, { role, pool, percent }: ShiftWeights): Snapshot {
  const { traffic } = snapshot;
  if (!('routes' in traffic)) return snapshot;
  const pools = configuredPools(snapshot).map(({ name }) => name);
  const routes = traffic.routes.map((route) =>
    route.role === role && shareOf(route, pool) < percent
      ? { ...route, weights: weightsFor(route, pool, percent, pools) }
      : route,
  );
  // Nothing has been asked since.
  const asked = 'answers' in traffic && ({ pending: true, answers: { state: 'not-asked' } } as const);
  return withTraffic(snapshot, { ...traffic, ...asked, routes });
}
