import type { Clock } from '../clock.ts';
import type { FleetPort } from '../fleets/fleet.ts';
import { counted, notAsked, type ProductionPort } from '../production/production.ts';
import type { TrafficPort } from '../traffic/traffic.ts';
import { running } from '../domain/in-place.ts';
import { withTraffic } from '../domain/routes.ts';
import type { Pool, Snapshot } from '../domain/snapshot.ts';
import { hasSucceeded, withDetails, type DetailReaders } from './details.ts';
import type { Reads } from './reads.ts';

interface Readers {
  readonly fleet: Pick<FleetPort, 'read' | 'readFleets' | 'carries'>;
  readonly traffic: Pick<TrafficPort, 'read' | 'readTraffic' | 'follow' | 'residual'>;
  readonly clock: Clock;
  readonly production: ProductionPort;
}

interface AllReaders extends Readers {
  readonly inPlace: DetailReaders;
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
  // The fleets may fail before they wait for the ids; `reading` says that the pools failed.
  ids.catch(() => undefined);
  const [pools, traffic, { fleets, unmanaged }] = await Promise.all([reading, port.readTraffic(), fleet.read(ids)]);
  const bare = { at, fleets, unmanaged, pools, traffic, answers: notAsked(production.verification) };
  const snapshot = withTraffic(bare, traffic);
  return residual ? withResidual(port, snapshot) : snapshot;
}

/** Only a pool with targets, and without a share of production, can have requests that should not reach it. */
async function withResidual(port: Readers['traffic'], snapshot: Snapshot): Promise<Snapshot> {
  const left = snapshot.pools.filter(({ role, targets }) => role === 'test' && targets.length > 0);
  return { ...snapshot, traffic: await port.residual(left.map(({ name }) => name)) };
}

/** Reads that part again and keeps the rest; for polling, where one request should suffice. */
export async function refresh(readers: AllReaders, before: Snapshot, reads: Reads): Promise<Snapshot> {
  const known = reads.groupsOf ? await discoverGroups(readers, before, reads.groupsOf) : before;
  return refreshDetails(readers, await refreshLists(readers, known, reads), reads);
}

/** Looks in every target group for these instances, and for groups that they have left; reads again what that has found. */
async function discoverGroups(readers: AllReaders, snapshot: Snapshot, ids: readonly string[]): Promise<Snapshot> {
  const known = new Set(snapshot.pools.map(({ name }) => name));
  const instances = running(snapshot, ids);
  const left = new Set(instances.flatMap((instance) => (instance.left ?? []).map(({ pool }) => pool)));
  const names = [...left].filter((name) => !known.has(name));
  if (!(await readers.inPlace.discoverTargetGroups({ instances, names }))) return snapshot;
  return refreshLists(readers, { ...snapshot, pools: await readers.traffic.read() }, { pools: [], fleets: 'all' });
}

async function refreshDetails(readers: AllReaders, snapshot: Snapshot, reads: Reads): Promise<Snapshot> {
  const seen = await withDetails(readers.inPlace, snapshot, reads);
  // Once it has succeeded, what is recorded in the tags is what counts.
  const isOver = reads.deploy !== undefined && hasSucceeded(seen, reads.deploy);
  return isOver ? refreshLists(readers, seen, { pools: [], fleets: 'all' }) : seen;
}

/** AWS's lists, and what production answers. */
async function refreshLists(readers: Readers, before: Snapshot, reads: Reads): Promise<Snapshot> {
  if (readsNoList(reads)) return before;
  const { fleet, traffic: port, clock, production } = readers;
  const at = clock.now();
  const fresh = readPools(port, reads.pools);
  const reading = fresh.then((some) => before.pools.map((pool) => some.find(({ name }) => name === pool.name) ?? pool));
  const [pools, { fleets, unmanaged }, traffic, more] = await Promise.all([
    reading,
    reads.fleets === 'all' ? fleet.read(reading.then(targetIds)) : readFleets(fleet, before, reads.fleets),
    reads.follow ? port.follow() : reads.routes ? port.readTraffic() : before.traffic,
    reads.answers ? production.ask() : [],
  ]);
  const seen = { ...before, at, fleets, unmanaged, pools, answers: counted(before.answers, more) };
  const snapshot = withTraffic(reads.marks ? await withMarks(fleet, seen, reads.marks) : seen, traffic);
  return reads.residual ? withResidual(port, snapshot) : snapshot;
}

function readsNoList({ pools, fleets, marks, routes, answers, follow, residual }: Reads): boolean {
  return pools.length === 0 && fleets.length === 0 && !(marks || routes || answers || follow || residual);
}

async function readFleets(
  fleet: Readers['fleet'],
  before: Snapshot,
  ids: readonly string[],
): Promise<Pick<Snapshot, 'fleets' | 'unmanaged'>> {
  if (ids.length === 0) return before;
  const fresh = await fleet.readFleets(ids);
  const known = before.fleets.flatMap((one) =>
    ids.includes(one.id) ? (fresh.find(({ id }) => id === one.id) ?? []) : one,
  );
  return { fleets: [...known, ...fresh.filter((one) => !known.includes(one))], unmanaged: before.unmanaged };
}

async function withMarks(
  port: Readers['fleet'],
  snapshot: Snapshot,
  { fleet: id, marks }: NonNullable<Reads['marks']>,
): Promise<Snapshot> {
  const marked = snapshot.fleets.find((fleet) => fleet.id === id);
  // A fleet that does not carry them may be gone.
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
