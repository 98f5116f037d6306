import type { Listener, LoadBalancer, Rule, TargetGroup } from '../aws/elbv2.ts';
import type { OutsideRoute } from '../domain/traffic.ts';
import { stickySecondsIn, weightsIn } from './actions.ts';
import type { RouteReads } from './repeated-reads.ts';

type Reads = Pick<RouteReads, 'loadBalancers' | 'listeners' | 'rules'>;

/** A route, and what it is called in the API: of a default action, its listener. */
export interface FoundRoute {
  readonly arn: string;
  readonly route: OutsideRoute;
  /** The host names for which the rule is, with `*` and `?`; empty: for all. */
  readonly hosts: readonly string[];
  /** A request needs more than the right host and path to get there, such as a header. */
  readonly isHidden: boolean;
}

/** A listener, and the load balancer that it is of. */
export interface FoundListener {
  readonly balancer: LoadBalancer;
  readonly listener: Listener;
}

/** All listeners of the groups' load balancers. At the same time one request for the load balancers, and one for each one's listeners. */
export async function listenersFor(elbv2: Reads, groups: readonly TargetGroup[]): Promise<readonly FoundListener[]> {
  const arns = [...new Set(groups.flatMap(({ LoadBalancerArns = [] }) => LoadBalancerArns))];
  const [balancers, listeners] = await Promise.all([
    elbv2.loadBalancers(arns),
    Promise.all(arns.map(async (arn) => [arn, await elbv2.listeners(arn)] as const)),
  ]);
  const byBalancer = new Map(listeners);
  return balancers.flatMap((balancer) =>
    (byBalancer.get(balancer.LoadBalancerArn ?? '') ?? []).map((listener) => ({ balancer, listener })),
  );
}

/**
 * Every default action and every rule of these listeners that forwards to one of the groups, whatever the weight. One request for
 * each listener.
 */
export async function routesAt(
  elbv2: Reads,
  listeners: readonly FoundListener[],
  groups: readonly TargetGroup[],
): Promise<readonly FoundRoute[]> {
  const names = new Map(groups.map((group) => [group.TargetGroupArn as string, group.TargetGroupName as string]));
  const found = listeners.map(async ({ balancer, listener }) => routesOf(elbv2, balancer, listener, names));
  return (await Promise.all(found)).flat();
}

/** Everything that forwards to one of the groups: see `listenersFor` and `routesAt`. */
export async function routesTo(elbv2: Reads, groups: readonly TargetGroup[]): Promise<readonly FoundRoute[]> {
  return routesAt(elbv2, await listenersFor(elbv2, groups), groups);
}

async function routesOf(
  elbv2: Reads,
  balancer: LoadBalancer,
  listener: Listener,
  names: ReadonlyMap<string, string>,
): Promise<readonly FoundRoute[]> {
  const name = routeName(balancer, listener);
  // A Network Load Balancer's have none.
  const rules = balancer.Type === 'network' ? [] : await elbv2.rules(listener.ListenerArn as string);
  // The rules were read after their listener, so that they show what has changed in between.
  const { Actions = listener.DefaultActions } = rules.find(({ IsDefault }) => IsDefault === true) ?? {};
  const byDefault: Rule = { RuleArn: listener.ListenerArn, Actions };
  const all = [byDefault, ...rules.filter(({ IsDefault }) => IsDefault !== true)];
  return all.flatMap((rule): readonly FoundRoute[] => {
    const { RuleArn: arn = '', Actions: actions = [], Priority } = rule;
    const weights = weightsIn(actions);
    if (![...weights.keys()].some((group) => names.has(group))) return [];
    const byName = [...weights].map(([group, weight]) => [names.get(group) ?? nameIn(group), weight]);
    const url = urlOf(balancer, listener);
    const stickyS = stickySecondsIn(actions);
    const weightsByName = Object.fromEntries(byName);
    const one = Priority === undefined ? name : routeName(balancer, listener, Priority);
    const route: OutsideRoute = { name: one, by: 'listener', url, weights: weightsByName, stickyS };
    return [{ arn, route, hosts: hostsOf(rule), isHidden: isHidden(rule) }];
  });
}

function isHidden({ Conditions = [] }: Rule): boolean {
  return Conditions.some(({ Field }) => Field !== 'host-header' && Field !== 'path-pattern');
}

/** Of a condition that compares host names; regular expressions are left out. */
function hostsOf({ Conditions = [] }: Rule): readonly string[] {
  return Conditions.filter(({ Field }) => Field === 'host-header').flatMap(
    ({ HostHeaderConfig, Values }) => HostHeaderConfig?.Values ?? Values ?? [],
  );
}

/** `shop:443`, or `shop:443 priority 10`. */
export function routeName(balancer: LoadBalancer, { Port: port }: Listener, priority?: string): string {
  const name = `${balancer.LoadBalancerName}:${port}`;
  return priority === undefined ? name : `${name} priority ${priority}`;
}

/** `…:targetgroup/shop-admin/6d0ecf831eec9f09`. */
function nameIn(arn: string): string {
  return arn.split('/')[1] ?? arn;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 };

export function urlOf(balancer: LoadBalancer, listener: Listener): string {
  const scheme = (listener.Protocol ?? 'HTTP').toLowerCase();
  const port = listener.Port === DEFAULT_PORTS[scheme] ? '' : `:${listener.Port}`;
  return `${scheme}://${balancer.DNSName}${port}/`;
}
