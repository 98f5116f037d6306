import type {
  CreateListenerInput,
  DeleteListenerInput,
  DescribeListenersInput,
  Listener as Shown,
  ModifyListenerInput,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { openListener, type LiveListener } from '../balancer/listener.ts';
import { ApiError, type Call, type Operation } from '../service.ts';
import { checkedActions } from './actions.ts';
import { msOf } from './attributes.ts';
import { entries, entryOf, named, ownedBy, shapes, tagList, type Entry } from './catalogue.ts';
import { elbInvalid, elbUnsupported } from './errors.ts';
import type { Listener, LoadBalancer, Rule } from './model.ts';
import { elbPage } from './paging.ts';
import { listenerRoutes, rulesChanged, updateUse } from './routing.ts';
import { arnOf, listenerOf, listenersOf, loadBalancerOf, newElbId, rulesOf, tagsFrom, type ElbWorld } from './world.ts';

export function listenerOperations(world: ElbWorld): Record<string, Operation> {
  return {
    CreateListener: async (input: CreateListenerInput) => ({ Listeners: [show(world, await create(world, input))] }),
    DescribeListeners: (input: DescribeListenersInput, call?: Call) => describe(world, input, call),
    ModifyListener: async (input: ModifyListenerInput) => ({ Listeners: [show(world, await modify(world, input))] }),
    DeleteListener: async (input: DeleteListenerInput) => {
      await removeListener(world, listenerOf(world, input.ListenerArn));
      return {};
    },
  };
}

async function create(world: ElbWorld, input: CreateListenerInput): Promise<Listener> {
  const loadBalancer = loadBalancerOf(world, input.LoadBalancerArn);
  checkProtocol(input.Protocol);
  checkPort(world, loadBalancer, input.Port);
  const actions = checkedActions(world, loadBalancer, input.DefaultActions);
  if (listenersOf(world, loadBalancer).length >= world.quotas.listenersPerLoadBalancer) {
    throw new ApiError('TooManyListeners', 'The maximum number of listeners has been reached');
  }
  const live = await open(world, loadBalancer, input.Port ?? 0);
  const arn = arnOf(world, `listener/${tailOf(loadBalancer.arn)}/${newElbId()}`);
  const listener: Listener = {
    kind: 'listener',
    arn,
    loadBalancer,
    tags: tagsFrom(input.Tags),
    live,
    changes: { made: 0, known: 0 },
  };
  world.listeners.set(arn, listener);
  const rule: Rule = {
    kind: 'listener-rule',
    arn: arnOf(world, `listener-rule/${tailOf(arn)}/${newElbId()}`),
    listener,
    priority: 'default',
    conditions: [],
    actions,
    tags: new Map(),
  };
  world.rules.set(rule.arn, rule);
  updateUse(world);
  // A new listener knows its routes from the start.
  live.setRoutes(listenerRoutes(world, rulesOf(world, listener)));
  return listener;
}

/** `app/web/50dc…` of `arn:…:loadbalancer/app/web/50dc…`. */
export function tailOf(arn: string): string {
  return arn.slice(arn.indexOf('/') + 1);
}

function checkProtocol(protocol: string | undefined): void {
  if (protocol === undefined) throw elbInvalid('A protocol must be specified');
  if (protocol !== 'HTTP') throw elbUnsupported(`listeners with the protocol '${protocol}'`);
}

/** Port 0 is the sandbox's own: any free one, shown by DescribeListeners. */
function checkPort(world: ElbWorld, loadBalancer: LoadBalancer, port: number | undefined): void {
  if (port === undefined) throw elbInvalid('A port must be specified');
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw elbInvalid(`Port '${port}' must be between 1 and 65535`);
  if (listenersOf(world, loadBalancer).some((listener) => listener.live.port === port)) {
    throw new ApiError(
      'DuplicateListener',
      `A listener already exists on this port for this load balancer '${loadBalancer.arn}'`,
    );
  }
}

async function open(world: ElbWorld, loadBalancer: LoadBalancer, port: number): Promise<LiveListener> {
  const { clock, random, traffic } = world;
  const { host } = loadBalancer;
  const idleMs = (): number => msOf(loadBalancer.attributes, 'idle_timeout.timeout_seconds');
  const options = { host, port, loadBalancer: loadBalancer.name, routes: [], traffic, clock, random, idleMs };
  return await openListener(options).catch((error: NodeJS.ErrnoException) => {
    // Load balancers may share an address: a port that another one has, or a stranger's process, is taken.
    const message = `Port ${port} of ${host} cannot be had: ${error.code ?? error.message}`;
    throw new ApiError('InvalidConfigurationRequest', message);
  });
}

async function modify(world: ElbWorld, input: ModifyListenerInput): Promise<Listener> {
  const listener = listenerOf(world, input.ListenerArn);
  if (input.Protocol !== undefined) checkProtocol(input.Protocol);
  const { loadBalancer } = listener;
  const actions = input.DefaultActions && checkedActions(world, loadBalancer, input.DefaultActions);
  if (input.Port !== undefined && input.Port !== listener.live.port) await move(world, listener, input.Port);
  if (actions) {
    defaultRule(world, listener).actions = actions;
    rulesChanged(world, listener);
  }
  return listener;
}

async function move(world: ElbWorld, listener: Listener, port: number): Promise<void> {
  checkPort(world, listener.loadBalancer, port);
  const old = listener.live;
  listener.live = await open(world, listener.loadBalancer, port);
  listener.live.setRoutes(listenerRoutes(world, rulesOf(world, listener)));
  await old.close(false);
}

function defaultRule(world: ElbWorld, listener: Listener): Rule {
  const rule = rulesOf(world, listener).find((candidate) => candidate.priority === 'default');
  if (!rule) throw new Error(`Listener ${listener.arn} has no default rule`);
  return rule;
}

/** Closes the port; requests in flight end by themselves. */
export async function removeListener(world: ElbWorld, listener: Listener): Promise<void> {
  for (const rule of rulesOf(world, listener)) world.rules.delete(rule.arn);
  world.listeners.delete(listener.arn);
  updateUse(world);
  await listener.live.close(false);
}

function describe(world: ElbWorld, input: DescribeListenersInput, call: Call | undefined): object {
  const { LoadBalancerArn: owner, ListenerArns: arns = [] } = input;
  if (owner === undefined && arns.length === 0)
    throw elbInvalid('You must specify either listener ARNs or a load balancer ARN');
  if (owner !== undefined && arns.length > 0)
    throw elbInvalid('You cannot specify both listener ARNs and a load balancer ARN');
  const all = entries(world.catalogue, 'listener', call);
  const chosen =
    owner === undefined
      ? named(all, 'arn', arns, 'listener')
      : ownedBy(all, entryOf(world.catalogue, 'loadbalancer', owner, call));
  const { items, next } = elbPage(chosen, input, world.pageSize);
  return { Listeners: shapes(items), ...next };
}

/** What describes will say of it. */
export function listenerEntry(world: ElbWorld, listener: Listener): Entry {
  const { kind, arn, loadBalancer, tags } = listener;
  const shape = show(world, listener);
  return { kind, arn, owner: loadBalancer.arn, shape, attributes: [], tags: tagList(tags) };
}

function show(world: ElbWorld, listener: Listener): Shown {
  return {
    ListenerArn: listener.arn,
    LoadBalancerArn: listener.loadBalancer.arn,
    Port: listener.live.port,
    Protocol: 'HTTP',
    DefaultActions: [...defaultRule(world, listener).actions],
  };
}
