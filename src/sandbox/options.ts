import type { Clock } from '../clock.ts';
import { systemClock } from '../clock.ts';
import type { Bucket } from './api/throttle.ts';
import { DNS_DEFAULTS, type DnsOption, type DnsPlan } from './dns/options.ts';
import type { BehaviourName } from './instances/behaviour.ts';
import type { StackOption } from './opsworks/seed.ts';
import { withoutUndefined } from './records.ts';

/** A release that instances can run, and its behaviour. */
export interface ReleaseOption {
  readonly release: string;
  readonly behaviour?: BehaviourName | undefined;
}

/** A target group to create, and the port on which instances are registered with it. */
export interface GroupOption {
  readonly name: string;
  readonly port: number;
  /** Name of its load balancer. Default: the environment's. Each other one has its own address. */
  readonly loadBalancer?: string | undefined;
  /** Whether the first fleet is registered with it, if it is a production group. Default: true. */
  readonly serves?: boolean | undefined;
}

/** A listener, or with a priority a rule of one, that splits traffic among the groups by weight. */
export interface RouteOption {
  /** 0 selects a free port. */
  readonly port: number;
  readonly priority?: number | undefined;
}

/** Weighted routes instead of one listener per group: production routes forward to the production groups, test routes to the test groups. */
export interface WeightedOption {
  readonly production: readonly RouteOption[];
  readonly test: readonly RouteOption[];
}

export interface HealthCheckOption {
  readonly interval: number;
  readonly timeout: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
  readonly path: string;
}

/** Options of the sandbox: the keys of the config's `sandbox:` section, and names from the rest of the config. All times in ms. */
export interface SandboxOptions {
  /** Port of the API endpoint on 127.0.0.1; 0 selects a free port. */
  readonly port?: number | undefined;
  readonly region?: string | undefined;
  /** Command of the user's app and its arguments. Default: the bundled app. */
  readonly app?: readonly string[] | undefined;
  /** Working directory of that command. Default: that of this process. */
  readonly folder?: string | undefined;
  readonly appPort?: number | undefined;
  /** Instances that serve production at the start. */
  readonly instances?: number | undefined;
  /** Release of those instances. */
  readonly release?: string | undefined;
  readonly releases?: readonly (string | ReleaseOption)[] | undefined;
  /** Letters of the availability zones. */
  readonly zones?: readonly string[] | undefined;
  readonly boot?: number | undefined;
  readonly shutdown?: number | undefined;
  /** OpsWorks: duration of the Setup and Deploy recipes when an instance boots. */
  readonly setup?: number | undefined;
  /** Duration of a command on an instance: an OpsWorks deployment or Run Command. */
  readonly deploy?: number | undefined;
  /** OpsWorks: time from the loss of an instance to its auto healing. */
  readonly heal?: number | undefined;
  readonly healthCheck?: Partial<HealthCheckOption> | undefined;
  readonly deregistrationDelay?: number | undefined;
  readonly registration?: number | undefined;
  readonly propagation?: number | undefined;
  readonly consistency?: number | undefined;
  /** Time from the end of a period to the point of its metrics. */
  readonly metrics?: number | undefined;
  /** Mean time of a request to the endpoint and back. */
  readonly latency?: number | undefined;
  readonly pageSize?: number | undefined;
  /** Quota of vCPUs of each class of On-Demand instances. */
  readonly vcpus?: number | undefined;
  /** `aws`: the token buckets of an AWS account; a size: that of every bucket. */
  readonly throttle?: 'aws' | { readonly requestsPerSecond: number; readonly burst: number } | undefined;
  /** Ports of the load balancer on 127.0.0.1; 0 selects a free port. */
  readonly productionPort?: number | undefined;
  readonly testPort?: number | undefined;
  /** Whether the first fleet already has the ownership tags. */
  readonly adopted?: boolean | undefined;

  /** Makes the first fleet the first of these two Auto Scaling groups; the other one is empty. */
  readonly scalingGroups?: readonly string[] | undefined;
  /** Makes the first fleet an OpsWorks layer. Default: EC2 instances. */
  readonly opsworks?: StackOption | undefined;

  /** Route 53 and its name server. */
  readonly dns?: Partial<DnsOption> | undefined;

  readonly environment?: string | undefined;
  readonly tagPrefix?: string | undefined;
  /** Name of the launch template. */
  readonly template?: string | undefined;
  /** Name of a release's image; `{release}` is replaced by the release. */
  readonly imageName?: string | undefined;
  /** Names and ports of the target groups; the first of each is on `productionPort` or `testPort`, the others on free ports. */
  readonly production?: readonly GroupOption[] | undefined;
  readonly test?: readonly GroupOption[] | undefined;
  readonly weighted?: WeightedOption | undefined;
  /** An account with a VPC and a base image, and nothing else. */
  readonly empty?: boolean | undefined;
  /** An IAM policy, as text: requests may do what it allows. Default: everything. */
  readonly policy?: string | undefined;
  readonly clock?: Clock | undefined;
}

