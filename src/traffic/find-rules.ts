import type { Elbv2, Listener, LoadBalancer, Rule } from '../aws/elbv2.ts';
import type { RouteConfig } from '../config/config.ts';
import { OperatorError } from '../errors.ts';
import type { RouteRole } from '../domain/traffic.ts';
import { urlOf } from './target-groups.ts';

/** Where a route of the config is. */
export interface RouteLocation {
  /** `shop:443`, `shop:443 priority 10`. */
  readonly name: string;
  readonly role: RouteRole;
  readonly url: string;
  readonly balancer: LoadBalancer;
  readonly listenerArn: string;
  /** Absent for the listener's default action. */
  readonly ruleArn?: string;
}

export interface WantedRoute extends RouteConfig {
  readonly role: RouteRole;
}

/** Finds listeners and rules, once a program. Throws `route-not-found`. */
export async function findRoutes(elbv2: Elbv2, wanted: readonly WantedRoute[]): Promise<readonly RouteLocation[]> {
  const balancers = await findBalancers(elbv2, wanted);
  const arns = [...new Set(balancers.map(({ LoadBalancerArn: arn }) => arn as string))];
  const listeners = new Map(await Promise.all(arns.map(async (arn) => [arn, await elbv2.listeners(arn)] as const)));
  const known = (balancer: LoadBalancer): readonly Listener[] =>
    listeners.get(balancer.LoadBalancerArn as string) ?? [];
  return Promise.all(wanted.map(async (route, n) => placeOf(elbv2, route, balancers[n]!, known(balancers[n]!))));
}

/** One for each route. */
async function findBalancers(elbv2: Elbv2, wanted: readonly WantedRoute[]): Promise<readonly LoadBalancer[]> {
  const names = [...new Set(wanted.flatMap(({ loadBalancer }) => loadBalancer ?? []))];
  const arns = [...new Set(wanted.flatMap(({ arn }) => (arn === undefined ? [] : balancerArn(arn))))];
  const found = [
    ...(await Promise.all(names.map(async (name) => named(elbv2, name)))).flat(),
    ...(arns.length > 0 ? await elbv2.loadBalancers(arns) : []),
  ];
  return wanted.map((route) => {
    const { arn, loadBalancer } = route;
    const balancer = found.find(({ LoadBalancerArn, LoadBalancerName }) =>
      arn === undefined ? LoadBalancerName === loadBalancer : LoadBalancerArn === balancerArn(arn),
    );
    if (balancer !== undefined) return balancer;
    throw notFound(loadBalancer === undefined ? words(route) : `load balancer ${loadBalancer}`);
  });
}

/** One at a time: ELB does not say which of several it does not know. */
async function named(elbv2: Elbv2, name: string): Promise<readonly LoadBalancer[]> {
  return elbv2.loadBalancersNamed([name]).catch((error: unknown) => {
    if (error instanceof OperatorError && error.code === 'route-not-found') return [];
    throw error;
  });
}

/** `…:listener-rule/app/shop/50dc/f2f7/9683` and `…:listener/app/shop/50dc/f2f7` belong to `…:loadbalancer/app/shop/50dc`. */
function balancerArn(arn: string): string {
  return arn.replace(/:listener(?:-rule)?\/((?:[^/]+\/){2}[^/]+).*$/, ':loadbalancer/$1');
}

function listenerArnOf(arn: string): string {
  return arn.replace(/:listener-rule\/(.+)\/[^/]+$/, ':listener/$1');
}

async function placeOf(
  elbv2: Elbv2,
  route: WantedRoute,
  balancer: LoadBalancer,
  listeners: readonly Listener[],
): Promise<RouteLocation> {
  const listener = listeners.find(({ ListenerArn: arn, Port: port }) =>
    route.arn === undefined ? port === route.port : arn === listenerArnOf(route.arn),
  );
  if (listener === undefined) throw notFound(words(route));
  const listenerArn = listener.ListenerArn as string;
  const name = `${balancer.LoadBalancerName}:${listener.Port}`;
  const place = { name, role: route.role, url: urlOf(balancer, listener), balancer, listenerArn };
  const isRule = route.priority !== undefined || route.arn?.includes(':listener-rule/') === true;
  if (!isRule) return place;
  const rule = (await elbv2.rules(listenerArn)).find((one) => isWanted(one, route));
  if (rule === undefined) throw notFound(words(route));
  if (rule.IsDefault) return place;
  return { ...place, name: `${name} priority ${rule.Priority}`, ruleArn: rule.RuleArn as string };
}

function isWanted({ RuleArn: arn, Priority: priority }: Rule, route: WantedRoute): boolean {
  return route.arn === undefined ? priority === String(route.priority) : arn === route.arn;
}

function words({ arn, loadBalancer, port, priority }: RouteConfig): string {
  if (arn !== undefined) return arn;
  return priority === undefined
    ? `listener ${loadBalancer}:${port}`
    : `rule ${loadBalancer}:${port} priority ${priority}`;
}

function notFound(what: string): OperatorError {
  return new OperatorError('route-not-found', `AWS knows no ${what}.`, {
    next: ['Check `traffic.production` and `traffic.test` in the config, the region and the account.'],
  });
}
