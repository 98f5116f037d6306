import type { Elbv2, TargetDescription, TargetHealthDescription } from '../aws/elbv2.ts';
import { OperatorError } from '../errors.ts';
import { ownersIn, scalingGroup, type Ownership } from '../domain/owners.ts';
import type { Instance, Pool } from '../domain/snapshot.ts';
import type { Outside, OutsideRoute, Surroundings } from '../domain/traffic.ts';
import { NOTHING_BESIDE, readBeside, type Beside } from './beside.ts';
import { toPoolGroup, type PoolGroup } from './find-groups.ts';
import { isPreview } from './preview.ts';
import { RepeatedReads, type RouteReads } from './repeated-reads.ts';
import { listenersFor, routesAt } from './routes-to.ts';
import { toPool, withAttributes, type Settings } from './target-groups.ts';
import {
  isReadable,
  isUnreadable,
  orUnreadable,
  type PoolReading,
  type TargetRef,
  type TrafficPort,
} from './traffic.ts';
import { allEnded } from '../all-ended.ts';

type Seen = Extract<Outside, { state: 'seen' }>;
type TagsByArn = Awaited<ReturnType<Elbv2['tags']>>;
type ScalingRead = { readonly read?: Awaited<ReturnType<Beside['scalingGroups']>>; readonly why?: string };
const NO_TAGS: TagsByArn = new Map();
type Searched = Pick<Instance, 'id' | 'address' | 'otherAddresses' | 'left'>;

/** Whose target groups are looked for, and how far. */
export interface OutsideRequest {
  /** May be a promise, so that much is read while the instances are being read. */
  readonly instances: readonly Searched[] | Promise<readonly Searched[]>;
  /** `some`: only where there are not too many other groups, which is enough to tell of them, and not to take anything away. */
  readonly among: 'all' | 'some';
}

/** Sees what the config does not name. */
export interface OutsidePort {
  /**
   * Finds the target groups that hold one of the instances, by its id or an address, and those that one has left, and
   * all that leads to them or to the groups of the config. From then on the groups are read with those of the config, as pools
   * of the role `other`, whose targets have the ids of instances. One request for 400 groups, one for each group that may
   * hold an instance, one for each load balancer and each listener, one for the tags of 20 of these, and one for 100 Auto Scaling groups.
   */
  look(request: OutsideRequest): Promise<Outside>;
  /** What is only worth knowing. */
  lookAround(): Promise<Surroundings>;
}

/** The same way of moving traffic, with the groups that were found. */
export function createDiscovery(
  inner: TrafficPort,
  elbv2: Elbv2,
  owner: Ownership,
  beside: Beside = NOTHING_BESIDE,
): TrafficPort & OutsidePort {
  const others = new OtherGroups(elbv2, owner, beside);
  return {
    ...inner,
    read: async (names) => {
      const owns = names?.every((name) => others.has(name)) ? [] : [inner.read(names)];
      const readings = await allEnded([...owns, others.read(names)]);
      return {
        pools: readings.flatMap(({ pools }) => pools),
        unreadable: readings.flatMap(({ unreadable }) => unreadable),
      };
    },
    register: async (pool, targets) => {
      const known = others.targetsIn(pool, targets);
      return known ? elbv2.register(pool.arn, known) : inner.register(pool, targets);
    },
    deregister: async (pool, targets) => {
      const known = others.targetsIn(pool, targets);
      return known ? elbv2.deregister(pool.arn, known) : inner.deregister(pool, targets);
    },
    lookAround: async () => readBeside(beside),
    look: async (request) => others.look(request, inner.groupNames()),
  };
}

/** More groups than this are searched only before capacity is removed: each one is a request. */
const SOME = 40;

/** Target groups that the config does not name. */
class OtherGroups {
  readonly #elbv2: Elbv2;
  readonly #repeated: RepeatedReads;
  readonly #owner: Ownership;
  readonly #scalingGroups: Beside['scalingGroups'];
  readonly #found = new Map<string, Settings>();
  /** Private addresses by instance: groups of the type `ip` know instances by addresses alone. */
  readonly #addresses = new Map<string, string>();
  /** Instances by each of their addresses. */
  readonly #ids = new Map<string, string>();

