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
import {
  entriesOfKind,
  entryOf,
  entriesNamed,
  ownedBy,
  entryShapes,
  elbTagList,
  type CatalogueEntry,
} from './catalogue.ts';
import { validationError, elbv2Unsupported } from './errors.ts';
import type { Listener, LoadBalancer, Rule } from './model.ts';
import { pageByMarker } from './paging.ts';
import { dataPlaneRoutes, rulesChanged, updateGroupUse } from './routing.ts';
import {
  arnOf,
  listenerOf,
  listenersOf,
  loadBalancerOf,
  newHexId,
  rulesOf,
  tagsFrom,
  type Elbv2State,
  zonesOf,
} from './state.ts';

export function listenerOperations(state: Elbv2State): Record<string, Operation> {
  return {
    CreateListener: async (input: CreateListenerInput) => ({
      Listeners: [listenerShape(state, await create(state, input))],
    }),
    DescribeListeners: (input: DescribeListenersInput, call?: Call) => describe(state, input, call),
    ModifyListener: async (input: ModifyListenerInput) => ({
      Listeners: [listenerShape(state, await modify(state, input))],
    }),
    DeleteListener: async (input: DeleteListenerInput) => {
      await removeListener(state, listenerOf(state, input.ListenerArn));
      return {};
    },
  };
}

async function create(state: Elbv2State, input: CreateListenerInput): Promise<Listener> {
  const loadBalancer = loadBalancerOf(state, input.LoadBalancerArn);
  checkProtocol(loadBalancer, input.Protocol);
  checkPort(state, loadBalancer, input.Port);
  const actions = checkedActions(state, loadBalancer, input.DefaultActions);
  if (listenersOf(state, loadBalancer).length >= state.quotas.listenersPerLoadBalancer) {
    throw new ApiError('TooManyListeners', 'The maximum number of listeners has been reached');
  }
  const live = await openLiveListener(state, loadBalancer, input.Port ?? 0);
  const arn = arnOf(state, `listener/${resourcePath(loadBalancer.arn)}/${newHexId()}`);
  const listener: Listener = {
    kind: 'listener',
    arn,
    loadBalancer,
    tags: tagsFrom(input.Tags),
    live,
    changes: { made: 0, known: 0 },
  };
  state.listeners.set(arn, listener);
  const rule: Rule = {
    kind: 'listener-rule',
    arn: arnOf(state, `listener-rule/${resourcePath(arn)}/${newHexId()}`),
    listener,
    priority: 'default',
    conditions: [],
    actions,
    tags: new Map(),
  };
  state.rules.set(rule.arn, rule);
  updateGroupUse(state);
  // A new listener has its routes immediately.
  live.setRoutes(dataPlaneRoutes(state, rulesOf(state, listener)));
  return listener;
}

/** The path of an ARN: `app/web/50dc…` of `arn:…:loadbalancer/app/web/50dc…`. */
export function resourcePath(arn: string): string {
  return arn.slice(arn.indexOf('/') + 1);
}

function protocolOf({ type }: LoadBalancer): 'HTTP' | 'TCP' {
  return type === 'network' ? 'TCP' : 'HTTP';
}

function checkProtocol(loadBalancer: LoadBalancer, protocol: string | undefined): void {
  if (protocol === undefined) throw validationError('A protocol must be specified');
  if (protocol !== protocolOf(loadBalancer)) throw elbv2Unsupported(`listeners with the protocol '${protocol}'`);
}

/** Port 0, which AWS does not accept, selects a free port, which DescribeListeners returns. */
function checkPort(state: Elbv2State, loadBalancer: LoadBalancer, port: number | undefined): void {
  if (port === undefined) throw validationError('A port must be specified');
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw validationError(`Port '${port}' must be between 1 and 65535`);
  if (listenersOf(state, loadBalancer).some((listener) => listener.live.port === port)) {
    throw new ApiError(
      'DuplicateListener',
      `A listener already exists on this port for this load balancer '${loadBalancer.arn}'`,
    );
  }
}

