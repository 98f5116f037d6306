import type { Action } from '@aws-sdk/client-elastic-load-balancing-v2';
import { matcherOf } from '../balancer/matching.ts';
import type { RouteAction, Routes } from '../balancer/routes.ts';
import { groupsIn } from './actions.ts';
import { reconcile } from './lifecycle.ts';
import type { Listener, LoadBalancer, Rule } from './model.ts';
import { groupOf, rulesOf, type ElbWorld } from './world.ts';

/** After any change of a listener or a rule: says which groups are in use, and sends the routes on their way. */
export function rulesChanged(world: ElbWorld, listener: Listener): void {
  updateUse(world);
  const routes = listenerRoutes(world, rulesOf(world, listener));
  const { changes } = listener;
  changes.made += 1;
  const change = changes.made;
  world.scheduler.after(world.times.propagationMs, () => {
    // Propagation times may be changed at any moment: a later change is never undone by an earlier one.
    if (change < changes.known) return;
    changes.known = change;
    listener.live.setRoutes(routes);
  });
}

/** A group is in use when a rule of a listener forwards to it, whatever the weight. */
export function updateUse(world: ElbWorld): void {
  const users = new Map<string, LoadBalancer>();
  for (const rule of world.rules.values()) {
    for (const arn of groupsIn(rule.actions)) users.set(arn, rule.listener.loadBalancer);
  }
  for (const group of world.groups.values()) {
    const user = users.get(group.arn);
    if (group.user === user) continue;
    group.user = user;
    [...group.targets.values()].forEach((target, place) => reconcile(world, group, target, place));
  }
}

/** What the data plane needs to know of a listener's rules. */
export function listenerRoutes(world: ElbWorld, rules: readonly Rule[]): Routes {
  return rules.map((rule) => ({
    matches: matcherOf(rule.conditions),
    action: routeAction(world, rule.actions[0] ?? {}),
  }));
}

function routeAction(world: ElbWorld, action: Partial<Action>): RouteAction {
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
  const shares = tuples.map((tuple) => {
    const { arn, name, members } = groupOf(world, tuple.TargetGroupArn);
    return { arn, name, members, weight: tuple.Weight ?? 0 };
  });
  return { type: 'forward', shares, stickyMs: sticky?.Enabled ? (sticky.DurationSeconds ?? 0) * 1000 : 0 };
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
