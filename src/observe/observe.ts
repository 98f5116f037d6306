import type { Clock } from '../clock.ts';
import type { FleetPort } from '../fleets/fleet.ts';
import { counted, notAsked, type ProductionPort } from '../production/production.ts';
import type { TrafficPort } from '../traffic/traffic.ts';
import { withTraffic } from '../domain/routes.ts';
import type { Marks, Pool, Snapshot } from '../domain/snapshot.ts';

interface Readers {
  readonly fleet: Pick<FleetPort, 'read' | 'readFleets' | 'carries'>;
  readonly traffic: Pick<TrafficPort, 'read' | 'readTraffic' | 'follow' | 'residual'>;
  readonly clock: Clock;
  readonly production: ProductionPort;
}

/**
 * Reads everything: one DescribeTargetHealth a pool and the routes, at the same time the fleets, then whatever else is in a
 * pool. With `residual`, then also the requests that still reach pools that production has left.
 */
export async function observe(readers: Readers, residual = false): Promise<Snapshot> {
  const { fleet, traffic: port, clock, production } = readers;
  const at = clock.now();
  const reading = port.read();
  const ids = reading.then(targetIds);
  // The fleets may fail before they wait for the ids; that the pools failed is told by `reading`.
  ids.catch(() => undefined);
  const [pools, traffic, { fleets, strangers }] = await Promise.all([reading, port.readTraffic(), fleet.read(ids)]);
  const bare = { at, fleets, strangers, pools, traffic, answers: notAsked(production.verification) };
  const snapshot = withTraffic(bare, traffic);
  return residual ? withResidual(port, snapshot) : snapshot;
}

/** Only a pool with targets, and without a share of production, can have requests that should not reach it. */
async function withResidual(port: Readers['traffic'], snapshot: Snapshot): Promise<Snapshot> {
  const left = snapshot.pools.filter(({ role, targets }) => role === 'test' && targets.length > 0);
  return { ...snapshot, traffic: await port.residual(left.map(({ name }) => name)) };
}

/** Which part of the world a step waits for. */
export interface Reads {
  /** By name. */
  readonly pools: readonly string[] | 'all';
  /** By id; only with `all` are strangers looked for. */
  readonly fleets: readonly string[] | 'all';
  /** Whether that fleet carries these marks: of a large fleet far less to read than the fleet. */
  readonly marks?: { readonly fleet: string; readonly marks: Marks };
  readonly routes?: boolean;
  /** How far the last change of names has come. */
  readonly follow?: boolean;
  /** Asks production for some more answers. */
  readonly answers?: boolean;
  /** Counts the requests that still reach pools that production has left. */
  readonly residual?: boolean;
}

/** Reads that part again and keeps the rest; for polling, where one request should tell. */
export async function refresh(readers: Readers, before: Snapshot, look: Reads): Promise<Snapshot> {
  const { fleet, traffic: port, clock, production } = readers;
  const at = clock.now();
  const fresh = readPools(port, look.pools);
  const reading = fresh.then((some) => before.pools.map((pool) => some.find(({ name }) => name === pool.name) ?? pool));
  const [pools, { fleets, strangers }, traffic, more] = await Promise.all([
    reading,
    look.fleets === 'all' ? fleet.read(reading.then(targetIds)) : readFleets(fleet, before, look.fleets),
    look.follow ? port.follow() : look.routes ? port.readTraffic() : before.traffic,
    look.answers ? production.ask() : [],
  ]);
  const seen = { ...before, at, fleets, strangers, pools, answers: counted(before.answers, more) };
  const snapshot = withTraffic(look.marks ? await withMarks(fleet, seen, look.marks) : seen, traffic);
  return look.residual ? withResidual(port, snapshot) : snapshot;
}

async function readFleets(
  fleet: Readers['fleet'],
  before: Snapshot,
  ids: readonly string[],
): Promise<Pick<Snapshot, 'fleets' | 'strangers'>> {
  if (ids.length === 0) return before;
  const fresh = await fleet.readFleets(ids);
  const known = before.fleets.flatMap((one) =>
    ids.includes(one.id) ? (fresh.find(({ id }) => id === one.id) ?? []) : one,
  );
  return { fleets: [...known, ...fresh.filter((one) => !known.includes(one))], strangers: before.strangers };
}

async function withMarks(
  port: Readers['fleet'],
  snapshot: Snapshot,
  { fleet: id, marks }: NonNullable<Reads['marks']>,
): Promise<Snapshot> {
  const marked = snapshot.fleets.find((fleet) => fleet.id === id);
  // Whoever does not carry them may be gone.
  if (marked === undefined || !(await port.carries(marked, marks)))
    return { ...snapshot, ...(await readFleets(port, snapshot, [id])) };
  const now = { ...marked, marks: { ...marked.marks, ...marks } };
  return { ...snapshot, fleets: snapshot.fleets.map((fleet) => (fleet === marked ? now : fleet)) };
}

async function readPools(traffic: Readers['traffic'], names: Reads['pools']): Promise<readonly Pool[]> {
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
