import type { Pool } from '../../src/domain/snapshot.ts';
import type { TrafficPort } from '../../src/traffic/traffic.ts';

export type Spelling = 'names' | 'ids';
export type Request = 'settings' | 'read' | 'register' | 'deregister';
/** `lost`: the effect takes place, the answer does not come. */
export type Fault = 'throttled' | 'broken' | 'lost';

/** A small world in which a way of moving traffic is tried: what an adapter brings so that the suite can run on it. */
export interface TrafficWorld {
  /**
   * The port as a new process opens it: production pools `shop-production` (port 8080) and `shop-internal` (port 9090, which
   * only our config says), and the test pool `shop-test`; spelt in one way or another, with other names in their places.
   */
  open(spelling?: Spelling, instead?: Readonly<Record<string, string>>): TrafficPort;
  /** Instances that serve in both production pools. */
  readonly blue: readonly string[];
  /** Boots running instances that are in no pool. */
  boot(count: number): Promise<readonly string[]>;
  lose(id: string): void;
  stop(id: string): Promise<void>;
  behave(id: string, how: 'ok' | 'sick' | 'slow'): void;
  /** No client is sent to the pool any more. */
  unplug(pool: string): Promise<void>;
  /** Makes time between registration and the first check long, or short again. */
  slowRegistration(on: boolean): void;
  fault(kind: Fault, on: Request, times?: number): void;
  heal(): void;
  /** Requests that have arrived since the last call, retries included. */
  requests(): number;
  close(): Promise<void>;
}

export const PRODUCTION = 'shop-production';
export const INTERNAL = 'shop-internal';
export const TEST = 'shop-test';
export const POOLS = [PRODUCTION, INTERNAL, TEST] as const;

export async function poolOf(port: TrafficPort, name: string): Promise<Pool> {
  const [pool] = (await port.read([name])).pools;
  if (pool === undefined) throw new Error(`There is no pool ${name}.`);
  return pool;
}

/** Lines such as `i-1:8080 unhealthy Target.Timeout`, sorted. */
export async function states(port: TrafficPort, pool: string): Promise<readonly string[]> {
  const { targets } = await poolOf(port, pool);
  return targets
    .map(({ id, port: own, state, reason }) => [`${id}:${own}`, state, reason].filter(Boolean).join(' '))
    .toSorted();
}

/** Of those lines, the ones that drain. */
export function draining(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => line.includes(' draining '));
}

export function at(port: number, ids: readonly string[]): readonly { id: string; port: number }[] {
  return ids.map((id) => ({ id, port }));
}
