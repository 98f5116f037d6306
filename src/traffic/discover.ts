import type { Elbv2, TargetDescription, TargetHealthDescription } from '../aws/elbv2.ts';
import type { Instance, Pool } from '../domain/snapshot.ts';
import { remember, toPool, toPoolGroup, withAttributes, type PoolGroup, type Settings } from './target-groups.ts';
import type { TargetRef, TrafficPort } from './traffic.ts';

/** Instances, and target groups that are known by name. */
export interface DiscoveryRequest {
  readonly instances: readonly Pick<Instance, 'id' | 'address'>[];
  readonly names: readonly string[];
}

/** A way of moving traffic that can look beyond the groups of its config. */
export interface DiscoveringTraffic extends TrafficPort {
  /**
   * Finds the target groups that hold one of the instances, by its id or its private address, or have one of the names; from
   * then on they are read with those of the config, as pools of the role `other`, whose targets have the ids of instances.
   * One request a group that was not known before.
   * @returns whether there was a new one
   */
  discoverTargetGroups(wanted: DiscoveryRequest): Promise<boolean>;
}

/** The same way of moving traffic, for deploys in place: those care for every group, whatever moves the fleets. */
export function createDiscovery(inner: TrafficPort, connect: () => Promise<Elbv2>): DiscoveringTraffic {
  const found = new Map<string, Settings>();
  /** Private addresses by instance: groups of the type `ip` know instances by those alone. */
  const addresses = new Map<string, string>();
  const connected = remember(connect);
  /** As the pool's group knows them; undefined for a group of the config. */
  const inOther = (pool: Pool, targets: readonly TargetRef[]): readonly TargetDescription[] | undefined => {
    const other = found.get(pool.name);
    return (
      other && targets.map(({ id, port }) => ({ Id: isByAddress(other) ? (addresses.get(id) ?? id) : id, Port: port }))
    );
  };

  async function readOthers(names: readonly string[] | undefined): Promise<readonly Pool[]> {
    const wanted = [...found.values()].filter(({ name }) => names?.includes(name) ?? true);
    return Promise.all(
      wanted.map(async (one) => {
        const pool = toPool(one, await (await connected()).targetHealth(one.arn));
        return isByAddress(one) ? withIds(pool, addresses) : pool;
      }),
    );
  }

  return {
    ...inner,
    read: async (names) => {
      const others = names?.every((name) => found.has(name)) ? [] : inner.read(names);
      return (await Promise.all([others, readOthers(names)])).flat();
    },
    register: async (pool, targets) => {
      const others = inOther(pool, targets);
      return others ? (await connected()).register(pool.arn, others) : inner.register(pool, targets);
    },
    deregister: async (pool, targets) => {
      const others = inOther(pool, targets);
      return others ? (await connected()).deregister(pool.arn, others) : inner.deregister(pool, targets);
    },

    async discoverTargetGroups(wanted) {
      for (const { id, address } of wanted.instances) if (address !== undefined) addresses.set(id, address);
      const elb = await connected();
      const [own, all] = await Promise.all([inner.read(), elb.allTargetGroups()]);
      const known = new Set([...own.map(({ name }) => name), ...found.keys()]);
      const groups = all.map((group) => toPoolGroup(group, 'other'));
      const added = await withAttributes(elb, await holders(elb, groups, known, wanted));
      for (const one of added) found.set(one.name, one);
      return added.length > 0;
    },
  };
}

/** Groups that are not known yet, and hold one of the instances or have one of the names. */
async function holders(
  elb: Elbv2,
  all: readonly PoolGroup[],
  known: ReadonlySet<string>,
  { instances, names }: DiscoveryRequest,
): Promise<readonly PoolGroup[]> {
  const keys = new Set(instances.flatMap(({ id, address }) => [id, address ?? id]));
  const vpcs = new Set(all.filter(({ name }) => known.has(name)).map(({ group }) => group.VpcId));
  const others = all.filter((one) => !known.has(one.name) && mayHold(one, vpcs));
  const isWanted = await Promise.all(
    others.map(async ({ name, arn }) => names.includes(name) || holds(await elb.targetHealth(arn), keys)),
  );
  return others.filter((_, n) => isWanted[n]);
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
function withIds(pool: Pool, addresses: ReadonlyMap<string, string>): Pool {
  const ids = new Map([...addresses].map(([id, address]) => [address, id]));
  return { ...pool, targets: pool.targets.map((target) => ({ ...target, id: ids.get(target.id) ?? target.id })) };
}
