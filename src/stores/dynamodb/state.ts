import type { Item } from '../../aws/dynamodb.ts';
import { defined } from '../../domain/defined.ts';
import { readGoal } from '../records.ts';
import type { Holder, Lease, RecordedGoal, UnreadableGoal } from '../store.ts';

/** Lease, queue and goal of an environment: one item. */
export interface EnvironmentState {
  /** Id of the store. */
  readonly id: string;
  readonly fence: number;
  /** Absent when no lease is held. */
  readonly held?: { readonly lease: Lease; readonly heartbeat: number; readonly ttlMs: number };
  /** In order of arrival. */
  readonly places: readonly QueuePlace[];
  /** Number of places taken so far. */
  readonly tickets: number;
  readonly goal?: RecordedGoal | UnreadableGoal;
}

/** The place of a run in the queue. */
export interface QueuePlace {
  readonly holder: Holder;
  readonly ticket: number;
  readonly heartbeat: number;
  readonly placeMs: number;
}

export function stateOf(item: Item): EnvironmentState {
  const { id, fence, run, holder, heartbeat, ttl, renewed, doing, next, goal, tickets, waiters } = item;
  const since = Number(renewed);
  const lease = {
    holder: parse(holder ?? 'null') as Holder,
    fence: Number(fence),
    doing: textOf(doing),
    ...defined({ next: textOf(next) || undefined }),
    renewedAt: since,
    expiresAt: since + Number(ttl),
  };
  return defined({
    id: textOf(id),
    fence: Number(fence),
    held: run === undefined ? undefined : { lease, heartbeat: Number(heartbeat), ttlMs: Number(ttl) },
    places: placesIn((waiters ?? {}) as Item),
    tickets: Number(tickets ?? 0),
    goal: goal === undefined ? undefined : readGoal(textOf(goal)),
  });
}

function placesIn(waiters: Item): readonly QueuePlace[] {
  const places = (Object.values(waiters) as Item[]).map(({ holder, ticket, heartbeat, place }) => ({
    holder: parse(holder) as Holder,
    ticket: Number(ticket),
    heartbeat: Number(heartbeat),
    placeMs: Number(place),
  }));
  return places.toSorted((a, b) => a.ticket - b.ticket);
}

function parse(text: unknown): unknown {
  return JSON.parse(textOf(text));
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
