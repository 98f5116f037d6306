import type { Elbv2, TargetDescription, TargetGroup, TargetHealthDescription } from '../aws/elbv2.ts';
import type { TargetGroupConfig, TargetGroupsConfig } from '../config/config.ts';
import { OperatorError } from '../errors.ts';
import { defined } from '../domain/defined.ts';
import { list } from '../domain/text.ts';
import type { Pool, PoolRole, Target } from '../domain/snapshot.ts';
import { routesTo } from './routes-to.ts';
import { notHere, type TargetRef, type TrafficPort } from './traffic.ts';

/** A target group that is a pool. */
export interface PoolGroup {
  readonly name: string;
  readonly arn: string;
  readonly role: PoolRole;
  /** At which instances are registered. */
  readonly port: number;
  readonly group: TargetGroup;
}

/** What ELB calls a group's attributes, by key. */
type Attributes = ReadonlyMap<string, string>;

/** A target group, and all that ELB says of it. */
export interface Settings extends PoolGroup {
  readonly attributes: Attributes;
}

interface WantedGroup extends TargetGroupConfig {
  readonly role: PoolRole;
}

/** Target groups as pools: what all ways of moving traffic between them share. */
export interface Groups extends Pick<TrafficPort, 'read' | 'urls' | 'register' | 'deregister'> {
  /** In the order of the config. */
  readonly groups: () => Promise<readonly Settings[]>;
}

/** Traffic moved by membership: production and test are target groups, and instances are registered with one or the other. */
export function createTargetGroups(elbv2: Elbv2, { production, test }: TargetGroupsConfig): TrafficPort {
  const settings = { kind: 'membership' } as const;
  const readTraffic = async () => settings;
  return {
    ...createGroups(elbv2, [...inRole('production', production), ...inRole('test', test)]),
    kind: 'target-groups',
    settings,
    readTraffic,
    follow: readTraffic,
    residual: readTraffic,
    setWeights: notHere,
    setTtls: notHere,
  };
}

/** What the config names under that role. */
export function inRole<R extends PoolRole, T>(role: R, items: readonly T[]): readonly (T & { readonly role: R })[] {
  return items.map((item) => ({ ...item, role }));
}

export function createGroups(elbv2: Elbv2, wanted: readonly WantedGroup[]): Groups {
  // A group's settings, and who forwards to it, do not change under a switch; they are read once a program.
  const members = remember(() => readMembers(elbv2, wanted));
  const groups = remember(async () => withAttributes(elbv2, await members()));
  const routes = remember(async () =>
    routesTo(
      elbv2,
      (await members()).map(({ group }) => group),
    ),
  );

  return {
    groups,

    async read(names) {
      const isAsked = ({ name }: PoolGroup): boolean => names?.includes(name) ?? true;
      const asked = (await members()).filter(isAsked);
      const targets = Promise.all(asked.map(async ({ arn }) => elbv2.targetHealth(arn)));
      const [all, health] = await Promise.all([groups(), targets]);
      return all.filter(isAsked).map((group, index) => toPool(group, health[index] ?? []));
    },

    async urls() {
      const [all, found] = await Promise.all([members(), routes()]);
      const leading = (group: string): readonly string[] =>
        found.filter(({ weights }) => (weights[group] ?? 0) > 0).map(({ url }) => url);
      return Object.fromEntries(all.map(({ name }) => [name, [...new Set(leading(name))]]));
    },

    register: async ({ arn }, targets) => elbv2.register(arn, targets.map(toDescription)),
    // Deregistering needs the port that a target was registered with (ELBv2 API, DeregisterTargets).
    deregister: async ({ arn }, targets) => elbv2.deregister(arn, targets.map(toDescription)),
  };
}

function toDescription({ id, port }: TargetRef): TargetDescription {
  return { Id: id, Port: port };
}

/** Reads once, however many ask; what failed is read again the next time. */
export function remember<T>(read: () => Promise<T>): () => Promise<T> {
  let known: Promise<T> | undefined;
  return async () => {
    known ??= read().catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };
}

const DELAY = 'deregistration_delay.timeout_seconds';
const DELAY_DEFAULT_S = 300;
const CROSS_ZONE = 'load_balancing.cross_zone.enabled';
/** Application load balancers send requests across zones; network load balancers do not by themselves (ELB user guides). */
const ACROSS_BY_DEFAULT = /^HTTPS?$/;

