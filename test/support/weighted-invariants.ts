import type { Goal } from '../../src/domain/goal.ts';
import type { Pool, Snapshot } from '../../src/domain/snapshot.ts';
import type { Route } from '../../src/domain/traffic.ts';
import type { Step } from '../../src/steps/index.ts';
import { HOLD_S } from './weighted-worlds.ts';

/** "What must never happen" where production is divided by weights, without the planner's own functions. */

function routes({ traffic }: Snapshot): readonly Route[] {
  return traffic.kind === 'membership' ? [] : traffic.routes;
}

function weights(snapshot: Snapshot, route: string): Readonly<Record<string, number>> {
  return routes(snapshot).find(({ name }) => name === route)?.weights ?? {};
}

function productionRoutes(snapshot: Snapshot): readonly string[] {
  return routes(snapshot)
    .filter(({ role }) => role === 'production')
    .map(({ name }) => name);
}

function gets(snapshot: Snapshot, pool: string): boolean {
  return productionRoutes(snapshot).some((route) => (weights(snapshot, route)[pool] ?? 0) > 0);
}

function healthy(pool: Pool | undefined): number {
  return pool?.targets.filter(({ state }) => state === 'healthy').length ?? 0;
}

function poolNamed(snapshot: Snapshot, name: string): Pool | undefined {
  return snapshot.pools.find((pool) => pool.name === name);
}

/** The healthy targets of the pool that carries more of every route; without one, the most of those that serve. */
export function minimumAtStart(snapshot: Snapshot): ReadonlyMap<string, number> {
  const serving = snapshot.pools.filter(({ name }) => gets(snapshot, name));
  const carries = (name: string): boolean =>
    productionRoutes(snapshot).every((route) => weightOf(snapshot, route, name) > 50);
  const carrier = serving.find(({ name, targets }) => targets.length > 0 && carries(name));
  return new Map([['all', carrier ? healthy(carrier) : Math.max(0, ...serving.map(healthy))]]);
}

function weightOf(snapshot: Snapshot, route: string, pool: string): number {
  return weights(snapshot, route)[pool] ?? 0;
}

export function broken(
  before: Snapshot,
  step: Step,
  after: Snapshot,
  minimum: ReadonlyMap<string, number>,
): string | undefined {
  return (
    overwhelmed(before, after, minimum.get('all') ?? 0) ??
    emptied(before, after) ??
    pulledOut(before, step, after) ??
    killed(before, step)
  );
}

/** A pool that gets more of production than before has the minimum healthy, and at least one. */
function overwhelmed(before: Snapshot, after: Snapshot, minimum: number): string | undefined {
  for (const route of productionRoutes(after)) {
    for (const [pool, weight] of Object.entries(weights(after, route))) {
      const has = healthy(poolNamed(before, pool));
      if (weight > (weights(before, route)[pool] ?? 0) && (has === 0 || has < minimum))
        return `${pool} gets more of ${route} with ${has} healthy, the minimum is ${minimum}`;
    }
  }
  return undefined;
}

/** No step takes the last healthy one away from production. */
function emptied(before: Snapshot, after: Snapshot): string | undefined {
  const sum = (snapshot: Snapshot): number =>
    snapshot.pools.filter(({ name }) => gets(snapshot, name)).reduce((all, pool) => all + healthy(pool), 0);
  return sum(before) > 0 && sum(after) === 0 ? 'production has no healthy target left' : undefined;
}

/** No healthy target leaves a group that production goes to. */
function pulledOut(before: Snapshot, step: Step, after: Snapshot): string | undefined {
  if (step.do !== 'deregister' || !gets(before, step.pool)) return undefined;
  const lost = healthy(poolNamed(before, step.pool)) - healthy(poolNamed(after, step.pool));
  return lost > 0 ? `${lost} healthy were taken out of ${step.pool} under traffic` : undefined;
}

/** Who is terminated gets nothing, and lost it long enough ago. */
function killed(before: Snapshot, step: Step): string | undefined {
  if (step.do !== 'terminate') return undefined;
  const fleet = before.fleets.find(({ id }) => id === step.fleet);
  const ids = new Set(fleet?.instances.map(({ id }) => id));
  const under = before.pools.find(({ name, targets }) => gets(before, name) && targets.some(({ id }) => ids.has(id)));
  if (under !== undefined) return `${step.fleet} was terminated while ${under.name} gets production`;
  const { current, promoted, share } = fleet?.marks ?? {};
  if ((current ?? promoted) === undefined) return undefined;
  const left = share?.startsWith('0@') ? Date.parse(share.slice(2)) : Number.POSITIVE_INFINITY;
  return before.at - left < HOLD_S * 1000 ? `${step.fleet} was terminated before the hold had passed` : undefined;
}

/** What the last world lacks of the goal. */
export function fallsShort(world: Snapshot, goal: Goal): string | undefined {
  if (goal.verb !== 'promote' && goal.verb !== 'rollback') return undefined;
  const wanted = (goal.verb === 'promote' && goal.stages?.shares.at(-1)) || 100;
  const ids = new Set(world.fleets.find(({ id }) => id === goal.fleet)?.instances.map(({ id }) => id));
  const home = world.pools.find(({ targets }) => targets.some(({ id }) => ids.has(id)))?.name ?? '';
  const lacking = productionRoutes(world).find((route) => (weights(world, route)[home] ?? 0) < wanted);
  return lacking === undefined ? undefined : `${lacking} does not give ${wanted} % to ${goal.fleet}`;
}
