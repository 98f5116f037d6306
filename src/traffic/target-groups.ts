import type { Elbv2, TargetDescription, TargetHealthDescription } from '../aws/elbv2.ts';
import type { TargetGroupsConfig } from '../config/config.ts';
import { defined } from '../domain/defined.ts';
import type { Pool, PoolRole, Target } from '../domain/snapshot.ts';
import { findGroups, type PoolGroup, type WantedGroup } from './find-groups.ts';
import { routesTo } from './routes-to.ts';
import {
  isComplete,
  isReadable,
  isUnreadable,
  notHere,
  orUnreadable,
  type TargetRef,
  type TrafficPort,
} from './traffic.ts';
import type { Unreadable } from '../domain/unreadable.ts';
import { allEnded } from '../all-ended.ts';

/** What ELB calls a group's attributes, by key. */
type Attributes = ReadonlyMap<string, string>;

/** A target group, and all that ELB says of it. */
export interface Settings extends PoolGroup {
  readonly attributes: Attributes;
  /** Whether each zone's clients are sent to the targets of all zones. */
  readonly crossesZones: boolean;
}

/** Target groups as pools: what all ways of moving traffic between them share. */
export interface Groups extends Pick<TrafficPort, 'groupNames' | 'read' | 'urls' | 'register' | 'deregister'> {
  /** In the order of the config. */
  readonly groups: () => Promise<readonly Settings[]>;
}

