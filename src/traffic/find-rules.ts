import type { Action, Elbv2, Listener, LoadBalancer, Rule } from '../aws/elbv2.ts';
import type { RouteConfig } from '../config/config.ts';
import { OperatorError } from '../errors.ts';
import type { RouteRole } from '../domain/traffic.ts';
import { routeName, urlOf } from './routes-to.ts';
import { orUnreadable } from './traffic.ts';
import type { Unreadable } from '../domain/unreadable.ts';

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

/** A route with its actions, as they were when it was found. */
export interface FoundRule {
  readonly place: RouteLocation;
  readonly actions: readonly Action[];
}

interface WantedRoute extends RouteConfig {
  readonly role: RouteRole;
}

interface Balancer {
  readonly balancer: LoadBalancer;
  readonly listeners: readonly Listener[];
}

/** Finds listeners and rules; those for test traffic may be unreadable. Throws `route-not-found`. */
export async function findRoutes(
  elbv2: Elbv2,
  wanted: readonly WantedRoute[],
): Promise<readonly (FoundRule | Unreadable)[]> {
  const found = new Map([...new Set(wanted.map(balancerKey))].map((key) => [key, findBalancer(elbv2, key)]));
  return Promise.all(
    wanted.map(async (route) => {
      const located = locate(elbv2, route, found.get(balancerKey(route)));
      return route.role === 'test' ? orUnreadable(words(route), located) : located;
    }),
  );
}

/** One at a time: ELB does not say which of several it does not know. */
async function findBalancer(elbv2: Elbv2, key: string): Promise<Balancer | undefined> {
  try {
    const [balancer] = await (key.startsWith('arn:') ? elbv2.loadBalancers([key]) : elbv2.loadBalancersNamed([key]));
    return balancer && { balancer, listeners: await elbv2.listeners(balancer.LoadBalancerArn as string) };
  } catch (error) {
    if (error instanceof OperatorError && error.code === 'route-not-found') return undefined;
    throw error;
  }
}

/** The name of the load balancer, or its ARN. */
function balancerKey({ arn, loadBalancer = '' }: RouteConfig): string {
  return arn === undefined ? loadBalancer : balancerArn(arn);
}

/** `…:listener-rule/app/shop/50dc/f2f7/9683` and `…:listener/app/shop/50dc/f2f7` belong to `…:loadbalancer/app/shop/50dc`. */
function balancerArn(arn: string): string {
  return arn.replace(/:listener(?:-rule)?\/((?:[^/]+\/){2}[^/]+).*$/, ':loadbalancer/$1');
}

function listenerArnOf(arn: string): string {
  return arn.replace(/:listener-rule\/(.+)\/[^/]+$/, ':listener/$1');
}

async function locate(
  elbv2: Elbv2,
  route: WantedRoute,
  finding: Promise<Balancer | undefined> | undefined,
): Promise<FoundRule> {
  const found = await finding;
  if (found === undefined) throw notFound(route.arn ?? `load balancer ${route.loadBalancer}`);
  const { balancer, listeners } = found;
  const listener = listeners.find(({ ListenerArn: arn, Port: port }) =>
    route.arn === undefined ? port === route.port : arn === listenerArnOf(route.arn),
  );
  if (listener === undefined) throw notFound(words(route));
  const listenerArn = listener.ListenerArn as string;
  const name = routeName(balancer, listener);
  const place = { name, role: route.role, url: urlOf(balancer, listener), balancer, listenerArn };
  const isRule = route.priority !== undefined || route.arn?.includes(':listener-rule/') === true;
  const asDefault = { place, actions: listener.DefaultActions ?? [] };
  if (!isRule) return asDefault;
  const rule = (await elbv2.rules(listenerArn)).find((one) => isWanted(one, route));
  if (rule === undefined) throw notFound(words(route));
  if (rule.IsDefault) return asDefault;
  const own = { name: routeName(balancer, listener, rule.Priority), ruleArn: rule.RuleArn as string };
  return { place: { ...place, ...own }, actions: rule.Actions ?? [] };
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
  return new OperatorError('route-not-found', `AWS has no ${what}.`, {
    next: [
      'Check `traffic.production` and `traffic.test` in the config, the region and the account.',
      'Where it was deleted, create it again: it forwards to the groups under `traffic.groups`, with all of the weight for the one that serves.',
    ],
  });
}
