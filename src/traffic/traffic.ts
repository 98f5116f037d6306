import { OperatorError } from '../errors.ts';
import type { Pool } from '../domain/snapshot.ts';
import type { Traffic, TrafficSettings } from '../domain/traffic.ts';
import type { Unreadable } from '../domain/unreadable.ts';

/** A target to register or to deregister: an instance at a port. */
export interface TargetRef {
  readonly id: string;
  readonly port: number;
  /** As of `Target`. */
  readonly byAddress?: string;
}

/** What was read, and what for test traffic could not be. */
export interface PoolReading {
  readonly pools: readonly Pool[];
  readonly unreadable: readonly Unreadable[];
}

/** By pool name. */
export type Weights = Readonly<Record<string, number>>;

/**
 * A way to move traffic. Every change is idempotent (ELB accepts a target that is registered or deregistered already,
 * ELBv2 API reference), and is sent in as few requests as ELB takes.
 */
export interface TrafficPort {
  readonly kind: string;
  /** What the config decides, to be pinned in goals. */
  readonly settings: TrafficSettings;
  /** The names of the pools that the config names, also of those that cannot be read. At most two requests, once. */
  groupNames(): Promise<readonly string[]>;
  /**
   * The pools that the config names, with their targets as they are now; `names` limits the reading to those. One request a
   * pool. Rejects when one that production needs cannot be read.
   */
  read(names?: readonly string[]): Promise<PoolReading>;
  /** Where people reach each pool: URLs of the listeners whose rules forward to it, by pool name. For showing; costs several requests. */
  urls(): Promise<Readonly<Record<string, readonly string[]>>>;
  register(pool: Pool, targets: readonly TargetRef[]): Promise<void>;
  deregister(pool: Pool, targets: readonly TargetRef[]): Promise<void>;
  /** How traffic is divided now. At most one request for rules and one for default actions, or one a DNS name. */
  readTraffic(): Promise<Traffic>;
  /** How far the last change has come; weights are those that `readTraffic` saw last. */
  follow(): Promise<Traffic>;
  /** What `readTraffic` saw last, with the requests that reached these pools lately, where DNS may still lead clients to them. */
  residual(pools: readonly string[]): Promise<Traffic>;
  /**
   * Gives routes new weights; everything else of them stays as `readTraffic` last saw it. One request a rule, or a zone of
   * names; in that order. @throws Error where no weights divide the traffic
   */
  setWeights(changes: ReadonlyMap<string, Weights>): Promise<void>;
  /** Gives the records of these names other TTLs, in seconds. One request a zone. @throws Error where there are none */
  setTtls(changes: ReadonlyMap<string, number>): Promise<void>;
}

/** For what a way of moving traffic does not have, and no plan of its model asks for. */
export async function notHere(): Promise<never> {
  throw new Error('This way of moving traffic has no such thing.');
}

/** What is read of something for test traffic: an error that will not pass becomes a value, so that production can do without it. */
export async function orUnreadable<T>(name: string, read: Promise<T>): Promise<T | Unreadable> {
  return read.catch((error: unknown): Unreadable => {
    if (!(error instanceof OperatorError) || error.transient) throw error;
    return { name, code: error.code, why: error.message, next: error.next };
  });
}

export function isUnreadable(one: object): one is Unreadable {
  return 'why' in one;
}

export function isReadable<T extends object>(one: T | Unreadable): one is T {
  return !isUnreadable(one);
}

export function isComplete(all: readonly object[]): boolean {
  return !all.some(isUnreadable);
}
