import type { Clock } from '../clock.ts';
import type { FleetPort } from '../fleets/fleet.ts';
import type { TrafficPort } from '../traffic/traffic.ts';
import type { Pool, Snapshot } from './snapshot.ts';

interface Readers {
  readonly fleet: Pick<FleetPort, 'read'>;
  readonly traffic: Pick<TrafficPort, 'read'>;
  readonly clock: Clock;
}

/** Reads everything: one DescribeTargetHealth a pool, at the same time the fleets, then whoever else is in a pool. */
export async function observe({ fleet, traffic, clock }: Readers): Promise<Snapshot> {
  const at = clock.now();
  const reading = traffic.read();
  const ids = reading.then(targetIds);
  // Whoever reads fleets may fail before it waits for the ids; that the pools failed is told by `reading`.
  ids.catch(() => undefined);
  const [pools, { fleets, strangers }] = await Promise.all([reading, fleet.read(ids)]);
  return { at, fleets, strangers, pools };
}

/** Which part of the world a step waits for. */
export interface Look {
  readonly pools: readonly string[];
  readonly fleets: boolean;
}

/** Reads that part again and keeps the rest; for polling, where one request should tell. */
export async function glance({ fleet, traffic, clock }: Readers, before: Snapshot, look: Look): Promise<Snapshot> {
  const at = clock.now();
  const fresh = look.pools.length > 0 ? await traffic.read(look.pools) : [];
  const pools = before.pools.map((pool) => fresh.find((candidate) => candidate.name === pool.name) ?? pool);
  if (!look.fleets) return { ...before, at, pools };
  const { fleets, strangers } = await fleet.read(targetIds(pools));
  return { at, fleets, strangers, pools };
}

function targetIds(pools: readonly Pool[]): readonly string[] {
  return [...new Set(pools.flatMap((pool) => pool.targets.map((target) => target.id)))];
}

/** The snapshot with the URLs of its pools, for showing. They are read while it is. */
export async function withUrls(
  traffic: Pick<TrafficPort, 'urls'>,
  snapshot: Snapshot | Promise<Snapshot>,
): Promise<Snapshot> {
  const [bare, urls] = await Promise.all([snapshot, traffic.urls()]);
  return { ...bare, pools: bare.pools.map((pool) => ({ ...pool, urls: urls[pool.name] ?? [] })) };
}
