import { members } from '../domain/roles.ts';
import { routesOf, shareOf } from '../domain/routes.ts';
import type { Fleet, Route, Snapshot } from '../domain/snapshot.ts';
import { duration, list } from '../domain/text.ts';
import { notHealthyIn, sentence } from '../domain/explain.ts';
import { countByZone, healthyIn, shortfall, total } from '../domain/minimum-healthy.ts';
import { fleetById, poolByName } from '../domain/queries.ts';
import type { Meaning } from './meaning.ts';
import {
  hasShare,
  isPresent,
  retainedUntil,
  leftAt,
  notedShare,
  percentText,
  shareOfFleet,
  shareOfPool,
  TOLERANCE,
} from '../domain/shares.ts';
import type { StepOf } from './step.ts';

/** Steps that move shares of traffic, and the times that go with them. */

type Meanings = { readonly [D in 'shift' | 'note-share' | 'watch' | 'await-held']: Meaning<StepOf<D>> };

function fleetOf(snapshot: Snapshot, { fleet }: { fleet: string }): Fleet {
  return fleetById(snapshot, fleet) ?? { id: fleet, release: fleet, marks: {}, instances: [] };
}

function memberIds(snapshot: Snapshot, step: { fleet: string }): readonly string[] {
  return members(fleetOf(snapshot, step)).map(({ id }) => id);
}

/** Rules 1 and 4 of "what must never happen": who is given traffic was seen to be healthy now, and is enough. */
function notFit(snapshot: Snapshot, step: StepOf<'shift'> | StepOf<'watch'>): string | undefined {
  const fleet = fleetOf(snapshot, step);
  const pool = poolByName(snapshot, step.pool);
  const healthy = countByZone(healthyIn(pool, fleet));
  const short = shortfall(healthy, step.minimumHealthy);
  if (short === undefined && total(healthy) > 0) return undefined;
  const sick = notHealthyIn(pool, fleet);
  const why = sick.length === 0 ? '' : ` ${sentence(sick)}.`;
  const missing = short === undefined ? '' : `, ${short} of the minimum of ${step.minimumHealthy.total}`;
  return `${total(healthy)} of ${members(fleet).length} instances of ${fleet.release} are healthy in ${pool.name}${missing}.${why}`;
}

/** A share goes to all who are in the pool, whoever they are. */
function notAlone(snapshot: Snapshot, step: StepOf<'shift'>): string | undefined {
  const fleet = fleetOf(snapshot, step);
  const pool = poolByName(snapshot, step.pool);
  const own = new Set(fleet.instances.map(({ id }) => id));
  const others = pool.targets.filter((target) => isPresent(target) && !own.has(target.id)).map(({ id }) => id);
  if (others.length === 0) return undefined;
  return `Production would go to ${list(others, 3)} in ${pool.name} as well, which ${others.length === 1 ? 'is' : 'are'} not of ${fleet.release}: take ${others.length === 1 ? 'it' : 'them'} out first.`;
}

/** Weights that are none of those that this plan knows. */
function changedByOthers(
  snapshot: Snapshot,
  { role, pool }: { role: 'production' | 'test'; pool: string },
  known: (route: Route) => boolean,
  expected: number,
): string | undefined {
  const strange = routesOf(snapshot, role).find((route) => !known(route));
  if (strange === undefined) return undefined;
  return `Somebody else has changed the weights of ${strange.name}: ${pool} gets ${percentText(shareOf(strange, pool))}, where ${percentText(expected)} was expected.`;
}

function routeNames(snapshot: Snapshot, role: 'production' | 'test'): string {
  return list(
    routesOf(snapshot, role).map(({ name }) => name),
    3,
  );
}

/** Seconds that are left of the watch; undefined as long as the share was not noted. */
function watchedS(snapshot: Snapshot, step: StepOf<'watch'>): number | undefined {
  const noted = notedShare(fleetOf(snapshot, step));
  if (noted === undefined || noted.percent !== step.percent || noted.at < step.since) return undefined;
  return Math.max(0, (snapshot.at - Date.parse(noted.at)) / 1000);
}

