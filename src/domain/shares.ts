import { routesOf, shareOf } from './routes.ts';
import { configuredPools, isAttached, isIn, isLive } from './roles.ts';
import type { Fleet, Pool, Snapshot } from './snapshot.ts';
import type { Route, RouteRole } from './traffic.ts';

/** What each fleet gets of production where weights divide it: there every fleet stays in a pool of its own. */

/**
 * The pool that the fleet is in, or the one that it would be put into; none when all are taken. A group's is the one that it is
 * attached to: its instances that are in others were registered there by hand.
 */
export function ownPools(snapshot: Snapshot, fleet: Fleet, without?: string): readonly Pool[] {
  const isOther = ({ name }: Pool): boolean => name !== without;
  const pools = configuredPools(snapshot);
  const attached = pools.filter((pool) => isAttached(fleet, pool));
  const own = (attached.length > 0 ? attached : pools.filter((pool) => isIn(pool, fleet))).filter(isOther);
  return own.length > 0 ? own : emptyPools(snapshot).filter(isOther).slice(0, 1);
}

/** Pools without targets, those that get nothing of production first. */
function emptyPools(snapshot: Snapshot): readonly Pool[] {
  const empty = configuredPools(snapshot).filter((pool) => !pool.targets.some(isPresent));
  return [...empty.filter(({ role }) => role === 'test'), ...empty.filter(({ role }) => role === 'production')];
}

/** It is there and stays, healthy or not. */
export function isPresent({ state, reason }: Pool['targets'][number]): boolean {
  return state !== 'draining' && reason !== 'Target.NotRegistered' && reason !== 'Target.InvalidState';
}

/** The least share of production, in percent, that any route gives to the pool. */
export function shareOfPool(snapshot: Snapshot, pool: string, role: RouteRole = 'production'): number {
  const shares = routesOf(snapshot, role).map((route) => shareOf(route, pool));
  return shares.length === 0 ? 0 : Math.min(...shares);
}

/** The least share that any production route gives to the fleet's own pool; 0 where nothing is divided. */
export function shareOfFleet(snapshot: Snapshot, fleet: Fleet): number {
  const [stable] = ownPools(snapshot, fleet);
  return stable === undefined ? 0 : shareOfPool(snapshot, stable.name);
}

/** What a run of ours has recorded of the fleet's share, in percent, and the ISO time at which it was seen to be so. */
export function recordedShare({ marks }: Fleet): { readonly percent: number; readonly at: string } | undefined {
  // `10@2026-11-22T02:10:31.000Z`.
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
 * When production's traffic was seen to have left the fleet. Unknown unless this is newer than all that was recorded
 * of others: if it is not, the fleet has served since, and a run ended before it recorded that.
 */
export function leftAt(snapshot: Snapshot, fleet: Fleet): string | undefined {
  const recorded = recordedShare(fleet);
  if (recorded?.percent !== 0) return undefined;
  const others = snapshot.fleets.filter((other) => other !== fleet && other.instances.some(isLive));
  return others.every((other) => (recordedShare(other)?.at ?? '') < recorded.at) ? recorded.at : undefined;
}

/** It was given production's traffic at some time. */
export function hasServed({ marks }: Fleet): boolean {
  return marks.current !== undefined || marks.promoted !== undefined;
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
