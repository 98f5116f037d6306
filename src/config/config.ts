import type { DeployerConfig, DrainCheckConfig, HooksConfig, InstanceCheckConfig } from './config-in-place.ts';
import type { RedisServer } from './redis-url.ts';

/**
 * The resolved config of an environment: defaults are filled in, durations are milliseconds, paths are absolute. Frozen. The
 * keys are described in `schema.ts` and the files that it imports.
 */
export interface Config {
  /** Absolute path of the config file. */
  readonly file: string;
  readonly environment: string;
  /** Absent: the SDK's default chain decides (`AWS_REGION`, the profile). */
  readonly region?: string;
  readonly profile?: string;
  readonly endpoint?: string;
  readonly fleet: FleetConfig;
  readonly traffic: TrafficConfig;
  /** Absent: switches are not proven. */
  readonly marker?: MarkerConfig;
  /** Absent: `rolling` and `deploy` are not available. */
  readonly deploy?: DeployerConfig;
  readonly migrate?: 'with-deploy' | DeployerConfig;
  readonly instanceCheck?: InstanceCheckConfig;
  readonly drainCheck?: DrainCheckConfig;
  readonly hooks: HooksConfig;
  readonly timeouts: TimeoutsConfig;
  readonly aws: AwsConfig;
  readonly store: StoreConfig;
  /** Absent: `turnout sandbox` is not available. */
  readonly sandbox?: SandboxConfig;
}

export type FleetConfig = Ec2FleetConfig | OpsWorksFleetConfig;

/** Layers of an AWS OpsWorks stack. `{release}` in strings is replaced with `fillRelease`. */
export interface OpsWorksFleetConfig {
  readonly kind: 'opsworks';
  readonly tagPrefix: string;
  /** Name or id of the stack. */
  readonly stack: string;
  /** Short name of the app whose revision is set in the custom JSON of the clone; absent: none is set. */
  readonly app?: string;
  readonly revision: string;
  /** Attributes to add to the custom JSON of the clone. */
  readonly customJson?: Readonly<Record<string, unknown>>;
  /** Absent: the image or operating system of blue. */
  readonly image?: ImageConfig;
  /** Properties of the clone that differ from blue's layer. */
  readonly layer?: LayerConfig;
}

