import { routesOf, shareOf } from './routes.ts';
import { isIn, isLive, poolsOf } from './roles.ts';
import type { Fleet, Pool, PoolRole, Route, Snapshot } from './snapshot.ts';
import { refusal, type Refusal } from './goal.ts';

/**
 * Where production's traffic is divided by weight, every fleet stays in a pool of its own, and what moves is the pool's share.
 * Where it is not, the pools of production and test are fixed, and fleets move between them. These questions have an answer
 * in both worlds, so that tasks need not ask which one they are in.
 */

/** The pools in which the fleet has, or would have, production's traffic. */
export function homesOf(snapshot: Snapshot, fleet: Fleet): readonly Pool[] {
  return placesOf(snapshot, 'production', fleet);
}

/** The pools in which the fleet is tried while it has none of production's traffic. */
export function testPools(snapshot: Snapshot, fleet: Fleet): readonly Pool[] {
  return placesOf(snapshot, 'test', fleet);
}

function placesOf(snapshot: Snapshot, role: PoolRole, fleet: Fleet): readonly Pool[] {
  if (snapshot.routing === undefined) return poolsOf(snapshot, role);
  const own = snapshot.pools.filter((pool) => isIn(pool, fleet));
  return own.length > 0 ? own : emptyPools(snapshot).slice(0, 1);
}

/** Pools that nobody is in, those that get nothing of production first. */
function emptyPools(snapshot: Snapshot): readonly Pool[] {
  const empty = snapshot.pools.filter((pool) => !pool.targets.some(isPresent));
  return [...empty.filter(({ role }) => role === 'test'), ...empty.filter(({ role }) => role === 'production')];
}

/** It is there and stays, healthy or not. */
export function isPresent({ state, reason }: Pool['targets'][number]): boolean {
  return state !== 'draining' && reason !== 'Target.NotRegistered' && reason !== 'Target.InvalidState';
}

/** The least share of production, in percent, that any route gives to the pool. */
export function shareOfPool(snapshot: Snapshot, pool: string, role: PoolRole = 'production'): number {
  const shares = routesOf(snapshot, role).map((route) => shareOf(route, pool));
  return shares.length === 0 ? 0 : Math.min(...shares);
}

/** The least share that any production route gives to the fleet's own pool; 0 where nothing is divided. */
export function shareOfFleet(snapshot: Snapshot, fleet: Fleet): number {
  const [home] = snapshot.routing === undefined ? [] : homesOf(snapshot, fleet);
  return home === undefined ? 0 : shareOfPool(snapshot, home.name);
}

/** What a run of ours wrote down about a fleet's share. */
export interface Noted {
  readonly percent: number;
  /** ISO time at which it was seen to be so. */
  readonly at: string;
}

/** `10@2026-11-22T02:10:31.000Z`. */
export function notedShare({ marks }: Fleet): Noted | undefined {
  const [percent = '', at] = marks.share?.split('@') ?? [];
  return at === undefined ? undefined : { percent: Number(percent), at };
}

/** Not earlier than `since`, so that clocks that differ between machines do not matter. */
export function shareMark(snapshot: Snapshot, percent: number, since: string): string {
  return `${percent}@${timeMark(snapshot, since)}`;
}

/** The time of the snapshot, or `since` where that is later. */
export function timeMark(snapshot: Snapshot, since: string): string {
  // A plan that is only asked for has no time of asking.
  return new Date(Math.max(snapshot.at, Date.parse(since) || 0)).toISOString();
}

/**
 * When production's traffic was seen to have left the fleet. Unknown unless this is newer than all that was noted of others:
 * if it is not, the fleet has served since, and a run ended before it wrote that down.
 */
export function leftAt(snapshot: Snapshot, fleet: Fleet): string | undefined {
  const noted = notedShare(fleet);
  if (noted?.percent !== 0) return undefined;
  const others = snapshot.fleets.filter((other) => other !== fleet && other.instances.some(isLive));
  return others.every((other) => (notedShare(other)?.at ?? '') < noted.at) ? noted.at : undefined;
}

/** It was given production's traffic at some time. */
export function hasServed({ marks }: Fleet): boolean {
  return marks.current !== undefined || marks.promoted !== undefined;
}

/** Milliseconds since the epoch until which the fleet must stay as it is; undefined when it is not known when it left. */
export function retainedUntil(snapshot: Snapshot, fleet: Fleet): number | undefined {
  if (snapshot.routing === undefined || !hasServed(fleet)) return 0;
  const left = leftAt(snapshot, fleet);
  return left === undefined ? undefined : Date.parse(left) + snapshot.routing.holdS * 1000;
}

/** Why traffic must not be moved to a new fleet the way it is set up. */
export function routingProblems(snapshot: Snapshot): Refusal | undefined {
  const faults = snapshot.routing?.faults ?? [];
  if (faults.length === 0) return undefined;
  return refusal(
    'not-alike',
    faults.join(' '),
    'Mend the groups, the rules, or their names under `traffic` in the config; then run this again.',
  );
}

/** Weights that no run of ours has set: somebody is at work there. */
export function foreignWeights(snapshot: Snapshot): Refusal | undefined {
  for (const route of routesOf(snapshot, 'production')) {
    const parts = snapshot.pools.filter(({ name }) => isPart(shareOf(route, name)));
    const [least] = parts.toSorted((a, b) => shareOf(route, a.name) - shareOf(route, b.name));
    if (least === undefined || parts.some((pool) => isNoted(snapshot, route, pool))) continue;
    return refusal(
      'weights-changed',
      `${route.name} gives ${percentText(shareOf(route, least.name))} of production to ${least.name}, and no run of turnout left it so.`,
      'Find out who has changed the weights.',
      '`turnout rollback` gives all of it to the fleet before; or set the weights back, then run this again.',
    );
  }
  return undefined;
}

function isPart(share: number): boolean {
  return share > TOLERANCE && share < 100 - TOLERANCE;
}

/** The pool gets what was noted of a fleet in it. */
function isNoted(snapshot: Snapshot, route: Route, pool: Pool): boolean {
  const noted = snapshot.fleets.filter((fleet) => isIn(pool, fleet)).map((fleet) => notedShare(fleet)?.percent ?? -1);
  return noted.some((share) => Math.abs(share - shareOf(route, pool.name)) < TOLERANCE);
}

/** Weights are whole numbers, so that a third is not exactly one. */
export const TOLERANCE = 0.01;

/** Whether the route gives the pool that many percent, or more. */
export function hasShare(route: Route, pool: string, wanted: number): boolean {
  return shareOf(route, pool) >= wanted - TOLERANCE;
}

/** `10 %`, `33.3 %`. */
export function percentText(share: number): string {
  return `${Number(share.toFixed(1))} %`;
}
