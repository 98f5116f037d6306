import type { Elbv2, Listener, LoadBalancer, Rule, TargetGroup, TargetHealthDescription } from '../aws/elbv2.ts';
import type { TargetGroupConfig, TargetGroupsConfig } from '../config/config.ts';
import { OperatorError } from '../errors.ts';
import { list } from '../domain/text.ts';
import type { Pool, PoolRole, Target } from '../domain/snapshot.ts';
import { notHere, type TrafficPort } from './traffic.ts';

/** A target group that the config names. */
export interface ConfiguredGroup {
  readonly role: PoolRole;
  readonly port: number | undefined;
  readonly group: TargetGroup;
}

export interface WantedGroup extends TargetGroupConfig {
  readonly role: PoolRole;
}

/** What ELB calls a group's attributes, by key. */
export type Attributes = ReadonlyMap<string, string>;

/** Target groups as pools: what all ways of moving traffic between them share. */
export interface Groups extends Pick<TrafficPort, 'read' | 'urls' | 'register' | 'deregister'> {
  readonly members: () => Promise<readonly ConfiguredGroup[]>;
  /** By ARN. */
  readonly attributes: () => Promise<ReadonlyMap<string, Attributes>>;
}

/** Traffic moved by membership: production and test are target groups, and instances are registered with one or the other. */
export function createTargetGroups(elbv2: Elbv2, { production, test }: TargetGroupsConfig): TrafficPort {
  const { read, urls, register, deregister } = createGroups(elbv2, [
    ...production.map((group) => ({ ...group, role: 'production' as const })),
    ...test.map((group) => ({ ...group, role: 'test' as const })),
  ]);
  const settings = { kind: 'membership' } as const;
  const readTraffic = async () => settings;
  return {
    kind: 'target-groups',
    settings,
    read,
    urls,
    register,
    deregister,
    readTraffic,
    follow: readTraffic,
    residual: readTraffic,
    setWeights: notHere,
    setTtls: notHere,
  };
}

