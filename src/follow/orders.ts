import type { Permit, Pointer, OrderProgress, Release } from '../releases/records.ts';

/** What to run from now on, and who says so. */
export interface Order {
  readonly kind: OrderProgress['kind'];
  readonly number: number;
  readonly release: Release;
}

/** What an instance remembers, on its disk. */
export interface FollowState {
  readonly instance: string;
  /** Newest permit that was carried out, or failed; 0: none. */
  readonly permit: number;
  /** Newest pointer that was seen; 0: none. */
  readonly pointer: number;
  /** An app answered here before anything was followed: it may be in traffic, so it changes only with a permit. */
  readonly foreign?: true;
  /** The last release that has answered: the one to go back to. */
  readonly runs?: Release;
  /** Switched to, and not seen answering yet. */
  readonly trying?: Order;
  readonly progress?: OrderProgress;
}

/** What is known of the orders: undefined where there is none. */
export interface Orders {
  readonly permit: Permit | undefined;
  readonly pointer: Pointer | undefined;
}

export type NextOrder =
  | { readonly do: 'nothing' }
  | { readonly do: 'follow'; readonly order: Order }
  | { readonly do: 'refuse'; readonly why: string };

/**
 * What to do next. An instance that runs something changes only with a permit, since its requests must be drained before; one that runs
 * nothing boots what the pointer names.
 */
export function nextOrder(state: FollowState, { permit, pointer }: Orders): NextOrder {
  const old = tooOld('permit', permit, state.permit) ?? tooOld('pointer', pointer, state.pointer);
  if (old !== undefined) return { do: 'refuse', why: old };
  if (permit?.state === 'given' && permit.number > state.permit)
    return { do: 'follow', order: asOrder('permit', permit) };
  const isEmpty = state.runs === undefined && state.foreign === undefined;
  if (isEmpty && pointer !== undefined) return { do: 'follow', order: asOrder('pointer', pointer) };
  return { do: 'nothing' };
}

/** The bucket was set back, or somebody wrote what turnout did not. */
function tooOld(kind: Order['kind'], found: Permit | Pointer | undefined, seen: number): string | undefined {
  if (found === undefined || found.number >= seen) return undefined;
  return `The ${kind} has number ${found.number} and release ${found.release}, and is older than number ${seen}, which was seen here: it is not followed.`;
}

function asOrder(kind: Order['kind'], { number, ...rest }: Permit | Pointer): Order {
  const { release, sha256, size, signature } = rest;
  return { kind, number, release: { release, sha256, size, ...(signature !== undefined && { signature }) } };
}

/** After an order has ended, well or not. A pointer that failed is tried again: there is nothing to lose. */
export function ended(state: FollowState, order: Order, progress: OrderProgress): FollowState {
  const { trying: _trying, ...rest } = state;
  return { ...rest, progress, ...(order.kind === 'permit' && { permit: order.number }) };
}