/** The options with all defaults applied. */
export interface SandboxPlan {
  readonly port: number;
  readonly region: string;
  readonly app: readonly string[] | undefined;
  readonly folder: string;
  readonly appPorts: readonly number[];
  readonly instances: number;
  readonly release: string;
  readonly releases: readonly { readonly release: string; readonly behaviour: BehaviourName }[];
  /** Names of the zones in which instances are launched. */
  readonly zones: readonly string[];
  /** All zones: a load balancer needs at least two (ELBv2 API, CreateLoadBalancer). */
  readonly allZones: readonly string[];
  readonly boot: number;
  readonly shutdown: number;
  readonly setup: number;
  readonly deploy: number;
  readonly heal: number;
  readonly opsworks: StackOption | undefined;
  readonly scalingGroups: readonly string[] | undefined;
  readonly healthCheck: HealthCheckOption;
  readonly deregistrationDelay: number;
  readonly registration: number;
  readonly propagation: number;
  readonly consistency: number;
  readonly metrics: number;
  readonly latency: number;
  readonly pageSize: number;
  readonly vcpus: number;
  readonly throttle: boolean;
  readonly bucket: Bucket | undefined;
  readonly productionPort: number;
  readonly testPort: number;
  readonly adopted: boolean;
  readonly dns: DnsPlan;
  readonly environment: string;
  readonly tagPrefix: string;
  readonly template: string;
  readonly imageName: string;
  readonly production: readonly GroupOption[];
  readonly test: readonly GroupOption[];
  readonly weighted: WeightedOption | undefined;
  readonly empty: boolean;
  readonly policy: string | undefined;
  readonly clock: Clock;
}

const HEALTH_CHECK: HealthCheckOption = {
  interval: 1_000,
  timeout: 500,
  healthyThreshold: 2,
  unhealthyThreshold: 2,
  path: '/health',
};

const DEFAULTS = {
  port: 4566,
  region: 'eu-west-1',
  appPort: 8080,
  instances: 3,
  release: '41',
  boot: 2_000,
  shutdown: 500,
  setup: 1_000,
  deploy: 1_000,
  heal: 300_000,
  deregistrationDelay: 3_000,
  registration: 300,
  propagation: 300,
  consistency: 0,
  metrics: 0,
  latency: 0,
  pageSize: 5,
  vcpus: 100_000,
  productionPort: 8080,
  testPort: 8081,
  adopted: true,
  environment: 'production',
  tagPrefix: 'turnout',
} as const;

export function planSandbox(options: SandboxOptions): SandboxPlan {
  const set = { ...DEFAULTS, ...withoutUndefined(options) };
  const { environment, region, appPort, release, throttle } = set;
  const zones = (set.zones ?? ['a', 'b']).map((letter) => `${region}${letter}`);
  const production = set.production ?? [{ name: `${environment}-production`, port: appPort }];
  const test = set.test ?? [{ name: `${environment}-test`, port: appPort }];
  const bucket =
    typeof throttle === 'object' ? { burst: throttle.burst, perSecond: throttle.requestsPerSecond } : undefined;
  return {
    ...set,
    app: set.app,
    opsworks: set.opsworks,
    scalingGroups: set.scalingGroups,
    folder: set.folder ?? process.cwd(),
    appPorts: [...new Set([appPort, ...[...production, ...test].map((group) => group.port)])],
    releases: releasesOf(release, set.releases ?? [release, '42']),
    zones,
    allZones: zones.length > 1 ? zones : [...zones, `${region}${set.zones?.[0] === 'b' ? 'a' : 'b'}`],
    healthCheck: { ...HEALTH_CHECK, ...withoutUndefined(options.healthCheck ?? {}) },
    dns: { ...DNS_DEFAULTS, ...withoutUndefined(options.dns ?? {}) },
    throttle: throttle !== undefined,
    bucket,
    template: set.template ?? `${environment}-web`,
    imageName: set.imageName ?? `${environment}-{release}`,
    production,
    test,
    weighted: set.weighted,
    empty: set.empty ?? false,
    policy: set.policy,
    clock: set.clock ?? systemClock,
  };
}

function releasesOf(first: string, given: readonly (string | ReleaseOption)[]): SandboxPlan['releases'] {
  const releases = given.map((entry) => (typeof entry === 'string' ? { release: entry } : entry));
  const all = releases.some(({ release }) => release === first) ? releases : [{ release: first }, ...releases];
  return all.map(({ release, behaviour }) => ({ release, behaviour: behaviour ?? 'ok' }));
}
