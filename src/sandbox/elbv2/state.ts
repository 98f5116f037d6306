import { randomBytes } from 'node:crypto';
import type { Tag } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Clock } from '../../clock.ts';
import type { HealthProbe } from '../balancer/probe.ts';
import type { Scheduler } from '../scheduler.ts';
import type { RequestCounts } from '../balancer/counts.ts';
import type { DataPlaneTraffic } from '../balancer/traffic.ts';
import type { Upstream } from '../balancer/upstream.ts';
import type { Machines, SandboxTimes } from '../service.ts';
import type { Catalogue } from './catalogue.ts';
import { validationError, elbv2NotFound } from './errors.ts';
import type { Listener, LoadBalancer, Resource, Rule, TargetGroup, TextMap } from './model.ts';

/** Quotas of an account (ALB user guide, "Quotas"). */
export interface Quotas {
  readonly targetsPerGroup: number;
  /** Of all its groups; a target that drains counts. */
  readonly targetsPerLoadBalancer: number;
  /** Of one target with the groups of a load balancer, each port counted. */
  readonly registrationsPerTarget: number;
  readonly groupsPerAction: number;
  readonly rulesPerLoadBalancer: number;
  readonly listenersPerLoadBalancer: number;
  readonly groups: number;
}

export const QUOTAS: Quotas = {
  targetsPerGroup: 1000,
  targetsPerLoadBalancer: 1000,
  registrationsPerTarget: 1000,
  groupsPerAction: 5,
  rulesPerLoadBalancer: 100,
  listenersPerLoadBalancer: 50,
  groups: 3000,
};

export interface SubnetLocation {
  readonly zone: string;
  readonly vpcId: string;
}

/** Separate addresses for load balancers, so that several can listen on the same port. */
export interface BalancerAddresses {
  /** Address of a new load balancer; undefined if it uses the shared one. */
  allocate(name: string): string | undefined;
  release(address: string): void;
}

/** The state that all operations share. */
export interface Elbv2State {
  readonly machines: Machines;
  readonly clock: Clock;
  /** Read whenever a time is needed, so that it may change while the sandbox runs. */
  readonly times: SandboxTimes;
  readonly region: string;
  readonly account: string;
  /** Shared loopback address of load balancers. */
  readonly host: string;
  readonly addresses: BalancerAddresses | undefined;
  readonly pageSize: number;
  readonly quotas: Quotas;
  readonly random: () => number;
  readonly probe: HealthProbe;
  /** The only VPC; if undefined, any id is valid. */
  readonly vpc: string | undefined;
  /** The only security group; if undefined, any id is valid. */
  readonly securityGroup: string | undefined;
  /** If undefined, any subnet id is valid. */
  readonly subnet: ((id: string) => SubnetLocation | undefined) | undefined;
  /** Active faults that affect all groups. */
  readonly faults: { slowDrainMs: number };
  readonly scheduler: Scheduler;
  readonly traffic: DataPlaneTraffic;
  /** The counts that CloudWatch returns. */
  readonly counts: RequestCounts;
  /** What Describe operations return. */
  readonly catalogue: Catalogue;
  readonly loadBalancers: Map<string, LoadBalancer>;
  readonly listeners: Map<string, Listener>;
  readonly rules: Map<string, Rule>;
  readonly groups: Map<string, TargetGroup>;
  /** All open upstreams, those of removed targets too. */
  readonly upstreams: Map<Upstream, { readonly targetGroup: string; readonly id: string; readonly port: number }>;
}

/** 16 hexadecimal digits, the last part of ELB's ARNs. */
export function newHexId(): string {
  return randomBytes(8).toString('hex');
}

/** For example, `arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188`. */
export function arnOf(state: Elbv2State, path: string): string {
  return `arn:aws:elasticloadbalancing:${state.region}:${state.account}:${path}`;
}

export function groupOf(state: Elbv2State, arn: string | undefined): TargetGroup {
  return findResource(state.groups, 'targetgroup', arn);
}

export function loadBalancerOf(state: Elbv2State, arn: string | undefined): LoadBalancer {
  return findResource(state.loadBalancers, 'loadbalancer', arn);
}

export function listenerOf(state: Elbv2State, arn: string | undefined): Listener {
  return findResource(state.listeners, 'listener', arn);
}

export function ruleOf(state: Elbv2State, arn: string | undefined): Rule {
  return findResource(state.rules, 'listener-rule', arn);
}

function findResource<T>(all: ReadonlyMap<string, T>, kind: Resource['kind'], arn = ''): T {
  const value = all.get(arn);
  if (value === undefined) throw elbv2NotFound(kind);
  return value;
}

/** A listener's rules in the order of evaluation: by priority, the default rule last. */
export function rulesOf(state: Elbv2State, listener: Listener): Rule[] {
  const rank = (rule: Rule): number => (rule.priority === 'default' ? Infinity : rule.priority);
  return [...state.rules.values()].filter((rule) => rule.listener === listener).toSorted((a, b) => rank(a) - rank(b));
}

/** Zones that are enabled for the load balancer; none if subnets are not known. */
export function zonesOf(state: Elbv2State, { subnets }: LoadBalancer): readonly string[] {
  return subnets.flatMap((subnet) => state.subnet?.(subnet)?.zone ?? []);
}

export function listenersOf(state: Elbv2State, loadBalancer: LoadBalancer): Listener[] {
  return [...state.listeners.values()].filter((listener) => listener.loadBalancer === loadBalancer);
}

/** The kind of resource of an ARN. Throws `ValidationError` if it is not an ELB resource. */
export function kindOf(arn: string): Resource['kind'] {
  const kind = KINDS.find((candidate) => arn.split(':')[5]?.split('/')[0] === candidate);
  if (!kind) throw validationError(`'${arn}' is not a valid ARN`);
  return kind;
}

const KINDS: readonly Resource['kind'][] = ['loadbalancer', 'targetgroup', 'listener', 'listener-rule'];

/** The resource with an ARN. Throws the not-found error of its kind. */
export function resourceOf(state: Elbv2State, arn: string): Resource {
  const tables = {
    loadbalancer: state.loadBalancers,
    targetgroup: state.groups,
    listener: state.listeners,
    'listener-rule': state.rules,
  };
  const kind = kindOf(arn);
  return findResource<Resource>(tables[kind], kind, arn);
}

export function tagsFrom(tags: readonly Tag[] | undefined): TextMap {
  return new Map((tags ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? '']));
}

/** A valid name of a load balancer or a target group (ELBv2 API, CreateTargetGroup). */
export function checkedName(name: string | undefined, what: string): string {
  if (name === undefined || name === '') throw validationError(`A ${what} name must be specified`);
  if (name.length > 32) throw validationError(`${what} name '${name}' cannot be longer than '32' characters`);
  if (!/^[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?$/.test(name)) {
    throw validationError(
      `${what} name '${name}' can only contain characters that are alphanumeric characters and hyphens(-)`,
    );
  }
  return name;
}