/** Whether each zone's clients are sent to the targets of all zones. */
function crossesZones({ group: { Protocol = 'HTTP' }, attributes }: Settings): boolean {
  const across = attributes.get(CROSS_ZONE);
  return across === 'true' || (across !== 'false' && ACROSS_BY_DEFAULT.test(Protocol));
}

export function toPoolGroup(group: TargetGroup, role: PoolRole, port = group.Port ?? 0): PoolGroup {
  return { name: group.TargetGroupName as string, arn: group.TargetGroupArn as string, role, port, group };
}

async function readMembers(elbv2: Elbv2, wanted: readonly WantedGroup[]): Promise<readonly PoolGroup[]> {
  const keys = wanted.map(({ targetGroup }) => targetGroup);
  const found = await findGroups(elbv2, keys);
  return wanted.map(({ targetGroup: key, port, role }) => {
    const group = found.find(({ TargetGroupName: name, TargetGroupArn: arn }) => name === key || arn === key);
    if (group === undefined) throw notFound([key]);
    if ((group.TargetType ?? 'instance') !== 'instance') throw noInstances(group);
    return toPoolGroup(group, role, port);
  });
}

/** One request a group. */
export async function withAttributes(elbv2: Elbv2, groups: readonly PoolGroup[]): Promise<readonly Settings[]> {
  return Promise.all(groups.map(async (one) => ({ ...one, attributes: await elbv2.attributes(one.arn) })));
}

/** All of them, by name or ARN. ELB says "one or more not found" and not which: then each one is asked for on its own. */
async function findGroups(elbv2: Elbv2, keys: readonly string[]): Promise<readonly TargetGroup[]> {
  const found = await find(elbv2, keys);
  if (found !== undefined) return found;
  const missing = await Promise.all(keys.map(async (key) => ((await find(elbv2, [key])) === undefined ? [key] : [])));
  throw notFound(missing.flat());
}

/** Undefined when there is one that ELB does not know. */
async function find(elbv2: Elbv2, keys: readonly string[]): Promise<readonly TargetGroup[] | undefined> {
  const asked = { names: keys.filter((key) => !isArn(key)), arns: keys.filter(isArn) };
  return elbv2.targetGroups(asked).catch((error: unknown) => {
    if (error instanceof OperatorError && error.code === 'target-group-not-found') return undefined;
    throw error;
  });
}

function isArn(key: string): boolean {
  return key.startsWith('arn:');
}

function notFound(keys: readonly string[]): OperatorError {
  const what = `target group${keys.length === 1 ? '' : 's'} ${list(keys)}`;
  return new OperatorError('target-group-not-found', `AWS knows no ${what}.`, {
    next: ['Check the names under `traffic` in the config, the region and the account.'],
  });
}

function noInstances({ TargetGroupName: name, TargetType: type }: TargetGroup): OperatorError {
  return new OperatorError(
    'not-for-instances',
    `The target group ${name} is for targets of the type ${type}, and a fleet is registered by the ids of its instances.`,
    { next: ['Name a target group of the type instance under `traffic` in the config.'] },
  );
}

export function toPool(settings: Settings, targets: readonly TargetHealthDescription[]): Pool {
  const { name, arn, role, port, group, attributes } = settings;
  return {
    name,
    arn,
    role,
    port,
    intervalS: group.HealthCheckIntervalSeconds ?? 30,
    timeoutS: group.HealthCheckTimeoutSeconds ?? 5,
    healthyThreshold: group.HealthyThresholdCount ?? 5,
    unhealthyThreshold: group.UnhealthyThresholdCount ?? 2,
    deregistrationDelayS: Number(attributes.get(DELAY) ?? DELAY_DEFAULT_S),
    ...(!crossesZones(settings) && { crossZone: false }),
    urls: [],
    targets: targets.map(toTarget),
  };
}

function toTarget({ Target: target, TargetHealth: health }: TargetHealthDescription): Target {
  const { State: state = 'unavailable', Reason: reason, Description: description } = health ?? {};
  return { id: target?.Id ?? '', port: target?.Port ?? 0, state, ...defined({ reason, description }) };
}
