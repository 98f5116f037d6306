import type { ChangeInfo, HealthCheckConfig, ResourceRecordSet } from '@aws-sdk/client-route-53';
import type { Clock } from '../../clock.ts';
import type { Scheduler } from '../scheduler.ts';

/** A record set with its name in canonical form. */
export type RecordSet = ResourceRecordSet & { readonly Name: string; readonly Type: string };

/** Record sets by `recordKey`; never changed, always replaced. */
export type Records = ReadonlyMap<string, RecordSet>;

export function recordKey({ Name, Type, SetIdentifier }: RecordSet): string {
  return [Name, Type, SetIdentifier ?? ''].join(' ');
}

/** Records as name servers come to know them: some from `firstAt` on, all from `allAt` on. Monotonic milliseconds. */
export interface RecordsVersion {
  readonly records: Records;
  readonly firstAt: number;
  readonly allAt: number;
}

export interface HostedZoneState {
  readonly id: string;
  /** Canonical. */
  readonly name: string;
  readonly callerReference: string;
  readonly comment: string | undefined;
  readonly nameServers: readonly string[];
  readonly tags: Map<string, string>;
  /** What the API shows. */
  records: Records;
  /** What name servers know, the oldest first. */
  versions: readonly RecordsVersion[];
  /** A change is being processed. */
  busy: boolean;
}

export interface HealthCheckState {
  readonly id: string;
  readonly callerReference: string;
  readonly config: HealthCheckConfig;
  readonly tags: Map<string, string>;
  /** Asked for by a fault. */
  failing: boolean;
}

/** A load balancer, as DNS sees it. */
export interface BalancerEndpoint {
  /** Canonical hosted zone of its region's load balancers. */
  readonly zoneId: string;
  readonly address: string;
  /** What EvaluateTargetHealth asks. */
  healthy(): boolean;
}

/** Times of Route 53 and DNS in milliseconds; may be changed while the sandbox runs. */
export interface DnsTimes {
  /** A change of records takes so long; another change of the same zone meanwhile is refused. */
  processingMs: number;
  /** From a change until the first name servers answer with it. */
  propagationMs: number;
  /** From a change until all name servers answer with it, and GetChange says INSYNC. */
  insyncMs: number;
  /** TTL of answers that name a load balancer's address; whole seconds. AWS: 60 s. */
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
  /** Finds a load balancer by its DNS name; without a dot at the end, in lower case. */
  readonly balancer: (dnsName: string) => BalancerEndpoint | undefined;
  readonly zones: Map<string, HostedZoneState>;
  readonly changes: Map<string, Change>;
  readonly healthChecks: Map<string, HealthCheckState>;
}
