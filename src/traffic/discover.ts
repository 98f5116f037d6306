import type { Elbv2, TargetDescription, TargetGroup, TargetHealthDescription } from '../aws/elbv2.ts';
import type { Instance, Pool } from '../domain/snapshot.ts';
import { groupArn, groupName, readAttributes, toPool, type Attributes } from './target-groups.ts';
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
  widen(wanted: DiscoveryRequest): Promise<boolean>;
}

interface Found {
  readonly group: TargetGroup;
  readonly attributes: Attributes | undefined;
}

/** The same way of moving traffic, for deploys in place: those care for every group, whatever moves the fleets. */
export function createDiscovery(inner: TrafficPort, connect: () => Promise<Elbv2>): DiscoveringTraffic {
  const found = new Map<string, Found>();
  const book = new AddressBook();
  let elbv2: Elbv2 | undefined;
  const connected = async (): Promise<Elbv2> => (elbv2 ??= await connect());
  /** As the pool's group knows them; undefined for a group of the config. */
  const inOther = (pool: Pool, targets: readonly TargetRef[]): readonly TargetDescription[] | undefined => {
    const other = found.get(pool.name);
    return (
      other && targets.map(({ id, port }) => ({ Id: isByAddress(other.group) ? book.address(id) : id, Port: port }))
    );
  };

  async function readOthers(names: readonly string[] | undefined): Promise<readonly Pool[]> {
    const wanted = [...found.values()].filter(({ group }) => names?.includes(groupName(group)) ?? true);
    if (wanted.length === 0) return [];
    const elb = await connected();
    return Promise.all(
      wanted.map(async ({ group, attributes }) => {
        const pool = toPool(
          { group, role: 'other', port: undefined },
          attributes,
          await elb.targetHealth(groupArn(group)),
        );
        return isByAddress(group) ? book.named(pool) : pool;
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

    async widen({ instances, names }) {
      book.add(instances);
      const elb = await connected();
      const [own, all] = await Promise.all([inner.read(), elb.allTargetGroups()]);
      const known = new Set([...own.map(({ name }) => name), ...found.keys()]);
      const added = await holders(elb, all, known, { instances, names });
      const attributes = await readAttributes(elb, added);
      for (const group of added) found.set(groupName(group), { group, attributes: attributes.get(groupArn(group)) });
      return added.length > 0;
    },
  };
}

/** Groups that are not known yet, and hold one of the instances or have one of the names. */
async function holders(
  elb: Elbv2,
  all: readonly TargetGroup[],
  known: ReadonlySet<string>,
  { instances, names }: DiscoveryRequest,
): Promise<readonly TargetGroup[]> {
  const keys = new Set(instances.flatMap(({ id, address }) => [id, address ?? id]));
  const vpcs = new Set(all.filter((group) => known.has(groupName(group))).map(({ VpcId }) => VpcId));
  const others = all.filter((group) => !known.has(groupName(group)) && mayHold(group, vpcs));
  const held = await Promise.all(
    others.map(
      async (group) => names.includes(groupName(group)) || holds(await elb.targetHealth(groupArn(group)), keys),
    ),
  );
  return others.filter((_, n) => held[n]);
}

/** Instances of some VPC can be in its groups only (ELBv2 API, RegisterTargets); elsewhere the same address is another host's. */
function mayHold(
  { TargetType: type = 'instance', VpcId: vpc }: TargetGroup,
  vpcs: ReadonlySet<string | undefined>,
): boolean {
  return (type === 'instance' || type === 'ip') && vpcs.has(vpc);
}

function isByAddress({ TargetType: type }: TargetGroup): boolean {
  return type === 'ip';
}

function holds(targets: readonly TargetHealthDescription[], keys: ReadonlySet<string>): boolean {
  return targets.some(({ Target: target }) => keys.has(target?.Id ?? ''));
}

/** Which instance has which private address: groups of the type `ip` know instances by that alone. */
class AddressBook {
  readonly #addresses = new Map<string, string>();
  readonly #ids = new Map<string, string>();

  add(instances: DiscoveryRequest['instances']): void {
    for (const { id, address } of instances) {
      if (address === undefined) continue;
      this.#addresses.set(id, address);
      this.#ids.set(address, id);
    }
  }

  address(id: string): string {
    return this.#addresses.get(id) ?? id;
  }

  /** Other hosts keep their address for a name. */
  named(pool: Pool): Pool {
    return {
      ...pool,
      targets: pool.targets.map((target) => ({ ...target, id: this.#ids.get(target.id) ?? target.id })),
    };
  }
}