/** Traffic moved by membership: production and test are target groups, and instances are registered with one or the other. */
export function createTargetGroups(elbv2: Elbv2, { production, test }: TargetGroupsConfig): TrafficPort {
  const settings = { kind: 'membership' } as const;
  const readTraffic = async () => settings;
  return {
    ...createGroups(elbv2, [...inRole('production', production), ...inRole('test', test)], 'test'),
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

/** @param dispensable the role of groups that production can do without, where they cannot be read */
export function createGroups(elbv2: Elbv2, wanted: readonly WantedGroup[], dispensable?: PoolRole): Groups {
  const reading = async <T>({ name, role }: PoolGroup, read: Promise<T>): Promise<T | Unreadable> =>
    role === dispensable ? orUnreadable(name, read) : read;
  // A group's settings, and who forwards to it, do not change under a switch; they are read once a program.
  const members = remember(async () => findGroups(elbv2, wanted, dispensable), isComplete);
  const settings = remember(async () => {
    const all = await members();
    return Promise.all(all.map(async (one) => (isReadable(one) ? reading(one, withAttributes(elbv2, one)) : one)));
  }, isComplete);
  // Only near a quota: it is a request, and a permission that a small environment does not need.
  const limits = remember(async () => orUnreadable('limits', elbv2.limits()));
  const withQuotas = async (pools: readonly Pool[]): Promise<readonly Pool[]> => {
    if (pools.reduce((sum, { targets }) => sum + targets.length, 0) < MANY) return pools;
    const known = await limits();
    return isReadable(known) ? pools.map((pool) => ({ ...pool, ...quotaOf(pool, known) })) : pools;
  };
  const routes = remember(async () => {
    const readable = (await members()).filter(isReadable).map(({ group }) => group);
    return routesTo(elbv2, readable);
  });

  return {
    groups: async () => (await settings()).filter(isReadable),

    groupNames: async () => (await members()).map(({ name }) => name),

    async read(names) {
      const isAsked = ({ name }: { readonly name: string }): boolean => names?.includes(name) ?? true;
      const asked = (await members()).filter(isAsked);
      const targets = asked.map(async (one) => (isReadable(one) ? reading(one, elbv2.targetHealth(one.arn)) : one));
      const [all, health] = await allEnded([settings(), allEnded(targets)]);
      const pools = all.filter(isAsked).map((one, index) => toReading(one, health[index] ?? []));
      return { pools: await withQuotas(pools.filter(isReadable)), unreadable: pools.filter(isUnreadable) };
    },

    async urls() {
      const [all, found] = await Promise.all([members(), routes()]);
      const leading = (group: string): readonly string[] =>
        found.flatMap(({ route, isHidden }) => ((route.weights[group] ?? 0) > 0 && !isHidden ? [route.url] : []));
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

/** With fewer targets than this, four times as many are far from every quota. */
const MANY = 100;

function quotaOf(
  { loadBalancers = [], crossZone }: Pool,
  limits: ReadonlyMap<string, number>,
): Pick<Pool, 'targetsMax' | 'targetsPerZoneMax'> {
  const isNetwork = loadBalancers.some((arn) => arn.includes(':loadbalancer/net/'));
  if (!isNetwork) return defined({ targetsMax: limits.get('targets-per-application-load-balancer') });
  const targetsMax = limits.get('targets-per-network-load-balancer');
  const targetsPerZoneMax = limits.get('targets-per-availability-zone-per-network-load-balancer');
  // Across zones, that of a zone counts for all of them together (NLB user guide, quotas).
  return crossZone === false
    ? defined({ targetsMax, targetsPerZoneMax })
    : defined({ targetsMax: targetsPerZoneMax ?? targetsMax });
}

/** Reads once, however many ask; what failed, or is not complete, is read again the next time. */
export function remember<T>(read: () => Promise<T>, isKept: (value: T) => boolean = () => true): () => Promise<T> {
  let known: Promise<T> | undefined;
  const forget = (): void => {
    known = undefined;
  };
  return async () => {
    if (known === undefined) {
      known = read();
      known.then((value) => isKept(value) || forget(), forget);
    }
    return known;
  };
}

const DELAY = 'deregistration_delay.timeout_seconds';
const DELAY_DEFAULT_S = 300;
const CROSS_ZONE = 'load_balancing.cross_zone.enabled';
const ROUTING = 'target_group_health.unhealthy_state_routing.minimum_healthy_targets';
const DNS_FAILOVER = 'target_group_health.dns_failover.minimum_healthy_targets';
/** Application load balancers always send requests across zones, as long as the group does not say otherwise (ALB user guide). */
const APPLICATION = /^HTTPS?$/;

/** One request; one more for a group of a Network Load Balancer that says nothing of zones itself. */
export async function withAttributes(elbv2: Elbv2, group: PoolGroup): Promise<Settings> {
  const attributes = await elbv2.attributes(group.arn);
  return { ...group, attributes, crossesZones: await crossesZones(elbv2, group, attributes.get(CROSS_ZONE)) };
}

/**
 * Whether each zone's clients are sent to the targets of all zones. A Network Load Balancer does so only where it is turned on (NLB
 * user guide, cross-zone load balancing); where that may not be read, it counts as off.
 */
async function crossesZones(elbv2: Elbv2, { group }: PoolGroup, own: string | undefined): Promise<boolean> {
  if (own === 'true' || own === 'false') return own === 'true';
  const { Protocol = 'HTTP', LoadBalancerArns: [balancer] = [] } = group;
  if (APPLICATION.test(Protocol) || balancer === undefined) return APPLICATION.test(Protocol);
  const read = await orUnreadable(group.TargetGroupName ?? '', elbv2.loadBalancerAttributes(balancer));
  return isReadable(read) && read.get(CROSS_ZONE) === 'true';
}

function toReading(
  settings: Settings | Unreadable,
  targets: readonly TargetHealthDescription[] | Unreadable,
): Pool | Unreadable {
  if (!isReadable(settings)) return settings;
  return isReadable(targets) ? toPool(settings, targets) : targets;
}

export function toPool(settings: Settings, targets: readonly TargetHealthDescription[]): Pool {
  const { name, arn, role, port, group, attributes } = settings;
  const above = (least: number, key: string): number | undefined => {
    const value = Number(attributes.get(key));
    return value > least ? value : undefined;
  };
  return {
    name,
    arn,
    role,
    port,
    intervalS: group.HealthCheckIntervalSeconds ?? 30,
    timeoutS: group.HealthCheckTimeoutSeconds ?? 5,
    healthyThreshold: group.HealthyThresholdCount ?? 5,
    unhealthyThreshold: group.UnhealthyThresholdCount ?? 2,
    ...defined({
      slowStartS: above(0, 'slow_start.duration_seconds'),
      routesToAllBelow: above(1, `${ROUTING}.count`),
      routesToAllBelowPercent: above(0, `${ROUTING}.percentage`),
      leavesDnsBelow: above(1, `${DNS_FAILOVER}.count`),
      leavesDnsBelowPercent: above(0, `${DNS_FAILOVER}.percentage`),
    }),
    deregistrationDelayS: Number(attributes.get(DELAY) ?? DELAY_DEFAULT_S),
    loadBalancers: group.LoadBalancerArns ?? [],
    ...defined({ protocol: group.Protocol }),
    ...(!settings.crossesZones && { crossZone: false }),
    urls: [],
    targets: targets.map(toTarget),
  };
}

function toTarget({ Target: target, TargetHealth: health, AdministrativeOverride }: TargetHealthDescription): Target {
  const { State: state = 'unavailable', Reason: reason, Description: description } = health ?? {};
  const isShifted = AdministrativeOverride?.State?.startsWith('zonal_shift') === true;
  return {
    id: target?.Id ?? '',
    port: target?.Port ?? 0,
    state,
    ...defined({ reason, description }),
    ...(isShifted && { shifted: true }),
  };
}
