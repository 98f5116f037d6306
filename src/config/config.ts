import type { DeployerConfig, DrainCheckConfig, HooksConfig, InstanceCheckConfig } from './config-in-place.ts';
import type { RedisServer } from './redis-url.ts';

/**
 * One environment as the program knows it: every key of the file that has a default is there, durations are milliseconds,
 * paths are absolute. Frozen. What each key means is said once, in `schema.ts` and its neighbours.
 */
export interface Config {
  /** Absolute path of the file that this was read from. */
  readonly file: string;
  readonly environment: string;
  /** Absent: the SDK's own chain decides (`AWS_REGION`, the profile). */
  readonly region?: string;
  readonly profile?: string;
  readonly endpoint?: string;
  readonly fleet: FleetConfig;
  readonly traffic: TrafficConfig;
  /** Absent: no switch is proven. */
  readonly marker?: MarkerConfig;
  /** Absent: `rolling` and `deploy` have nothing to deploy with. */
  readonly deploy?: DeployerConfig;
  readonly migrate?: 'with-deploy' | DeployerConfig;
  readonly instanceCheck?: InstanceCheckConfig;
  readonly drainCheck?: DrainCheckConfig;
  readonly hooks: HooksConfig;
  readonly limits: LimitsConfig;
  readonly aws: AwsConfig;
  readonly store: StoreConfig;
  /** Absent: this environment cannot be rehearsed with `turnout sandbox`. */
  readonly sandbox?: SandboxConfig;
}

export type FleetConfig = Ec2FleetConfig | OpsWorksFleetConfig;

/** Layers of a stack of AWS OpsWorks Stacks. Strings in which `{release}` may stand are filled with `fillRelease`. */
export interface OpsWorksFleetConfig {
  readonly kind: 'opsworks';
  readonly tagPrefix: string;
  /** The stack's name or id. */
  readonly stack: string;
  /** Short name of the app whose revision the clone's custom JSON names; absent: it names none. */
  readonly app?: string;
  readonly revision: string;
  /** Attributes that are put into the clone's custom JSON. */
  readonly customJson?: Readonly<Record<string, unknown>>;
  /** Absent: the image or operating system of blue's instances. */
  readonly image?: ImageConfig;
  /** What the clone of blue's layer has of its own. */
  readonly layer?: LayerConfig;
}

export interface LayerConfig {
  /** Absent: one that this fleet alone can have. */
  readonly name?: string;
  readonly shortName?: string;
  /** Absent: blue's. */
  readonly type?: 'custom';
  /** In place of those that OpsWorks does not show. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Strings in which `{release}` may stand are filled with `fillRelease`. */
export interface Ec2FleetConfig {
  readonly kind: 'ec2';
  readonly tagPrefix: string;
  /** Absent: clone what blue runs. */
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
  /** No group is named twice, in one list or in both. */
  readonly production: readonly TargetGroupConfig[];
  readonly test: readonly TargetGroupConfig[];
}

export interface WeightedListenerConfig {
  readonly kind: 'weighted-listener';
  /** Two, and not the same one twice. */
  readonly groups: readonly TargetGroupConfig[];
  readonly production: readonly RouteConfig[];
  readonly test: readonly RouteConfig[];
  /** Names that lead to the load balancer. */
  readonly names?: readonly { readonly name: string; readonly zone: string }[];
  readonly stickiness: 'keep' | 'drop';
  readonly holdMs: number;
  /** Ascending, from 1 to 100. */
  readonly steps: readonly number[];
  readonly everyMs: number;
}

export interface WeightedDnsConfig {
  readonly kind: 'weighted-dns';
  /** Two, and not the same one twice. */
  readonly groups: readonly TargetGroupConfig[];
  readonly production: readonly NameConfig[];
  /** Absent: the zones' own. */
  readonly nameServers?: readonly string[];
  /** Absent: the records' own; of aliases, that of AWS's load balancers. */
  readonly ttlMs?: number;
  readonly holdMs: number;
  readonly tail: TailConfig;
  /** Ascending, from 1 to 100. */
  readonly steps: readonly number[];
  readonly everyMs: number;
}

/** When hardly anybody comes to old servers any more. */
export interface TailConfig {
  readonly requests: number;
  readonly withinMs: number;
}

/** A name, and the set identifiers of the records that lead to the first and to the second group. */
export interface NameConfig {
  readonly name: string;
  /** Name or id. */
  readonly zone: string;
  readonly type: 'A' | 'AAAA' | 'CNAME';
  readonly blue: string;
  readonly green: string;
  /** The TTL of its records, and that while there is a way back. */
  readonly lowerTtl?: { readonly fromS: number; readonly toS: number };
}

/** Either `arn`, or `loadBalancer` and `port`; without a priority it is the listener's default action. */
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
  /** Absent: the group's own. */
  readonly port?: number;
}

/** How production tells its release: exactly one of `header`, `json` and `regexp`. */
export interface MarkerConfig {
  readonly url: string;
  readonly header?: string;
  /** Keys with dots between. */
  readonly json?: string;
  readonly regexp?: string;
  /** Absent: the system's way to look names up. */
  readonly nameServers?: readonly string[];
  readonly answers: number;
  readonly timeoutMs: number;
}

export interface LimitsConfig {
  readonly bootMs: number;
  readonly healthyMs: number;
  readonly releasedMs: number;
  readonly provenMs: number;
  readonly deployMs: number;
}

export interface AwsConfig {
  /** By service; `others` for those that are not named. */
  readonly requestsPerSecond: Readonly<Record<string, number>> & { readonly others: number };
  readonly maxAttempts: number;
  /** How old AWS's answers may be. */
  readonly settleMs: number;
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
  /** With user and password: never to be shown but by `redisName`. */
  readonly server: RedisServer;
  readonly prefix: string;
  readonly ttlMs: number;
}

export interface DynamoDbStoreConfig {
  readonly kind: 'dynamodb';
  readonly table: string;
  /** Absent: as for the rest of AWS. */
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
