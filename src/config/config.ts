import type { FileConfig } from './schema.ts';

/**
 * The resolved config of an environment: the data of the file, as the schema describes it, with defaults filled in, durations
 * in milliseconds and absolute paths. Frozen. A key without a default is absent when the file does not have it.
 */
export interface Config extends Frozen<
  Omit<FileConfig, 'release' | 'gates' | 'bake' | 'deploy' | 'migrate' | 'hooks' | 'store' | 'sandbox'>
> {
  /** Absolute path of the config file. */
  readonly file: string;
  /** Absent: switches are not proven. */
  readonly marker?: MarkerConfig;
  /** Absent: `rolling` and `deploy` are not available. */
  readonly deploy?: DeployerConfig;
  readonly migrate?: 'with-deploy' | DeployerConfig;
  readonly gating: GatingConfig;
  readonly hooks: HooksConfig;
  readonly store: StoreConfig;
  /** Absent: `turnout sandbox` is not available. */
  readonly sandbox?: SandboxConfig;
}

type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;

/** `{release}` in strings is replaced with `fillRelease`. */
export type FleetConfig = Config['fleet'];
export type Ec2FleetConfig = Extract<FleetConfig, { kind: 'ec2' }>;
export type OpsWorksFleetConfig = Extract<FleetConfig, { kind: 'opsworks' }>;
export type AutoScalingFleetConfig = Extract<FleetConfig, { kind: 'auto-scaling' }>;
/** Exactly one of `name` and `id`; exactly one of `version` and `versionDescription`. */
export type LaunchTemplateConfig = NonNullable<Ec2FleetConfig['launchTemplate']>;
/** Exactly one of `name`, `tag` and `parameter`; `owner` with the first two. */
export type ImageConfig = NonNullable<FleetConfig['image']>;

/** No target group occurs twice, within a list or in several. */
export type TrafficConfig = Config['traffic'];
export type TargetGroupsConfig = Extract<TrafficConfig, { kind: 'target-groups' }>;
export type WeightedListenerConfig = Extract<TrafficConfig, { kind: 'weighted-listener' }>;
export type WeightedDnsConfig = Extract<TrafficConfig, { kind: 'weighted-dns' }>;
export type TargetGroupConfig = TargetGroupsConfig['production'][number];
/** Either `arn`, or `loadBalancer` and `port`; without `priority` the default action of the listener. */
export type RouteConfig = WeightedListenerConfig['production'][number];
/** A DNS name, and the set identifiers of its records for the first and for the second group. */
export type NameConfig = WeightedDnsConfig['production'][number];
export type ResidualTrafficConfig = WeightedDnsConfig['residualTraffic'];

/** How to read the release from a response of production: exactly one of `header`, `json` and `regexp`. */
export type MarkerConfig = Frozen<NonNullable<NonNullable<FileConfig['release']>['marker']>>;

/** A program runs in `folder`, which is absolute; a stack that the file does not name is that of the fleet. */
export type DeployerConfig = CommandDeployerConfig | SsmDeployerConfig | OpsWorksDeployerConfig | PullDeployerConfig;
export type DeployerData = NonNullable<FileConfig['deploy']>;
export type CommandDeployerConfig = Frozen<Extract<DeployerData, { kind: 'command' }>> & { readonly folder: string };
export type PullDeployerConfig = Frozen<Extract<DeployerData, { kind: 'pull' }>>;
export type SsmDeployerConfig = Frozen<Extract<DeployerData, { kind: 'ssm' }>>;
export type OpsWorksDeployerConfig = Frozen<Extract<DeployerData, { kind: 'opsworks' }>> & { readonly stack: string };

export type NotifyConfig = NonNullable<Config['notify']>[number];
export type Notice = NotifyConfig['events'][number];
/** Exactly one of `variable` and `file`. */
export type SecretConfig = NotifyConfig['url'];
export type OwnerConfig = NonNullable<Config['owner']>;
export type PreviewConfig = NonNullable<Config['preview']>;
export type CommandOwnerConfig = Extract<OwnerConfig, { kind: 'command' }>;
export type DynamoDbOwnerConfig = Extract<OwnerConfig, { kind: 'dynamodb' }>;
export type SchemaConfig = NonNullable<Config['schema']>;
export type FreezeConfig = NonNullable<Config['freeze']>;
/** What judges a release that gets production; programs run in `folder`, which is absolute. Without `bakeMs` as long as they need. */
export interface GatingConfig {
  readonly gates: readonly GateConfig[];
  readonly onInconclusive: FileConfig['bake']['onInconclusive'];
  readonly bakeMs?: number;
}
type GateData = NonNullable<FileConfig['gates']>[number];
type GateOf<K extends GateData['kind']> = Frozen<Extract<GateData, { kind: K }>>;
export type GateConfig = Exclude<Frozen<GateData>, { kind: 'command' }> | CommandGateConfig;
export type CommandGateConfig = GateOf<'command'> & { readonly folder: string };
export type PrometheusGateConfig = GateOf<'prometheus'>;
export type WebhookGateConfig = GateOf<'webhook'>;

export type InstanceCheckConfig = NonNullable<Config['instanceCheck']>;
export type DrainCheckConfig = NonNullable<Config['drainCheck']>;

/** Programs before and after tasks; they run in `folder`, which is absolute. */
export type HooksConfig = Frozen<FileConfig['hooks']> & { readonly folder: string };
export type HookTime = keyof FileConfig['hooks'];
export type HookConfig = HooksConfig[HookTime][number];

export type StoreConfig =
  /** The path is absolute. */
  | (Frozen<Extract<StoreData, { kind: 'file' }>> & { readonly path: string })
  /** The server contains the password: it must be shown with `redisName` only. */
  | Frozen<Extract<StoreData, { kind: 'redis' }>>
  | DynamoDbStoreConfig;
type StoreData = FileConfig['store'];
export type DynamoDbStoreConfig = Frozen<Extract<StoreData, { kind: 'dynamodb' }>>;

/** The app runs in `folder`, which is absolute, as `policy` is. */
export type SandboxConfig = Frozen<NonNullable<FileConfig['sandbox']>> & { readonly folder: string };
