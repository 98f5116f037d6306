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
  readonly pools: readonly string[] | 'all';
  readonly fleets: boolean;
}

/** Reads that part again and keeps the rest; for polling, where one request should tell. */
export async function glance({ fleet, traffic, clock }: Readers, before: Snapshot, look: Look): Promise<Snapshot> {
  const at = clock.now();
  const fresh = readPools(traffic, look.pools);
  const reading = fresh.then((some) => before.pools.map((pool) => some.find(({ name }) => name === pool.name) ?? pool));
  if (!look.fleets) return { ...before, at, pools: await reading };
  const [pools, { fleets, strangers }] = await Promise.all([reading, fleet.read(reading.then(targetIds))]);
  return { ...before, at, fleets, strangers, pools };
}

async function readPools(traffic: Readers['traffic'], names: Look['pools']): Promise<readonly Pool[]> {
  if (names === 'all') return traffic.read();
  return names.length > 0 ? traffic.read(names) : [];
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