async function openLiveListener(state: Elbv2State, loadBalancer: LoadBalancer, port: number): Promise<LiveListener> {
  const { clock, random, traffic } = state;
  const { host } = loadBalancer;
  const idleMs = (): number => msOf(loadBalancer.attributes, 'idle_timeout.timeout_seconds');
  const { name } = loadBalancer;
  const zones = (): readonly string[] => zonesOf(state, loadBalancer);
  const options = { host, port, loadBalancer: name, routes: [], traffic, clock, random, idleMs, zones };
  return await openListener(options).catch((error: NodeJS.ErrnoException) => {
    // The port is in use by another load balancer on the same address, or by another process.
    const message = `Port ${port} of ${host} is not available: ${error.code ?? error.message}`;
    throw new ApiError('InvalidConfigurationRequest', message);
  });
}

async function modify(state: Elbv2State, input: ModifyListenerInput): Promise<Listener> {
  const listener = listenerOf(state, input.ListenerArn);
  if (input.Protocol !== undefined) checkProtocol(listener.loadBalancer, input.Protocol);
  const { loadBalancer } = listener;
  const actions = input.DefaultActions && checkedActions(state, loadBalancer, input.DefaultActions);
  if (input.Port !== undefined && input.Port !== listener.live.port) await changePort(state, listener, input.Port);
  if (actions) {
    defaultRule(state, listener).actions = actions;
    rulesChanged(state, listener);
  }
  return listener;
}

async function changePort(state: Elbv2State, listener: Listener, port: number): Promise<void> {
  checkPort(state, listener.loadBalancer, port);
  const old = listener.live;
  listener.live = await openLiveListener(state, listener.loadBalancer, port);
  listener.live.setRoutes(dataPlaneRoutes(state, rulesOf(state, listener)));
  await old.close(false);
}

function defaultRule(state: Elbv2State, listener: Listener): Rule {
  const rule = rulesOf(state, listener).find((candidate) => candidate.priority === 'default');
  if (!rule) throw new Error(`Listener ${listener.arn} has no default rule`);
  return rule;
}

/** Closes the port; requests in flight continue. */
export async function removeListener(state: Elbv2State, listener: Listener): Promise<void> {
  for (const rule of rulesOf(state, listener)) state.rules.delete(rule.arn);
  state.listeners.delete(listener.arn);
  updateGroupUse(state);
  await listener.live.close(false);
}

function describe(state: Elbv2State, input: DescribeListenersInput, call: Call | undefined): object {
  const { LoadBalancerArn: owner, ListenerArns: arns = [] } = input;
  if (owner === undefined && arns.length === 0)
    throw validationError('You must specify either listener ARNs or a load balancer ARN');
  if (owner !== undefined && arns.length > 0)
    throw validationError('You cannot specify both listener ARNs and a load balancer ARN');
  const all = entriesOfKind(state.catalogue, 'listener', call);
  const chosen =
    owner === undefined
      ? entriesNamed(all, 'arn', arns, 'listener')
      : ownedBy(all, entryOf(state.catalogue, 'loadbalancer', owner, call));
  const { items, next } = pageByMarker(chosen, input, state.pageSize);
  return { Listeners: entryShapes(items), ...next };
}

/** The catalogue entry of a listener. */
export function listenerEntry(state: Elbv2State, listener: Listener): CatalogueEntry {
  const { kind, arn, loadBalancer, tags } = listener;
  const shape = listenerShape(state, listener);
  return { kind, arn, owner: loadBalancer.arn, shape, attributes: [], tags: elbTagList(tags) };
}

function listenerShape(state: Elbv2State, listener: Listener): Shown {
  return {
    ListenerArn: listener.arn,
    LoadBalancerArn: listener.loadBalancer.arn,
    Port: listener.live.port,
    Protocol: protocolOf(listener.loadBalancer),
    DefaultActions: [...defaultRule(state, listener).actions],
  };
}