export function createGroups(elbv2: Elbv2, wanted: readonly WantedGroup[]): Groups {
  // A group's settings, and who forwards to it, do not change under a switch; they are read once a program.
  const members = remember(() => readMembers(elbv2, wanted));
  const attributes = remember(async () => {
    const all = await members();
    return readAttributes(
      elbv2,
      all.map(({ group }) => group),
    );
  });
  const forwards = remember(async () => readForwards(elbv2, await members()));

  return {
    members,
    attributes,

    async read(names) {
      const asked = (await members()).filter(({ group }) => names?.includes(groupName(group)) ?? true);
      return Promise.all(
        asked.map(async (member) => {
          const arn = groupArn(member.group);
          const [known, targets] = await Promise.all([attributes(), elbv2.targetHealth(arn)]);
          return toPool(member, known.get(arn), targets);
        }),
      );
    },

    async urls() {
      const [all, found] = await Promise.all([members(), forwards()]);
      const urlsOf = (group: TargetGroup): readonly string[] =>
        found.filter((forward) => forward.arn === groupArn(group)).map(({ url }) => url);
      return Object.fromEntries(all.map(({ group }) => [groupName(group), urlsOf(group)]));
    },

    register: async (pool, targets) =>
      elbv2.register(
        pool.arn,
        targets.map(({ id, port }) => ({ Id: id, Port: port })),
      ),

    // Deregistering needs the port that a target was registered with (ELBv2 API, DeregisterTargets).
    deregister: async (pool, targets) =>
      elbv2.deregister(
        pool.arn,
        targets.map(({ id, port }) => ({ Id: id, Port: port })),
      ),
  };
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

/** The deregistration delay in seconds. */
export function delayOf(attributes: Attributes | undefined): number {
  return Number(attributes?.get(DELAY) ?? DELAY_DEFAULT_S);
}

/** Whether each zone's clients are sent to the targets of all zones. */
function crossesZones({ Protocol = 'HTTP' }: TargetGroup, attributes: Attributes | undefined): boolean {
  const across = attributes?.get(CROSS_ZONE);
  return across === 'true' || (across !== 'false' && ACROSS_BY_DEFAULT.test(Protocol));
}

export function groupName(group: TargetGroup): string {
  return group.TargetGroupName as string;
}

export function groupArn(group: TargetGroup): string {
  return group.TargetGroupArn as string;
}

async function readMembers(elbv2: Elbv2, wanted: readonly WantedGroup[]): Promise<readonly ConfiguredGroup[]> {
  const found = await findGroups(
    elbv2,
    wanted.map((group) => group.targetGroup),
  );
  return wanted.map(({ targetGroup, port, role }) => {
    const group = found.find(
      (candidate) => groupName(candidate) === targetGroup || groupArn(candidate) === targetGroup,
    );
    if (group === undefined) throw notFound([targetGroup]);
    if ((group.TargetType ?? 'instance') !== 'instance') throw noInstances(group);
    return { group, port, role };
  });
}

/** By ARN; one request a group. */
export async function readAttributes(
  elbv2: Elbv2,
  groups: readonly TargetGroup[],
): Promise<ReadonlyMap<string, Attributes>> {
  const entries = groups.map(async (group): Promise<[string, Attributes]> => [
    groupArn(group),
    await elbv2.attributes(groupArn(group)),
  ]);
  return new Map(await Promise.all(entries));
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
  const wish = { names: keys.filter((key) => !isArn(key)), arns: keys.filter(isArn) };
  return elbv2.targetGroups(wish).catch((error: unknown) => {
    if (error instanceof OperatorError && error.code === 'target-group-not-found') return undefined;
    throw error;
  });
}

function isArn(key: string): boolean {
  return key.startsWith('arn:');
}

function notFound(keys: readonly string[]): OperatorError {
  return new OperatorError(
    'target-group-not-found',
    `AWS knows no target group${keys.length === 1 ? '' : 's'} ${list(keys)}.`,
    {
      next: ['Check the names under `traffic` in the config, the region and the account.'],
    },
  );
}

function noInstances({ TargetGroupName: name, TargetType: type }: TargetGroup): OperatorError {
  return new OperatorError(
    'not-for-instances',
    `The target group ${name} is for targets of the type ${type}, and a fleet is registered by the ids of its instances.`,
    { next: ['Name a target group of the type instance under `traffic` in the config.'] },
  );
}

export function toPool(
  { group, port, role }: ConfiguredGroup,
  attributes: Attributes | undefined,
  targets: readonly TargetHealthDescription[],
): Pool {
  return {
    name: groupName(group),
    arn: groupArn(group),
    role,
    port: port ?? group.Port ?? 0,
    intervalS: group.HealthCheckIntervalSeconds ?? 30,
    timeoutS: group.HealthCheckTimeoutSeconds ?? 5,
    healthyThreshold: group.HealthyThresholdCount ?? 5,
    unhealthyThreshold: group.UnhealthyThresholdCount ?? 2,
    deregistrationDelayS: delayOf(attributes),
    ...(crossesZones(group, attributes) ? {} : { crossZone: false }),
    urls: [],
    targets: targets.map(toTarget),
  };
}

function toTarget({ Target: target, TargetHealth: health }: TargetHealthDescription): Target {
  return {
    id: target?.Id ?? '',
    port: target?.Port ?? 0,
    state: health?.State ?? 'unavailable',
    ...(health?.Reason === undefined ? {} : { reason: health.Reason }),
    ...(health?.Description === undefined ? {} : { description: health.Description }),
  };
}

/** A target group, and the URL of a listener that forwards to it. */
interface Forward {
  readonly arn: string;
  readonly url: string;
}

async function readForwards(elbv2: Elbv2, members: readonly ConfiguredGroup[]): Promise<readonly Forward[]> {
  const arns = [...new Set(members.flatMap(({ group }) => group.LoadBalancerArns ?? []))];
  if (arns.length === 0) return [];
  const withRules = async (listener: Listener): Promise<[Listener, readonly Rule[]]> => [
    listener,
    await elbv2.rules(listener.ListenerArn as string),
  ];
  const [balancers, listeners] = await Promise.all([
    elbv2.loadBalancers(arns),
    Promise.all(arns.map(async (arn) => Promise.all((await elbv2.listeners(arn)).map(withRules)))),
  ]);
  return balancers.flatMap((balancer) =>
    (listeners[arns.indexOf(balancer.LoadBalancerArn as string)] ?? []).flatMap(([listener, rules]) =>
      forwardsOf(balancer, listener, rules),
    ),
  );
}

function forwardsOf(balancer: LoadBalancer, listener: Listener, rules: readonly Rule[]): readonly Forward[] {
  const url = urlOf(balancer, listener);
  const actions = rules.flatMap((rule) => rule.Actions ?? []);
  const arns = actions.flatMap((action) => [
    action.TargetGroupArn,
    ...(action.ForwardConfig?.TargetGroups ?? []).map((group) => group.TargetGroupArn),
  ]);
  return [...new Set(arns)].flatMap((arn) => (arn === undefined ? [] : [{ arn, url }]));
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 };

export function urlOf(balancer: LoadBalancer, listener: Listener): string {
  const scheme = (listener.Protocol ?? 'HTTP').toLowerCase();
  const port = listener.Port === DEFAULT_PORTS[scheme] ? '' : `:${listener.Port}`;
  return `${scheme}://${balancer.DNSName}${port}/`;
}
