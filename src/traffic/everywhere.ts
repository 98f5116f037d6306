import type { Elbv2, TargetGroup, TargetHealthDescription } from '../aws/elbv2.ts';
import type { Pool } from '../observe/snapshot.ts';
import { arnOf, nameOf, readAttributes, toPool, type Attributes } from './target-groups.ts';
import type { TargetRef, TrafficPort } from './traffic.ts';

/** Instances, and target groups that are known by name. */
export interface Wanted {
  readonly ids: readonly string[];
  readonly names: readonly string[];
}

/** A way of moving traffic that can look beyond the groups of its config. */
export interface WideTraffic extends TrafficPort {
  /**
   * Finds the target groups that hold one of the instances, or have one of the names; from then on they are read with
   * those of the config, as pools of the role `other`. One request a group that was not known before.
   * @returns whether there was a new one
   */
  widen(wanted: Wanted): Promise<boolean>;
}

interface Found {
  readonly group: TargetGroup;
  readonly attributes: Attributes | undefined;
}

/** The same way of moving traffic, for deploys in place: those care for every group, whatever moves the fleets. */
export function createEverywhere(inner: TrafficPort, connect: () => Promise<Elbv2>): WideTraffic {
  const found = new Map<string, Found>();
  let elbv2: Elbv2 | undefined;
  const connected = async (): Promise<Elbv2> => (elbv2 ??= await connect());
  const isOther = (pool: Pool): boolean => found.has(pool.name);

  async function readOthers(names: readonly string[] | undefined): Promise<readonly Pool[]> {
    const wanted = [...found.values()].filter(({ group }) => names?.includes(nameOf(group)) ?? true);
    if (wanted.length === 0) return [];
    const elb = await connected();
    return Promise.all(
      wanted.map(async ({ group, attributes }) =>
        toPool({ group, role: 'other', port: undefined }, attributes, await elb.targetHealth(arnOf(group))),
      ),
    );
  }

  return {
    ...inner,
    read: async (names) => {
      const others = names?.every((name) => found.has(name)) ? [] : inner.read(names);
      return (await Promise.all([others, readOthers(names)])).flat();
    },
    register: async (pool, targets) =>
      isOther(pool) ? (await connected()).register(pool.arn, refs(targets)) : inner.register(pool, targets),
    deregister: async (pool, targets) =>
      isOther(pool) ? (await connected()).deregister(pool.arn, refs(targets)) : inner.deregister(pool, targets),

    async widen({ ids, names }) {
      const elb = await connected();
      const [own, all] = await Promise.all([inner.read(), elb.allTargetGroups()]);
      const known = new Set([...own.map(({ name }) => name), ...found.keys()]);
      const vpcs = new Set(all.filter((group) => known.has(nameOf(group))).map(({ VpcId }) => VpcId));
      const unknown = all.filter((group) => !known.has(nameOf(group)) && holdsInstances(group, vpcs));
      const held = await Promise.all(
        unknown.map(async (group) => names.includes(nameOf(group)) || holds(await elb.targetHealth(arnOf(group)), ids)),
      );
      const added = unknown.filter((_, n) => held[n]);
      const attributes = await readAttributes(elb, added);
      for (const group of added) found.set(nameOf(group), { group, attributes: attributes.get(arnOf(group)) });
      return added.length > 0;
    },
  };
}

/** Instances can be in groups of their own network only (ELBv2 API, RegisterTargets). */
function holdsInstances({ TargetType: type, VpcId: vpc }: TargetGroup, vpcs: ReadonlySet<string | undefined>): boolean {
  return (type ?? 'instance') === 'instance' && vpcs.has(vpc);
}

function holds(targets: readonly TargetHealthDescription[], ids: readonly string[]): boolean {
  return targets.some(({ Target: target }) => ids.includes(target?.Id ?? ''));
}

function refs(targets: readonly TargetRef[]): { Id: string; Port: number }[] {
  return targets.map(({ id, port }) => ({ Id: id, Port: port }));
}