  constructor(elbv2: Elbv2, owner: Ownership, { scalingGroups }: Pick<Beside, 'scalingGroups'>) {
    this.#elbv2 = elbv2;
    this.#repeated = new RepeatedReads(elbv2);
    this.#owner = owner;
    this.#scalingGroups = scalingGroups;
  }

  has(name: string): boolean {
    return this.#found.has(name);
  }

  async read(names: readonly string[] | undefined): Promise<PoolReading> {
    const wanted = [...this.#found.values()].filter(({ name }) => names?.includes(name) ?? true);
    const read = await allEnded(wanted.map(async (one) => orUnreadable(one.name, this.#readOne(one))));
    return { pools: read.filter(isReadable), unreadable: read.filter(isUnreadable) };
  }

  async #readOne(one: Settings): Promise<Pool> {
    const pool = toPool(one, await targetsOf(this.#elbv2, one));
    return isByAddress(one) ? withIds(pool, this.#ids, this.#addresses) : pool;
  }

  /** As the pool's group knows them; undefined for a group of the config. */
  targetsIn({ name }: Pool, targets: readonly TargetRef[]): readonly TargetDescription[] | undefined {
    const other = this.#found.get(name);
    if (other === undefined) return undefined;
    const idIn = ({ id, byAddress }: TargetRef): string =>
      isByAddress(other) ? (byAddress ?? this.#addresses.get(id) ?? id) : id;
    return targets.map((target) => ({ Id: idIn(target), Port: target.port }));
  }

  async look(request: OutsideRequest, own: Promise<readonly string[]>): Promise<Outside> {
    // At the same time groups may be read in which they are known by their addresses.
    if (!(request.instances instanceof Promise)) this.#remember(request.instances);
    return this.#repeated.look(async (reads) => this.#lookWith(reads, request, own));
  }

  #remember(instances: readonly Searched[]): void {
    for (const { id, address, otherAddresses = [] } of instances) {
      if (address !== undefined) this.#addresses.set(id, address);
      for (const one of [address ?? [], otherAddresses].flat()) this.#ids.set(one, id);
    }
  }

  async #lookWith(
    reads: RouteReads,
    { instances: asked, among }: OutsideRequest,
    own: Promise<readonly string[]>,
  ): Promise<Outside> {
    const scaling = orWhy(this.#scalingGroups());
    scaling.catch(() => undefined);
    const [names, all] = await Promise.all([own, reads.allTargetGroups()]);
    const known = all.map((group) => toPoolGroup(group, 'other'));
    const isOurs = ({ name }: PoolGroup): boolean => names.includes(name) || this.has(name);
    // What leads to the groups that are known is read while it is looked for others.
    const before = known.filter(isOurs);
    const beginning = this.#leadingTo(reads, before, scaling);
    beginning.catch(() => undefined);
    const instances = await asked;
    this.#remember(instances);
    const unsearched = await this.#search(reads, known, new Set(names), { instances, among });
    const ours = known.filter(isOurs);
    const found = await (ours.length === before.length ? beginning : this.#leadingTo(reads, ours, scaling));
    return { state: 'seen', groups: [...this.#found.keys()], ...found, unsearched };
  }

  /** What leads to the groups, and whose all of it is. */
  async #leadingTo(
    reads: RouteReads,
    groups: readonly PoolGroup[],
    readingScaling: Promise<ScalingRead>,
  ): Promise<Pick<Seen, 'routes' | 'owned' | 'tagsUnread'>> {
    const inApi = groups.map(({ group }) => group);
    const listeners = await listenersFor(reads, inApi);
    const early = [...groups.map(({ arn }) => arn), ...listeners.map(({ listener }) => listener.ListenerArn as string)];
    const [routes, tags, scaling] = await Promise.all([
      routesAt(reads, listeners, inApi),
      orWhy(reads.tags(early)),
      readingScaling,
    ]);
    const rules = routes.map(({ arn }) => arn).filter((arn) => !early.includes(arn));
    const more: Awaited<ReturnType<typeof orWhy<TagsByArn>>> = rules.length > 0 ? await orWhy(reads.tags(rules)) : {};
    const tagged = [
      ...groups.map(({ name: id, arn }) => ({ id, arn })),
      ...routes.map(({ arn, route }) => ({ id: route.name, arn })),
    ];
    const marked = routes.map(({ arn, route }): OutsideRoute =>
      isPreview(more.read?.get(arn), this.#owner) ? { ...route, isPreview: true } : route,
    );
    return { routes: marked, ...this.#ownersOf(tagged, [tags, more], scaling) };
  }

  /** By their tags, and by what registers instances with them. Where one may not be read, that is said, and the rest counts. */
  #ownersOf(
    resources: readonly { readonly id: string; readonly arn: string }[],
    tags: readonly { readonly read?: TagsByArn; readonly why?: string }[],
    scaling: ScalingRead,
  ): Pick<Seen, 'owned' | 'tagsUnread'> {
    const all = new Map(tags.flatMap(({ read = NO_TAGS }) => [...read]));
    const owned = resources.map(({ id, arn }) => {
      const attached = (scaling.read?.get(arn) ?? []).map(scalingGroup);
      return { id, owners: [...ownersIn(all.get(arn) ?? {}, this.#owner), ...attached] };
    });
    const unread = [...tags, scaling].flatMap(({ why }) => why ?? []).join(' ');
    return { owned: owned.filter(({ owners }) => owners.length > 0), ...(unread !== '' && { tagsUnread: unread }) };
  }

  /** @returns how many groups may hold one of the instances, and were not searched */
  async #search(
    reads: RouteReads,
    groups: readonly PoolGroup[],
    own: ReadonlySet<string>,
    { instances, among }: { readonly instances: readonly Searched[]; readonly among: OutsideRequest['among'] },
  ): Promise<number> {
    const others = groups.filter(({ name }) => !own.has(name) && !this.has(name));
    const left = new Set(instances.flatMap((one) => (one.left ?? []).map(({ pool }) => pool)));
    const vpcs = new Set(groups.filter(({ name }) => own.has(name)).map(({ group }) => group.VpcId));
    const keys = new Set(
      instances.flatMap(({ id, address, otherAddresses = [] }) => [id, address ?? id, ...otherAddresses]),
    );
    const candidates = others.filter((one) => keys.size > 0 && !left.has(one.name) && mayHold(one, vpcs));
    const isTooMany = among === 'some' && candidates.length > SOME;
    const holders = (isTooMany ? [] : candidates).map(async (one) =>
      holds(await targetsOf(reads, one), keys) ? [one] : [],
    );
    const added = [...others.filter(({ name }) => left.has(name)), ...(await allEnded(holders)).flat()];
    const settings = await Promise.all(added.map(async (one) => withAttributes(this.#elbv2, one)));
    for (const one of settings) {
      this.#found.set(one.name, one);
      this.#repeated.forget('targetHealth', one.arn);
    }
    return isTooMany ? candidates.length : 0;
  }
}

/** What was read, or why it could not be. */
async function orWhy<T>(reading: Promise<T>): Promise<{ readonly read?: T; readonly why?: string }> {
  try {
    return { read: await reading };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { why: error.message };
  }
}

/** A group that was deleted meanwhile has none. */
async function targetsOf(
  elb: Pick<Elbv2, 'targetHealth'>,
  { arn }: PoolGroup,
): Promise<readonly TargetHealthDescription[]> {
  return elb.targetHealth(arn).catch((error: unknown) => {
    if (error instanceof OperatorError && error.code === 'target-group-not-found') return [];
    throw error;
  });
}

/** Instances of some VPC can be in its groups only (ELBv2 API, RegisterTargets); elsewhere the same address is another host's. */
function mayHold(
  { group: { TargetType = 'instance', VpcId } }: PoolGroup,
  vpcs: ReadonlySet<string | undefined>,
): boolean {
  return (TargetType === 'instance' || TargetType === 'ip') && vpcs.has(VpcId);
}

function isByAddress({ group }: PoolGroup): boolean {
  return group.TargetType === 'ip';
}

function holds(targets: readonly TargetHealthDescription[], keys: ReadonlySet<string>): boolean {
  return targets.some(({ Target: target }) => keys.has(target?.Id ?? ''));
}

/** Targets by the ids of instances; other hosts keep their address for a name. */
function withIds(pool: Pool, ids: ReadonlyMap<string, string>, addresses: ReadonlyMap<string, string>): Pool {
  const targets = pool.targets.map((target) => {
    const id = ids.get(target.id) ?? target.id;
    const isOther = id !== target.id && addresses.get(id) !== target.id;
    return { ...target, id, ...(isOther && { byAddress: target.id }) };
  });
  return { ...pool, targets };
}
