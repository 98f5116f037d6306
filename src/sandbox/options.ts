import type { Clock } from '../clock.ts';
import { systemClock } from '../clock.ts';
import type { Bucket } from './api/throttle.ts';
import { DNS_DEFAULTS, type DnsOption, type DnsPlan } from './dns/options.ts';
import type { BehaviourName } from './instances/behaviour.ts';
import type { StackOption } from './opsworks/seed.ts';
import { withoutUndefined } from './records.ts';

/** A release that can be booted, and how it behaves. */
export interface ReleaseOption {
  readonly release: string;
  readonly behaviour?: BehaviourName | undefined;
}

/** A target group to make, and the port at which instances are registered with it. */
export interface GroupOption {
  readonly name: string;
  readonly port: number;
  /** Name of the load balancer that it is behind; the environment's own when absent. Others have addresses of their own. */
  readonly loadBalancer?: string | undefined;
  /** Whether the first fleet is registered with it, when it is a production group; true when absent. */
  readonly serves?: boolean | undefined;
}

/** A listener, or with a priority a rule of it, that divides traffic among the groups by weight. */
export interface RouteOption {
  /** 0 takes a free one. */
  readonly port: number;
  readonly priority?: number | undefined;
}

/** Routes in place of a listener a group: the first production group gets all of production, the test groups nothing of it. */
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

/** What the sandbox is made of: the keys of the config's `sandbox:` section, and the names that the rest of it gives. All times in ms. */
export interface SandboxOptions {
  /** Port of the API endpoint on 127.0.0.1; 0 takes a free one. */
  readonly port?: number | undefined;
  readonly region?: string | undefined;
  /** Command of the user's own app, word by word; the bundled one when absent. */
  readonly app?: readonly string[] | undefined;
  /** Where that command is run; the working directory when absent. */
  readonly folder?: string | undefined;
  readonly appPort?: number | undefined;
  /** Instances that serve production at the start. */
  readonly instances?: number | undefined;
  /** The release that they run. */
  readonly release?: string | undefined;
  readonly releases?: readonly (string | ReleaseOption)[] | undefined;
  /** Letters of the availability zones. */
  readonly zones?: readonly string[] | undefined;
  readonly boot?: number | undefined;
  readonly shutdown?: number | undefined;
  /** OpsWorks: Setup and Deploy recipes of an instance that boots. */
  readonly setup?: number | undefined;
  /** A command on an instance: a deployment of OpsWorks, Run Command. */
  readonly deploy?: number | undefined;
  /** OpsWorks: from the loss of an instance to its auto healing. */
  readonly heal?: number | undefined;
  readonly healthCheck?: Partial<HealthCheckOption> | undefined;
  readonly deregistrationDelay?: number | undefined;
  readonly registration?: number | undefined;
  readonly propagation?: number | undefined;
  readonly consistency?: number | undefined;
  readonly pageSize?: number | undefined;
  /** `aws`: the buckets of an account; a size: every kind of request has a bucket of it. */
  readonly throttle?: 'aws' | { readonly requestsPerSecond: number; readonly burst: number } | undefined;
  /** Ports of the load balancer on 127.0.0.1; 0 takes a free one. */
  readonly productionPort?: number | undefined;
  readonly testPort?: number | undefined;
  /** Whether the first fleet carries the ownership tags already. */
  readonly adopted?: boolean | undefined;

  /** The first fleet is a layer of OpsWorks; else plain EC2 instances. */
  readonly opsworks?: StackOption | undefined;

  /** Route 53 and its name server. */
  readonly dns?: Partial<DnsOption> | undefined;

  readonly environment?: string | undefined;
  readonly tagPrefix?: string | undefined;
  /** Name of the launch template. */
  readonly template?: string | undefined;
  /** Name of a release's image; `{release}` stands for the release. */
  readonly imageName?: string | undefined;
  /** Names and ports of the target groups; the first of each gets `productionPort` and `testPort`, further ones free ports. */
  readonly production?: readonly GroupOption[] | undefined;
  readonly test?: readonly GroupOption[] | undefined;
  readonly weighted?: WeightedOption | undefined;
  readonly clock?: Clock | undefined;
}

/** The options with everything filled in. */
export interface SandboxPlan {
  readonly port: number;
  readonly region: string;
  readonly app: readonly string[] | undefined;
  readonly folder: string;
  readonly appPorts: readonly number[];
  readonly instances: number;
  readonly release: string;
  readonly releases: readonly { readonly release: string; readonly behaviour: BehaviourName }[];
  /** Names of the zones that instances go to. */
  readonly zones: readonly string[];
  /** All zones: a load balancer needs two (ELBv2 API, CreateLoadBalancer). */
  readonly allZones: readonly string[];
  readonly boot: number;
  readonly shutdown: number;
  readonly setup: number;
  readonly deploy: number;
  readonly heal: number;
  readonly opsworks: StackOption | undefined;
  readonly healthCheck: HealthCheckOption;
  readonly deregistrationDelay: number;
  readonly registration: number;
  readonly propagation: number;
  readonly consistency: number;
  readonly pageSize: number;
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
  pageSize: 5,
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
    clock: set.clock ?? systemClock,
  };
}

function releasesOf(first: string, given: readonly (string | ReleaseOption)[]): SandboxPlan['releases'] {
  const releases = given.map((entry) => (typeof entry === 'string' ? { release: entry } : entry));
  const all = releases.some(({ release }) => release === first) ? releases : [{ release: first }, ...releases];
  return all.map(({ release, behaviour }) => ({ release, behaviour: behaviour ?? 'ok' }));
}
