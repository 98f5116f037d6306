import type { Pool } from '../domain/snapshot.ts';
import type { Traffic, TrafficSettings } from '../domain/traffic.ts';

/** A target to register or to deregister: an instance at a port. */
export interface TargetRef {
  readonly id: string;
  readonly port: number;
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
  /** The pools that the config names, with their targets as they are now; `names` limits the reading to those. One request a pool. */
  read(names?: readonly string[]): Promise<readonly Pool[]>;
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
