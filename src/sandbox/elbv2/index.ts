import type { Clock } from '../../clock.ts';
import { httpProbe, type HealthProbe } from '../balancer/probe.ts';
import { createScheduler } from '../scheduler.ts';
import { createCounts, type RequestCounts } from '../balancer/counts.ts';
import { createTraffic, type TrafficReport } from '../balancer/traffic.ts';
import type { Machine, Machines, Operation, SandboxTimes, Service } from '../service.ts';
import { createTimeline } from '../timeline.ts';
import { updateCatalogue } from './catalogue.ts';
import type { BalancerEndpoint } from '../route53/model.ts';
import { endpointOf } from './endpoints.ts';
import { elbv2NotFound } from './errors.ts';
import { updatedCheckSettings } from './check-settings.ts';
import { reconcile } from './lifecycle.ts';
import { listenerEntry, listenerOperations } from './listeners.ts';
import { loadBalancerEntry, loadBalancerOperations } from './load-balancers.ts';
import type { TargetGroup } from './model.ts';
import { ruleEntry, ruleOperations } from './rules.ts';
import { elbv2TagOperations } from './tags.ts';
import { groupEntry, modifyAttributes, targetGroupOperations } from './target-groups.ts';
import { targetOperations } from './targets.ts';
import {
  QUOTAS,
  resourceOf,
  type Quotas,
  type SubnetLocation,
  type Elbv2State,
  type BalancerAddresses,
} from './state.ts';
import { drainFault } from './faults.ts';

export interface Elbv2Options {
  readonly machines: Machines;
  readonly clock: Clock;
  /** Read whenever a time is needed, so that times can change while the sandbox runs. */
  readonly times: SandboxTimes;
  readonly region: string;
  readonly account?: string;
  /** Shared loopback address of load balancers. Default: `127.0.0.1`. */
  readonly host?: string;
  /** Allocates separate addresses, with DNS names. Default: all load balancers listen on `host`. */
  readonly addresses?: BalancerAddresses | undefined;
  /** Default page size; small, so that clients that ignore pages fail. */
  readonly pageSize?: number;
  readonly quotas?: Partial<Quotas>;
  /** From 0 to 1, for weights and slow start. */
  readonly random?: () => number;
  /** Sends health checks. Default: over HTTP. */
  readonly probe?: HealthProbe;
  /** The only VPC. If given, target groups must be in it. */
  readonly vpc?: string;
  /** The only security group. If given, load balancers can have no other one. */
  readonly securityGroup?: string;
  /** Finds a subnet. If given, load balancers need existing subnets, and targets in other zones are unused. */
  readonly subnet?: (id: string) => SubnetLocation | undefined;
}

/** Exact times of a target group, which the API cannot express; milliseconds. */
export interface GroupTimes {
  readonly intervalMs?: number;
  readonly timeoutMs?: number;
  readonly deregistrationDelayMs?: number;
  readonly slowStartMs?: number;
}

/** The URL of a listener. */
export interface ListenerUrl {
  readonly loadBalancer: string;
  readonly listenerArn: string;
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string;
}

/** Requests and web sockets of a target that have not ended. */
export interface TargetInFlight {
  readonly targetGroup: string;
  readonly id: string;
  readonly port: number;
  readonly count: number;
}

export interface EmulatedElbv2 extends Service {
  readonly id: 'elbv2';
  /** Counts of client requests since the last reset. */
  traffic(): TrafficReport;
  resetTraffic(): void;
  /** What was sent to targets, by load balancer and group. */
  readonly counts: Pick<RequestCounts, 'sum' | 'times'>;
  /** Targets with requests in flight, deregistered ones too. */
  inFlight(): readonly TargetInFlight[];
  urls(): readonly ListenerUrl[];
  /** The endpoint of a load balancer, by its DNS name; case does not matter. */
  endpoint(dnsName: string): BalancerEndpoint | undefined;
  /** Sets exact times of a target group (name or ARN). Throws `TargetGroupNotFound` and `ValidationError`. */
  setGroupTimes(group: string, times: GroupTimes): void;
  /** Adds tags as AWS's own services do, also reserved ones. Throws when there is no such resource. */
  setTags(arn: string, tags: Readonly<Record<string, string>>): void;
  /** Tags of a resource; none where there is no such resource. */
  tagsOf(arn: string): Readonly<Record<string, string>>;
  /** Fault: adds to deregistration delays that start from now on, of a target group (name or ARN) or of all; 0 ends it. Both add up. */
  slowDrain(ms: number, group?: string): void;
}

