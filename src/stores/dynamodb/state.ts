import type { Item } from '../../aws/dynamodb.ts';
import type { Holder, Lease, RecordedGoal } from '../store.ts';

/** The one record of an environment in which lease, queue and goal are. */
export interface State {
  readonly fence: number;
  /** Absent when nobody has the lease. */
  readonly held?: { readonly lease: Lease; readonly beat: number; readonly ttlMs: number };
  /** In order of arrival. */
  readonly waiters: readonly Waiter[];
  /** How many places were ever taken. */
  readonly tickets: number;
  readonly goal?: RecordedGoal;
}

export interface Waiter {
  readonly holder: Holder;
  readonly ticket: number;
  readonly beat: number;
  readonly placeMs: number;
}

export function stateOf(item: Item): State {
  const { fence, run, holder, beat, ttl, renewed, doing, next, goal, tickets, waiters } = item;
  const since = Number(renewed);
  const lease = {
    holder: parse(holder ?? 'null') as Holder,
    fence: Number(fence),
    doing: textOf(doing),
    ...(textOf(next) === '' ? {} : { next: textOf(next) }),
    renewedAt: since,
    expiresAt: since + Number(ttl),
  };
  return {
    fence: Number(fence),
    ...(run === undefined ? {} : { held: { lease, beat: Number(beat), ttlMs: Number(ttl) } }),
    waiters: waitersOf((waiters ?? {}) as Item),
    tickets: Number(tickets ?? 0),
    ...(goal === undefined ? {} : { goal: parse(goal) as RecordedGoal }),
  };
}

function waitersOf(waiters: Item): readonly Waiter[] {
  return Object.values(waiters)
    .map((waiter) => waiter as Item)
    .map(({ holder, ticket, beat, place }) => ({
      holder: parse(holder) as Holder,
      ticket: Number(ticket),
      beat: Number(beat),
      placeMs: Number(place),
    }))
    .toSorted((a, b) => a.ticket - b.ticket);
}

function parse(text: unknown): unknown {
  return JSON.parse(textOf(text));
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