export interface LayerConfig {
  /** Absent: a name that is unique to the fleet. */
  readonly name?: string;
  readonly shortName?: string;
  /** Absent: blue's. */
  readonly type?: 'custom';
  /** Attributes that OpsWorks does not return, for example passwords. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** `{release}` in strings is replaced with `fillRelease`. */
export interface Ec2FleetConfig {
  readonly kind: 'ec2';
  readonly tagPrefix: string;
  /** Absent: the instances of blue are cloned. */
  readonly launchTemplate?: LaunchTemplateConfig;
  readonly image?: ImageConfig;
  readonly userData?: string;
}

/** Exactly one of `name` and `id`; exactly one of `version` and `versionDescription`. */
export interface LaunchTemplateConfig {
  readonly name?: string;
  readonly id?: string;
  /** A number in digits, `$Latest`, `$Default`, or with `{release}` in it. */
  readonly version?: string;
  readonly versionDescription?: string;
}

/** Exactly one of `name`, `tag` and `parameter`; `owner` with the first two. */
export interface ImageConfig {
  readonly name?: string;
  readonly tag?: Readonly<Record<string, string>>;
  readonly parameter?: string;
  readonly owner?: string;
}

export type TrafficConfig = TargetGroupsConfig | WeightedListenerConfig | WeightedDnsConfig;

export interface TargetGroupsConfig {
  readonly kind: 'target-groups';
  /** No group occurs twice, within a list or in both. */
  readonly production: readonly TargetGroupConfig[];
  readonly test: readonly TargetGroupConfig[];
}

export interface WeightedListenerConfig {
  readonly kind: 'weighted-listener';
  /** Two different groups. */
  readonly groups: readonly TargetGroupConfig[];
  readonly production: readonly RouteConfig[];
  readonly test: readonly RouteConfig[];
  /** DNS names of the load balancer. */
  readonly names?: readonly { readonly name: string; readonly zone: string }[];
  readonly stickiness: 'keep' | 'drop';
  readonly retentionMs: number;
  /** Ascending, from 1 to 100. */
  readonly steps: readonly number[];
  readonly everyMs: number;
}

export interface WeightedDnsConfig {
  readonly kind: 'weighted-dns';
  /** Two different groups. */
  readonly groups: readonly TargetGroupConfig[];
  readonly production: readonly NameConfig[];
  /** Absent: the name servers of the zones. */
  readonly nameServers?: readonly string[];
  /** Absent: the TTL of the records; for aliases that of AWS's load balancers. */
  readonly ttlMs?: number;
  readonly retentionMs: number;
  readonly residualTraffic: ResidualTrafficConfig;
  /** Ascending, from 1 to 100. */
  readonly steps: readonly number[];
  readonly everyMs: number;
}

/** At most this many requests within this time count as no traffic. */
export interface ResidualTrafficConfig {
  readonly requests: number;
  readonly withinMs: number;
}

/** A DNS name, and the set identifiers of its records for the first and for the second group. */
export interface NameConfig {
  readonly name: string;
  /** Name or id. */
  readonly zone: string;
  readonly type: 'A' | 'AAAA' | 'CNAME';
  readonly blue: string;
  readonly green: string;
  /** The usual TTL of its records, and the TTL while a rollback is possible. */
  readonly lowerTtl?: { readonly fromS: number; readonly toS: number };
}

/** Either `arn`, or `loadBalancer` and `port`; without `priority` the default action of the listener. */
export interface RouteConfig {
  readonly loadBalancer?: string;
  readonly port?: number;
  readonly priority?: number;
  /** Of a listener or of a rule. */
  readonly arn?: string;
}

export interface TargetGroupConfig {
  /** Name or ARN. */
  readonly targetGroup: string;
  /** Absent: the port of the group. */
  readonly port?: number;
}

/** How to read the release from a response of production: exactly one of `header`, `json` and `regexp`. */
export interface MarkerConfig {
  readonly url: string;
  readonly header?: string;
  /** Keys separated by dots. */
  readonly json?: string;
  readonly regexp?: string;
  /** Absent: the resolver of the system. */
  readonly nameServers?: readonly string[];
  readonly answers: number;
  readonly timeoutMs: number;
}

export interface TimeoutsConfig {
  readonly bootMs: number;
  readonly healthyMs: number;
  readonly releasedMs: number;
  readonly provenMs: number;
  readonly deployMs: number;
}

export interface AwsConfig {
  /** By service; `others` applies to the rest. */
  readonly requestsPerSecond: Readonly<Record<string, number>> & { readonly others: number };
  readonly maxAttempts: number;
  /** Maximum age of what AWS's responses show. */
  readonly consistencyDelayMs: number;
}

export type StoreConfig = FileStoreConfig | RedisStoreConfig | DynamoDbStoreConfig;

export interface FileStoreConfig {
  readonly kind: 'file';
  /** Absolute. */
  readonly path: string;
  readonly ttlMs: number;
}

export interface RedisStoreConfig {
  readonly kind: 'redis';
  /** Contains the password: must be shown with `redisName` only. */
  readonly server: RedisServer;
  readonly prefix: string;
  readonly ttlMs: number;
}

export interface DynamoDbStoreConfig {
  readonly kind: 'dynamodb';
  readonly table: string;
  /** Absent: as for the environment. */
  readonly region?: string;
  readonly profile?: string;
  readonly endpoint?: string;
  readonly ttlMs: number;
}

/** `ok` serves; `sick` fails its health checks; `slow` answers late; `crash` dies soon after it has started. */
export type AppBehaviour = 'ok' | 'sick' | 'slow' | 'crash';

export interface SandboxConfig {
  readonly port: number;
  /** Command line of an instance; absent: the bundled app. */
  readonly app?: readonly string[];
  /** Absolute; where that command line is run. */
  readonly folder: string;
  readonly appPort: number;
  readonly instances: number;
  /** What production carries at the start; one of `releases`. */
  readonly release: string;
  readonly releases: readonly { readonly release: string; readonly behaviour: AppBehaviour }[];
  readonly zones: readonly string[];
  readonly bootMs: number;
  readonly setupMs: number;
  readonly deployMs: number;
  readonly healthCheck: {
    readonly intervalMs: number;
    readonly timeoutMs: number;
    readonly healthyThreshold: number;
    readonly unhealthyThreshold: number;
    readonly path: string;
  };
  readonly deregistrationDelayMs: number;
  readonly registrationMs: number;
  readonly propagationMs: number;
  readonly consistencyMs: number;
  readonly pageSize: number;
  /** Absent: requests are never throttled. */
  readonly throttle?: 'aws' | { readonly requestsPerSecond: number; readonly burst: number };
  /** Absent: any free port, and times of the sandbox's own. */
  readonly dns?: {
    readonly port: number;
    readonly processingMs: number;
    readonly propagationMs: number;
    readonly insyncMs: number;
    /** Whole seconds. */
    readonly ttlMs: number;
  };
  readonly productionPort: number;
  readonly testPort: number;
  readonly adopted: boolean;
}
