import type { Clock } from '../clock.ts';
import type { FleetPort } from '../fleets/fleet.ts';
import type { GatePort } from '../gates/gates.ts';
import type { GreenPort } from '../production/green.ts';
import { counted, notAsked, type ProductionPort } from '../production/production.ts';
import type { OutsidePort, OutsideRequest } from '../traffic/discover.ts';
import type { PoolReading, TrafficPort } from '../traffic/traffic.ts';
import { OperatorError } from '../errors.ts';
import { isLive } from '../domain/roles.ts';
import { withTraffic } from '../domain/routes.ts';
import { noteServed, servedByOthersOnly } from '../domain/served.ts';
import type { Instance, Snapshot } from '../domain/snapshot.ts';
import { defined } from '../domain/defined.ts';
import type { Outside, Surroundings } from '../domain/traffic.ts';
import { withBeside, type BesideReaders } from './beside.ts';
import { hasSucceeded, withDetails, withFetchedReleases, type DetailReaders } from './details.ts';
import type { Reads } from './reads.ts';
import { withChecks } from './green-checks.ts';
import { withAlarms, withBake } from './gates.ts';
import { withTrial } from './trial.ts';
import { allEnded } from '../all-ended.ts';

interface Readers {
  readonly fleet: Pick<FleetPort, 'read' | 'readFleets' | 'carries'>;
  readonly traffic: Pick<TrafficPort, 'read' | 'readTraffic' | 'follow' | 'residual' | 'urls'>;
  readonly outside: OutsidePort;
  readonly clock: Clock;
  readonly production: ProductionPort;
}

interface AllReaders extends Readers, BesideReaders {
  readonly inPlace: DetailReaders;
  readonly green: Pick<GreenPort, 'ask'>;
  readonly gates: Pick<GatePort, 'judge' | 'alarms'>;
}

/** What is read beside pools, routes and fleets. */
interface Extent {
  /** Also the requests that still reach pools that production has left. */
  readonly residual?: boolean;
  /** How far it is looked beyond the config; or what is known of that already, and is not read again. */
  readonly outside?: OutsideRequest['among'] | Outside;
  /** What earlier looks of this run have seen of it. */
  readonly served?: Snapshot['served'];
}

/**
 * Reads everything: one DescribeTargetHealth a pool and the routes, at the same time the fleets and what the config does not
 * name, then whatever else is in a pool.
 */
export async function observe(
  readers: Readers,
  { residual = false, outside = NOT_ASKED, served }: Extent = {},
): Promise<Snapshot> {
  const { fleet, traffic: port, clock, production } = readers;
  const since = stopwatch(clock);
  const reading = port.read();
  const ids = reading.then(targetIds);
  // The fleets may fail before they wait for the ids; `reading` says that the pools failed.
  ids.catch(() => undefined);
  const instances = fleet.read(ids);
  const looking =
    typeof outside === 'object' ? outside : lookFirst(readers, { instances: allOf(instances), among: outside });
  const [pools, traffic, fleets, seen] = await allEnded([reading, port.readTraffic(), instances, looking]);
  const answers = notAsked(production.verification);
  const bare = { at: since(), ...fleets, ...pools, traffic, outside: seen, answers, ...defined({ served }) };
  const noted = noteServed(withTraffic(bare, traffic), seen === outside ? 'routes' : 'outside', clock.now());
  const snapshot = await withOthers(readers, seen === outside ? noted : await withLatest(readers, noted));
  return residual ? withResidual(port, snapshot) : snapshot;
}

/** Two readings that were made at the same time contradict each other: which one is the newer is not known, and a third is. */
async function withLatest({ traffic: port, clock }: Readers, snapshot: Snapshot): Promise<Snapshot> {
  if (servedByOthersOnly(snapshot).length === 0) return snapshot;
  return noteServed(withTraffic(snapshot, await port.readTraffic()), 'routes', clock.now());
}

/** When it was started, in milliseconds since the epoch: known afterwards, since AWS's time comes with its first answer. */
function stopwatch(clock: Clock): () => number {
  const start = clock.monotonic();
  return () => Math.round(clock.now() - (clock.monotonic() - start));
}

const NOT_ASKED: Outside = { state: 'not-asked' };

/** What AWS does not tell is unreadable: who takes nothing away goes on without it, and for others what passes is retried. */
async function look({ outside }: Readers, request: OutsideRequest): Promise<Outside> {
  return outside.look(request).catch((error: unknown) => {
    const isRetried = request.among === 'all' && error instanceof OperatorError && error.transient;
    if (isRetried || !(error instanceof OperatorError)) throw error;
    return { state: 'unreadable', why: error.message, next: error.next };
  });
}

async function lookFirst(readers: Readers, request: OutsideRequest): Promise<Outside> {
  const [seen, surroundings] = await allEnded([look(readers, request), readers.outside.lookAround()]);
  return seen.state === 'seen' ? { ...seen, surroundings } : seen;
}

async function allOf(reading: Promise<Pick<Snapshot, 'fleets' | 'unmanaged'>>): Promise<readonly Instance[]> {
  // Where it fails, the reading itself says so.
  return reading.then(allIn, () => []);
}

