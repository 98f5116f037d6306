import type { Limits } from './definition.ts';

/** Times of steps: estimates in seconds, limits and poll intervals in milliseconds. */

/** An API call and the reading that shows it. */
export const CALL_S = 1;

/** AWS shows an effect within seconds; a minute without it is an error. */
export const EFFECT_SHOWS_MS = 60_000;

export const effectShows = (): number => EFFECT_SHOWS_MS;

/** A time limit of the config. */
export function limit(which: keyof Limits): (limits: Limits) => number {
  return (limits) => limits[which];
}

/** The share of a time that polling may add to it. */
const SLACK = 1 / 20;
const SHORTEST_MS = 100;
const LONGEST_MS = 5000;

function between(ms: number, shortest: number, longest: number): number {
  return Math.min(Math.max(ms, shortest), longest);
}

/** A twentieth of the time waited so far. */
export function byTimeWaited(_snapshot: unknown, waitedMs: number): number {
  return between(waitedMs * SLACK, SHORTEST_MS, LONGEST_MS);
}

/** Of a longer interval the first check may come as early as that. */
const SOON_MS = 5000;

/** Health changes with a check: a twentieth of the check's interval is soon enough at first. */
export function byHealthCheck(intervalMs: number, waitedMs: number): number {
  return between(Math.max(Math.min(intervalMs, SOON_MS), waitedMs) * SLACK, SHORTEST_MS, 1000);
}

/** Asking takes its time already. */
export const atOnce = (): number => SHORTEST_MS;

/** Route 53 lets a whole account send five requests a second (Route 53 developer guide, quotas). */
export function forRoute53(_snapshot: unknown, waitedMs: number): number {
  return between(waitedMs / 50, 500, 1000);
}

/** They belong to all who look names up; the first answers in a row come one after the other. */
export function forNameServers(_snapshot: unknown, waitedMs: number): number {
  return between(waitedMs * SLACK, SHORTEST_MS, 2000);
}

/** Nothing but time has to pass. */
export function untilThen(secondsLeft: number): number {
  return between(secondsLeft * 1000, 1, LONGEST_MS);
}

/** What is counted by the minute does not change any faster. */
export function byPeriod(seconds: number): number {
  return between(seconds * 1000 * SLACK, SHORTEST_MS, LONGEST_MS);
}