/** Elastic Load Balancing v2, with real load balancers. For its behaviour see src/sandbox/BEHAVIOUR.md. */
export function createElbv2(options: Elbv2Options): EmulatedElbv2 {
  const state = createWorld(options);
  const unwatch = state.machines.watch((machine) => machineChanged(state, machine));
  const slowDrain = (ms: number, group?: string): void => {
    (group === undefined ? state.faults : groupNamed(state, group)).slowDrainMs = ms;
  };
  return {
    id: 'elbv2',
    operations: withCatalogueUpdate(state, {
      ...loadBalancerOperations(state),
      ...targetGroupOperations(state),
      ...targetOperations(state),
      ...listenerOperations(state),
      ...ruleOperations(state),
      ...elbv2TagOperations(state),
    }),
    traffic: () => state.traffic.report(),
    resetTraffic: () => state.traffic.reset(),
    counts: state.counts,
    inFlight: () => inFlight(state),
    urls: () => urls(state),
    endpoint: (dnsName) => endpointOf(state, dnsName),
    setGroupTimes: (group, times) => {
      setGroupTimes(groupNamed(state, group), times);
      updateAll(state);
    },
    setTags: (arn, tags) => {
      const { tags: before } = resourceOf(state, arn);
      for (const [key, value] of Object.entries(tags)) before.set(key, value);
      updateAll(state);
    },
    tagsOf: (arn) => {
      const all = [state.loadBalancers, state.groups, state.listeners, state.rules];
      return Object.fromEntries(all.flatMap((some) => [...(some.get(arn)?.tags ?? [])]));
    },
    slowDrain,
    faults: { drain: drainFault(slowDrain) },
    pages: { traffic: { read: () => state.traffic.report(), reset: () => state.traffic.reset() } },
    close: async () => {
      unwatch();
      await close(state);
    },
  };
}

function createWorld(options: Elbv2Options): Elbv2State {
  const counts = createCounts(options.clock);
  return {
    account: '123456789012',
    host: '127.0.0.1',
    addresses: undefined,
    pageSize: 10,
    random: Math.random,
    probe: httpProbe,
    vpc: undefined,
    securityGroup: undefined,
    subnet: undefined,
    faults: { slowDrainMs: 0 },
    ...options,
    quotas: { ...QUOTAS, ...options.quotas },
    scheduler: createScheduler(options.clock),
    traffic: createTraffic((...which) => counts.sent(...which)),
    counts,
    catalogue: createTimeline(options.clock),
    loadBalancers: new Map(),
    listeners: new Map(),
    rules: new Map(),
    groups: new Map(),
    upstreams: new Map(),
  };
}

/** Updates the catalogue, from which Describe operations read, after each other operation. */
function withCatalogueUpdate(
  state: Elbv2State,
  operations: Readonly<Record<string, Operation>>,
): Record<string, Operation> {
  const published = Object.entries(operations).map(([name, run]): [string, Operation] => {
    if (name.startsWith('Describe')) return [name, run];
    return [
      name,
      async (input, call) => {
        const output = await run(input, call);
        updateAll(state);
        return output;
      },
    ];
  });
  return Object.fromEntries(published);
}

function updateAll(state: Elbv2State): void {
  updateCatalogue(state.catalogue, [
    ...[...state.loadBalancers.values()].map((loadBalancer) => loadBalancerEntry(state, loadBalancer)),
    ...[...state.groups.values()].map(groupEntry),
    ...[...state.listeners.values()].map((listener) => listenerEntry(state, listener)),
    ...[...state.rules.values()].map(ruleEntry),
  ]);
}

function machineChanged(state: Elbv2State, machine: Machine): void {
  for (const group of state.groups.values()) {
    for (const target of group.targets.values()) if (target.machine === machine.id) reconcile(state, group, target);
  }
}

function groupNamed(state: Elbv2State, nameOrArn: string): TargetGroup {
  const group = [...state.groups.values()].find(({ name, arn }) => name === nameOrArn || arn === nameOrArn);
  if (!group) throw elbv2NotFound('targetgroup');
  return group;
}

function setGroupTimes(group: TargetGroup, times: GroupTimes): void {
  const seconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1000);
  const check = updatedCheckSettings(group.check, {
    HealthCheckIntervalSeconds: seconds(times.intervalMs),
    HealthCheckTimeoutSeconds: seconds(times.timeoutMs),
  });
  const attributes = [
    { Key: 'deregistration_delay.timeout_seconds', Value: seconds(times.deregistrationDelayMs) },
    { Key: 'slow_start.duration_seconds', Value: seconds(times.slowStartMs) },
  ];
  const given = attributes.filter(({ Value }) => Value !== undefined);
  modifyAttributes(
    group,
    given.map(({ Key, Value }) => ({ Key, Value: String(Value) })),
  );
  group.check = check;
}

function inFlight(state: Elbv2State): TargetInFlight[] {
  const all = [...state.upstreams].map(([upstream, target]) => ({ ...target, count: upstream.inFlight }));
  return all.filter(({ count }) => count > 0);
}

function urls(state: Elbv2State): ListenerUrl[] {
  return [...state.listeners.values()].map(({ arn, loadBalancer, live }) => ({
    loadBalancer: loadBalancer.name,
    listenerArn: arn,
    url: `http://${loadBalancer.host}:${live.port}`,
  }));
}

async function close(state: Elbv2State): Promise<void> {
  state.scheduler.close();
  for (const group of state.groups.values()) for (const target of group.targets.values()) target.checks?.abort();
  await Promise.all([...state.listeners.values()].map((listener) => listener.live.close(true)));
  for (const upstream of state.upstreams.keys()) upstream.abortInFlight();
}