/** What still exists, of this environment and beside it in its pools. */
function allIn({ fleets, unmanaged }: Pick<Snapshot, 'fleets' | 'unmanaged'>): readonly Instance[] {
  return [...fleets.flatMap(({ instances }) => instances), ...unmanaged].filter(isLive);
}

/** The snapshot with the other groups that were found, and with the instances in them. */
async function withOthers({ traffic, fleet }: Readers, snapshot: Snapshot): Promise<Snapshot> {
  const { outside } = snapshot;
  const known = new Set(snapshot.pools.map(({ name }) => name));
  const missing = outside.state === 'seen' ? outside.groups.filter((name) => !known.has(name)) : [];
  if (missing.length === 0) return snapshot;
  const others = await traffic.read(missing);
  const pools = [...snapshot.pools, ...others.pools];
  const unreadable = [...snapshot.unreadable, ...others.unreadable];
  return { ...snapshot, pools, unreadable, ...(await fleet.read(targetIds({ pools }))) };
}

/** Only a pool with targets, and without a share of production, can have requests that should not reach it. */
async function withResidual(port: Readers['traffic'], snapshot: Snapshot): Promise<Snapshot> {
  const left = snapshot.pools.filter(({ role, targets }) => role === 'test' && targets.length > 0);
  return { ...snapshot, traffic: await port.residual(left.map(({ name }) => name)) };
}

/** Reads that part again and keeps the rest; for polling, where one request should suffice. */
export async function refresh(readers: AllReaders, before: Snapshot, reads: Reads): Promise<Snapshot> {
  const [outside, lists] = await allEnded([
    reads.outsideOf && lookFor(readers, before, reads.outsideOf),
    refreshLists(readers, before, reads),
  ]);
  const known = outside === undefined ? lists : await withOutside(readers, lists, outside);
  const seen = await refreshDetails(readers, known, reads);
  const judged = await withAlarms(readers, await withBake(readers, seen, reads), reads);
  return withBeside(readers, judged, reads);
}

/** Looks in every target group for these instances, and for what leads to them. */
async function lookFor(readers: Readers, snapshot: Snapshot, ids: readonly string[]): Promise<Outside> {
  const instances = allIn(snapshot).filter(({ id }) => ids.includes(id));
  return { ...surroundingsIn(snapshot), ...(await look(readers, { instances, among: 'all' })) };
}

async function withOutside(readers: Readers, snapshot: Snapshot, outside: Outside): Promise<Snapshot> {
  return withOthers(readers, noteServed({ ...snapshot, outside }, 'outside', readers.clock.now()));
}

/** What was seen of them when the run began is not looked for again. */
function surroundingsIn({ outside }: Snapshot): { readonly surroundings?: Surroundings } {
  return outside.state === 'seen' ? defined({ surroundings: outside.surroundings }) : {};
}

async function refreshDetails(readers: AllReaders, snapshot: Snapshot, reads: Reads): Promise<Snapshot> {
  const named = reads.fetched ? await withFetchedReleases(readers.inPlace, snapshot) : snapshot;
  const tried = await withTrial(readers, await withDetails(readers.inPlace, named, reads), reads);
  const seen = await withChecks(readers, tried, reads);
  // Once it has succeeded, what is recorded in the tags is what counts.
  const isOver = reads.deploy !== undefined && hasSucceeded(seen, reads.deploy);
  return isOver ? refreshLists(readers, seen, { pools: [], fleets: 'all' }) : seen;
}

/** AWS's lists, and what production answers. */
async function refreshLists(readers: Readers, before: Snapshot, reads: Reads): Promise<Snapshot> {
  if (readsNoList(reads)) return before;
  const { fleet, traffic: port, clock, production } = readers;
  const since = stopwatch(clock);
  const reading = readPools(port, before, reads.pools);
  const [pools, fleets, traffic, more] = await allEnded([
    reading,
    reads.fleets === 'all' ? fleet.read(reading.then(targetIds)) : readFleets(fleet, before, reads.fleets),
    reads.follow ? port.follow() : reads.routes ? port.readTraffic() : before.traffic,
    reads.answers ? production.ask() : [],
  ]);
  const seen = { ...before, at: since(), ...fleets, ...pools, answers: counted(before.answers, more) };
  const routed = withTraffic(reads.marks ? await withMarks(fleet, seen, reads.marks) : seen, traffic);
  const snapshot = reads.routes ? noteServed(routed, 'routes', clock.now()) : routed;
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
  if (ids.length === 0) return { fleets: before.fleets, unmanaged: before.unmanaged };
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

/** What was asked for, and the rest as it was. */
async function readPools(
  traffic: Readers['traffic'],
  { pools: known, unreadable: unknown }: Snapshot,
  names: Reads['pools'],
): Promise<PoolReading> {
  if (names === 'all') return traffic.read();
  if (names.length === 0) return { pools: known, unreadable: unknown };
  const { pools, unreadable } = await traffic.read(names);
  const lost = new Set(unreadable.map(({ name }) => name));
  const rest = known.filter(({ name }) => !lost.has(name));
  return {
    pools: rest.map((pool) => pools.find(({ name }) => name === pool.name) ?? pool),
    unreadable: [...unknown.filter(({ name }) => !names.includes(name)), ...unreadable],
  };
}

function targetIds({ pools }: Pick<PoolReading, 'pools'>): readonly string[] {
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
