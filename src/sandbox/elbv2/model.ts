import type { Action, RuleCondition, TargetHealthDescription } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { LiveListener } from '../balancer/listener.ts';
import type { PoolTarget, TargetPool } from '../balancer/target-pool.ts';
import type { Timeline } from '../timeline.ts';
import type { Health, Thresholds } from './health.ts';

/** Strings by key: tags and attributes. */
export type TextMap = Map<string, string>;

export interface LoadBalancer {
  readonly kind: 'loadbalancer';
  readonly arn: string;
  readonly name: string;
  readonly type: 'application' | 'network';
  readonly scheme: 'internet-facing' | 'internal';
  /** Loopback address of its listeners. */
  readonly host: string;
  /** In AWS's format if it has its own address; otherwise the address. */
  readonly dnsName: string;
  readonly createdAt: Date;
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  /** Values as the API accepts them; times may be fractions of a second. */
  readonly attributes: TextMap;
  readonly tags: TextMap;
}

export interface Listener {
  readonly kind: 'listener';
  readonly arn: string;
  readonly loadBalancer: LoadBalancer;
  readonly tags: TextMap;
  live: LiveListener;
  /** Numbers of the newest change of its rules, and of the newest one in the data plane. */
  readonly changes: { made: number; known: number };
}

export interface Rule {
  readonly kind: 'listener-rule';
  readonly arn: string;
  readonly listener: Listener;
  priority: number | 'default';
  conditions: readonly RuleCondition[];
  actions: readonly Action[];
  readonly tags: TextMap;
}

/** Health check settings with exact times; the API returns whole seconds. */
export interface CheckSettings {
  readonly path: string;
  /** `traffic-port` or a port. */
  readonly port: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly thresholds: Thresholds;
  /** For example, `200`, `200,202` or `200-299`. */
  readonly matcher: string;
}

export interface TargetGroup {
  readonly kind: 'targetgroup';
  readonly arn: string;
  readonly name: string;
  readonly protocol: 'HTTP' | 'TCP';
  /** By what its targets are known: ids of instances, or addresses. */
  readonly targetType: 'instance' | 'ip';
  readonly port: number;
  readonly vpcId: string;
  check: CheckSettings;
  readonly attributes: TextMap;
  readonly tags: TextMap;
  /** Registered and draining targets, by `id:port`. */
  readonly targets: Map<string, ElbTarget>;
  /** What DescribeTargetHealth returns, with history. */
  readonly healthHistory: Timeline<TargetHealthDescription>;
  readonly pool: TargetPool;
  /** The load balancer whose rules forward to the group; undefined if it is not in use. */
  loadBalancer: LoadBalancer | undefined;
  /** Fault: added to the deregistration delay. */
  slowDrainMs: number;
}

export interface ElbTarget {
  readonly key: string;
  /** As it was registered: of an instance, or an address. */
  readonly id: string;
  readonly port: number;
  /** Id of its instance. */
  readonly machine: string;
  health: Health;
  /** The target in the data plane. */
  poolTarget: PoolTarget;
  /** Stops the health checks; undefined while there are none. */
  checks: AbortController | undefined;
  /** Cancels the deregistration; undefined while registered. */
  drain: (() => void) | undefined;
}

export type Resource = LoadBalancer | Listener | Rule | TargetGroup;
