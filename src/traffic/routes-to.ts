import type { Action, Elbv2, Listener, LoadBalancer, TargetGroup } from '../aws/elbv2.ts';
import type { OutsideRoute } from '../domain/traffic.ts';
import { weightsIn } from './actions.ts';

/** A route, and what it is called in the API: of a default action, its listener. */
export interface FoundRoute {
  readonly arn: string;
  readonly route: OutsideRoute;
}

interface Balancer {
  readonly balancer: LoadBalancer;
  readonly listeners: readonly Listener[];
}

/**
 * Every default action and every rule that forwards to one of the groups, whatever the weight. One request for the load
 * balancers, one for the listeners of each, and one for the rules of each listener.
 */
export async function routesTo(elbv2: Elbv2, groups: readonly TargetGroup[]): Promise<readonly FoundRoute[]> {
  const names = new Map(groups.map((group) => [group.TargetGroupArn as string, group.TargetGroupName as string]));
  const arns = [...new Set(groups.flatMap(({ LoadBalancerArns = [] }) => LoadBalancerArns))];
  const listenersOf = async (balancer: LoadBalancer): Promise<Balancer> => {
    return { balancer, listeners: await elbv2.listeners(balancer.LoadBalancerArn as string) };
  };
  const balancers = await Promise.all((await elbv2.loadBalancers(arns)).map(listenersOf));
  const found = balancers.flatMap(({ balancer, listeners }) =>
    listeners.map(async (listener) => routesOf(elbv2, balancer, listener, names)),
  );
  return (await Promise.all(found)).flat();
}

async function routesOf(
  elbv2: Elbv2,
  balancer: LoadBalancer,
  listener: Listener,
  names: ReadonlyMap<string, string>,
): Promise<readonly FoundRoute[]> {
  const name = routeName(balancer, listener);
  // A Network Load Balancer's have none.
  const rules = balancer.Type === 'network' ? [] : await elbv2.rules(listener.ListenerArn as string);
  const all: readonly (readonly [name: string, arn: string | undefined, actions: readonly Action[] | undefined])[] = [
    [name, listener.ListenerArn, listener.DefaultActions],
    ...rules
      .filter(({ IsDefault }) => IsDefault !== true)
      .map((rule) => [routeName(balancer, listener, rule.Priority), rule.RuleArn, rule.Actions] as const),
  ];
  return all.flatMap(([one, arn = '', actions = []]): readonly FoundRoute[] => {
    const weights = weightsIn(actions);
    if (![...weights.keys()].some((group) => names.has(group))) return [];
    const byName = [...weights].map(([group, weight]) => [names.get(group) ?? nameIn(group), weight]);
    const url = urlOf(balancer, listener);
    return [{ arn, route: { name: one, by: 'listener', url, weights: Object.fromEntries(byName) } }];
  });
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
