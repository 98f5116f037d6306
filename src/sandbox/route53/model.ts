import type { ChangeInfo, HealthCheckConfig, ResourceRecordSet, VPC } from '@aws-sdk/client-route-53';
import type { Clock } from '../../clock.ts';
import type { Scheduler } from '../scheduler.ts';

/** A record set with its name in canonical form. */
export type RecordSet = ResourceRecordSet & { readonly Name: string; readonly Type: string };

/** Record sets by `recordKey`; immutable. */
export type Records = ReadonlyMap<string, RecordSet>;

export function recordKey({ Name, Type, SetIdentifier }: RecordSet): string {
  return [Name, Type, SetIdentifier ?? ''].join(' ');
}

/** Records with their propagation: the first name servers have them at `firstAt`, all at `allAt`. Monotonic milliseconds. */
export interface RecordsVersion {
  readonly records: Records;
  readonly firstAt: number;
  readonly allAt: number;
}

export interface HostedZoneState {
  readonly id: string;
  /** In canonical form. */
  readonly name: string;
  readonly callerReference: string;
  readonly comment: string | undefined;
  readonly nameServers: readonly string[];
  readonly tags: Map<string, string>;
  /** The records in the API. */
  records: Records;
  /** The records on name servers, oldest first. */
  versions: readonly RecordsVersion[];
  /** Whether a change is being processed. */
  busy: boolean;
  /** Of a private zone. */
  readonly vpc?: VPC;
}

export interface HealthCheckState {
  readonly id: string;
  readonly callerReference: string;
  readonly config: HealthCheckConfig;
  readonly tags: Map<string, string>;
  /** Set by a fault. */
  failing: boolean;
}

/** A load balancer as an alias target. */
export interface BalancerEndpoint {
  /** Canonical hosted zone of its region's load balancers. */
  readonly zoneId: string;
  readonly address: string;
  /** The result of EvaluateTargetHealth. */
  healthy(): boolean;
}

/** Times of Route 53 and DNS in milliseconds; may be changed while the sandbox runs. */
export interface DnsTimes {
  /** Duration of a change of records, during which other changes of the zone are rejected. */
  processingMs: number;
  /** Time from a change until the first name servers have it. */
  propagationMs: number;
  /** Time from a change until all name servers have it, and GetChange returns INSYNC. */
  insyncMs: number;
  /** TTL of a load balancer's address, in whole seconds. On AWS: 60 s. */
  ttlMs: number;
}

interface Change {
  readonly info: ChangeInfo;
  /** Monotonic milliseconds. */
  readonly insyncAt: number;
}

export interface Route53State {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly times: DnsTimes;
  readonly pageSize: number;
  /** Finds a load balancer by its DNS name, in lower case without a trailing dot. */
  readonly balancer: (dnsName: string) => BalancerEndpoint | undefined;
  readonly zones: Map<string, HostedZoneState>;
  readonly changes: Map<string, Change>;
  readonly healthChecks: Map<string, HealthCheckState>;
}
