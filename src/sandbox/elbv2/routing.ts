import type { Action } from '@aws-sdk/client-elastic-load-balancing-v2';
import { matcherOf } from '../balancer/matching.ts';
import type { RouteAction, DataPlaneRoutes } from '../balancer/routes.ts';
import { groupsIn } from './actions.ts';
import { CROSS_ZONE } from './attributes.ts';
import { reconcile } from './lifecycle.ts';
import type { Listener, LoadBalancer, Rule, TargetGroup } from './model.ts';
import { groupOf, rulesOf, type Elbv2State } from './state.ts';

/** After a change of a listener or a rule: updates which groups are in use, and sends the routes to the data plane. */
export function rulesChanged(state: Elbv2State, listener: Listener): void {
  updateGroupUse(state);
  const routes = dataPlaneRoutes(state, rulesOf(state, listener));
  const { changes } = listener;
  changes.made += 1;
  const change = changes.made;
  state.scheduler.after(state.times.propagationMs, () => {
    // Propagation times may change in between: an earlier change must not undo a later one.
    if (change < changes.known) return;
    changes.known = change;
    listener.live.setRoutes(routes);
  });
}

/** A group is in use if a rule of a listener forwards to it, whatever the weight. */
export function updateGroupUse(state: Elbv2State): void {
  const users = new Map<string, LoadBalancer>();
  for (const rule of state.rules.values()) {
    for (const arn of groupsIn(rule.actions)) users.set(arn, rule.listener.loadBalancer);
  }
  for (const group of state.groups.values()) {
    const user = users.get(group.arn);
    if (group.loadBalancer === user) continue;
    group.loadBalancer = user;
    [...group.targets.values()].forEach((target, place) => reconcile(state, group, target, place));
  }
}

/** The rules of a listener as routes of the data plane. */
export function dataPlaneRoutes(state: Elbv2State, rules: readonly Rule[]): DataPlaneRoutes {
  return rules.map((rule) => ({
    matches: matcherOf(rule.conditions),
    action: routeAction(state, rule.actions[0] ?? {}),
  }));
}

function routeAction(state: Elbv2State, action: Partial<Action>): RouteAction {
  if (action.Type === 'redirect') return redirectAction(action);
  if (action.Type === 'fixed-response') {
    const {
      StatusCode: status,
      ContentType: contentType = 'text/plain',
      MessageBody: body = '',
    } = action.FixedResponseConfig ?? {};
    return { type: 'fixed-response', status: Number(status), contentType, body };
  }
  const { TargetGroups: tuples = [], TargetGroupStickinessConfig: sticky } = action.ForwardConfig ?? {};
  const groups = tuples.map((tuple) => {
    const group = groupOf(state, tuple.TargetGroupArn);
    const { arn, name, pool } = group;
    return { arn, name, pool, weight: tuple.Weight ?? 0, isZonal: () => !crossesZones(group) };
  });
  return { type: 'forward', groups, stickyMs: sticky?.Enabled ? (sticky.DurationSeconds ?? 0) * 1000 : 0 };
}

function crossesZones({ attributes, loadBalancer }: TargetGroup): boolean {
  const own = attributes.get(CROSS_ZONE);
  return own === 'use_load_balancer_configuration'
    ? loadBalancer?.attributes.get(CROSS_ZONE) !== 'false'
    : own === 'true';
}

function redirectAction({ RedirectConfig: config }: Partial<Action>): RouteAction {
  const status = config?.StatusCode === 'HTTP_301' ? 301 : 302;
  const {
    Protocol: protocol = '',
    Host: host = '',
    Port: port = '',
    Path: path = '',
    Query: query = '',
  } = config ?? {};
  return { type: 'redirect', status, protocol, host, port, path, query };
}