export const shareMeanings: Meanings = {
  shift: {
    progress: (snapshot, step) => {
      const routes = routesOf(snapshot, step.role);
      return routes.every((route) => hasShare(route, step.pool, step.percent)) ? 'done' : 'todo';
    },
    title: (snapshot, step) => {
      const { release } = fleetOf(snapshot, step);
      const routes = routeNames(snapshot, step.role);
      return step.role === 'test'
        ? `point ${routes} to ${step.pool} (${release})`
        : `send ${percentText(step.percent)} of ${routes} to ${step.pool} (${release})`;
    },
    touches: memberIds,
    seconds: (snapshot, step) => routesOf(snapshot, step.role).length,
    forbids: (snapshot, step) =>
      step.role === 'test' ? undefined : (notAlone(snapshot, step) ?? notFit(snapshot, step)),
    disturbed: (snapshot, step) => {
      const { from, percent: to } = step;
      if (from === undefined) return undefined;
      return changedByOthers(
        snapshot,
        step,
        (route) => Math.abs(shareOf(route, step.pool) - from) < TOLERANCE || hasShare(route, step.pool, to),
        from,
      );
    },
  },
  'note-share': {
    progress: (snapshot, step) => {
      const fleet = fleetOf(snapshot, step);
      if (snapshot.routing === undefined) return 'done';
      // Of a fleet that has nothing it matters when it lost it; of others, that this run has seen it.
      if (step.percent === 0) return leftAt(snapshot, fleet) === undefined ? 'todo' : 'done';
      if (shareOfFleet(snapshot, fleet) > step.percent + TOLERANCE) return 'done';
      const noted = notedShare(fleet);
      return noted !== undefined && noted.percent === step.percent && noted.at >= step.since ? 'done' : 'todo';
    },
    title: (snapshot, step) =>
      `tag ${fleetOf(snapshot, step).release} as having ${percentText(step.percent)} of production from now on`,
    touches: memberIds,
    seconds: () => 1,
  },
  watch: {
    progress: (snapshot, step) => {
      if (snapshot.routing === undefined) return 'done';
      if (shareOfPool(snapshot, step.pool) > step.percent + TOLERANCE) return 'done';
      const passed = watchedS(snapshot, step);
      return passed !== undefined && passed >= step.seconds ? 'done' : 'under way';
    },
    title: (snapshot, step) =>
      `watch ${fleetOf(snapshot, step).release} with ${percentText(step.percent)} for ${duration(step.seconds)}`,
    touches: memberIds,
    seconds: (_snapshot, step) => step.seconds,
    count: (snapshot, step) => ({
      have: Math.floor(watchedS(snapshot, step) ?? 0),
      want: step.seconds,
      word: 'seconds',
      waiting: notHealthyIn(poolByName(snapshot, step.pool), fleetOf(snapshot, step)),
    }),
    hopeless: notFit,
    disturbed: (snapshot, step) =>
      changedByOthers(
        snapshot,
        { role: 'production', pool: step.pool },
        (route) => hasShare(route, step.pool, step.percent),
        step.percent,
      ),
  },
  'await-held': {
    progress: (snapshot, step) => {
      const until = retainedUntil(snapshot, fleetOf(snapshot, step));
      return until !== undefined && snapshot.at >= until ? 'done' : 'under way';
    },
    title: (snapshot, step) =>
      `keep ${fleetOf(snapshot, step).release} until ${duration(snapshot.routing?.holdS ?? 0)} after production has left it`,
    touches: memberIds,
    seconds: (snapshot, step) => {
      const until = retainedUntil(snapshot, fleetOf(snapshot, step));
      return until === undefined ? (snapshot.routing?.holdS ?? 0) : Math.max(0, (until - snapshot.at) / 1000);
    },
  },
};

/** Requests of production may still be on their way to it. */
export function retentionProblem(snapshot: Snapshot, fleet: Fleet): string | undefined {
  const until = retainedUntil(snapshot, fleet);
  if (until === undefined) return `It is not known when production has left ${fleet.release}.`;
  if (snapshot.at >= until) return undefined;
  const holdS = snapshot.routing?.holdS ?? 0;
  const passed = holdS - (until - snapshot.at) / 1000;
  return `Production has left ${fleet.release} ${duration(passed)} ago, and requests may still be on their way: it is kept for ${duration(holdS)}.`;
}
