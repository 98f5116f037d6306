import type { Pool, Routing, Tail, Ttl } from '../domain/snapshot.ts';

/** A target to register or to deregister: an instance at a port. */
export interface TargetRef {
  readonly id: string;
  readonly port: number;
}

/** By pool name. */
export type Weights = Readonly<Record<string, number>>;

/** The routes that divide traffic among the pools, where it is moved by their weights. */
export interface RoutingPort {
  /** Routes and what goes with them, as they are now. At most one request for rules and one for default actions. */
  read(): Promise<Routing>;
  /**
   * Gives routes new weights; everything else of them stays as `read` last saw it. One request a rule, or a zone of names;
   * in that order.
   */
  shift(changes: ReadonlyMap<string, Weights>): Promise<void>;
  /** How far the last change has come, where that takes its time: names. Weights are those that `read` saw last. */
  follow?(): Promise<Routing>;
  /** Gives names their low or their usual TTL, where the config has such. One request a zone. */
  setTtl?(which: Ttl): Promise<void>;
  /** What has come to these pools lately, where resolvers and clients may lead there long after the last change: names. */
  tail?(pools: readonly string[]): Promise<Tail>;
}

/**
 * A way to move traffic. Every change is idempotent (ELB accepts a target that is registered or deregistered already,
 * ELBv2 API reference), and is sent in as few requests as ELB takes.
 */
export interface TrafficPort {
  readonly kind: string;
  /** The pools that the config names, with their targets as they are now; `names` limits the reading to those. One request a pool. */
  read(names?: readonly string[]): Promise<readonly Pool[]>;
  /** Where people reach each pool: URLs of the listeners whose rules forward to it, by pool name. For showing; costs several requests. */
  urls(): Promise<Readonly<Record<string, readonly string[]>>>;
  register(pool: Pool, targets: readonly TargetRef[]): Promise<void>;
  deregister(pool: Pool, targets: readonly TargetRef[]): Promise<void>;
  /** Absent where traffic is moved by membership alone. */
  readonly routing?: RoutingPort;
}
