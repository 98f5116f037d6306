import { basename, dirname, join, resolve } from 'node:path';
import type {
  AwsConfig,
  Config,
  Ec2FleetConfig,
  FleetConfig,
  ImageConfig,
  TimeoutsConfig,
  MarkerConfig,
  OpsWorksFleetConfig,
  SandboxConfig,
  StoreConfig,
  TargetGroupConfig,
  TrafficConfig,
  WeightedDnsConfig,
} from './config.ts';
import type {
  DeployerConfig,
  DrainCheckConfig,
  HookConfig,
  HooksConfig,
  HookTime,
  InstanceCheckConfig,
} from './config-in-place.ts';
import type { FileConfig } from './schema.ts';

/** Converts the data of the file to the config: units in names, absolute paths, no undefined keys. Pure. */
export function resolveConfig(data: FileConfig, file: string): Config {
  const { environment, region, profile, endpoint, aws, sandbox } = data;
  return {
    file,
    environment,
    ...defined({ region, profile, endpoint }),
    fleet: fleet(data.fleet),
    traffic: traffic(data.traffic),
    ...(data.release?.marker ? { marker: marker(data.release.marker) } : {}),
    ...inPlace(data, projectOf(file)),
    timeouts: timeouts(data.timeouts),
    aws: awsOf(aws),
    store: store(data.store, environment, file),
    ...(sandbox ? { sandbox: sandboxOf(sandbox, projectOf(file)) } : {}),
  };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Defined<T>;
}

type Ec2Data = Extract<FileConfig['fleet'], { kind: 'ec2' }>;
type OpsWorksData = Extract<FileConfig['fleet'], { kind: 'opsworks' }>;

function fleet(data: FileConfig['fleet']): FleetConfig {
  return data.kind === 'opsworks' ? opsworks(data) : ec2(data);
}

function opsworks({
  kind,
  tagPrefix,
  stack,
  revision,
  app,
  customJson,
  image,
  layer,
}: OpsWorksData): OpsWorksFleetConfig {
  return {
    kind,
    tagPrefix,
    stack,
    revision,
    ...defined({ app, customJson }),
    ...(image ? { image: imageOf(image) } : {}),
    ...(layer ? { layer: defined(layer) } : {}),
  };
}

function imageOf(image: NonNullable<FileConfig['fleet']['image']>): ImageConfig {
  return { ...(image.parameter === undefined ? { owner: 'self' } : {}), ...defined(image) };
}

function ec2({ kind, tagPrefix, launchTemplate, image, userData }: Ec2Data): Ec2FleetConfig {
  return {
    kind,
    tagPrefix,
    ...(launchTemplate
      ? {
          launchTemplate: { ...(versioned(launchTemplate) ? {} : { version: '$Default' }), ...defined(launchTemplate) },
        }
      : {}),
    ...(image ? { image: imageOf(image) } : {}),
    ...defined({ userData }),
  };
}

function versioned(template: { version?: string | undefined; versionDescription?: string | undefined }): boolean {
  return template.version !== undefined || template.versionDescription !== undefined;
}

function traffic(data: FileConfig['traffic']): TrafficConfig {
  const group = ({ targetGroup, port }: { targetGroup: string; port?: number | undefined }) => ({
    targetGroup,
    ...defined({ port }),
  });
  if (data.kind === 'target-groups') {
    const { kind, production, test } = data;
    return { kind, production: production.map(group), test: test.map(group) };
  }
  if (data.kind === 'weighted-dns') {
    return weightedDns(data, group);
  }
  const { groups, production, test, retention, every, names, ...same } = data;
  return {
    ...same,
    ...defined({ names }),
    groups: groups.map(group),
    production: production.map(defined),
    test: test.map(defined),
    retentionMs: retention,
    everyMs: every,
  };
}

function weightedDns(
  data: Extract<FileConfig['traffic'], { kind: 'weighted-dns' }>,
  group: (data: { targetGroup: string; port?: number | undefined }) => TargetGroupConfig,
): WeightedDnsConfig {
  const { kind, nameServers, ttl: ttlMs, retention: retentionMs, residualTraffic, steps, every: everyMs } = data;
  return {
    kind,
    groups: data.groups.map(group),
    production: data.production.map(({ lowerTtl, ...name }) => ({
      ...name,
      ...(lowerTtl && { lowerTtl: { fromS: lowerTtl.from / 1000, toS: lowerTtl.to / 1000 } }),
    })),
    ...defined({ nameServers, ttlMs }),
    retentionMs,
    residualTraffic: { requests: residualTraffic.requests, withinMs: residualTraffic.within },
    steps,
    everyMs,
  };
}

function marker({ timeout, ...same }: NonNullable<NonNullable<FileConfig['release']>['marker']>): MarkerConfig {
  const { url, answers, header, json, regexp, nameServers } = same;
  return { url, answers, timeoutMs: timeout, ...defined({ header, json, regexp, nameServers }) };
}

type InPlace = Pick<Config, 'deploy' | 'migrate' | 'instanceCheck' | 'drainCheck' | 'hooks'>;

function inPlace(
  { deploy, migrate, instanceCheck, drainCheck, hooks, fleet: data }: FileConfig,
  folder: string,
): InPlace {
  return {
    ...(deploy ? { deploy: deployer(deploy, folder, data) } : {}),
    ...(migrate ? { migrate: migrate === 'with-deploy' ? migrate : deployer(migrate, folder, data) } : {}),
    ...(instanceCheck ? { instanceCheck: instanceCheckOf(instanceCheck) } : {}),
    ...(drainCheck ? { drainCheck: drainCheckOf(drainCheck) } : {}),
    hooks: hooksOf(hooks, folder),
  };
}

function deployer(
  data: NonNullable<FileConfig['deploy']>,
  folder: string,
  fleetData: FileConfig['fleet'],
): DeployerConfig {
  if (data.kind === 'ssm') {
    const { deliveryTimeout, ...same } = data;
    return { ...same, deliveryTimeoutMs: deliveryTimeout };
  }
  if (data.kind === 'opsworks') {
    const ofFleet = fleetData.kind === 'opsworks' ? fleetData : undefined;
    const { stack = ofFleet?.stack ?? '', app = ofFleet?.app, ...same } = data;
    return { ...same, stack, ...defined({ app }) };
  }
  const { kind, run, per, killAfter } = data;
  return { kind, run, per, folder, graceMs: killAfter };
}

function instanceCheckOf({ url, contains, timeout }: NonNullable<FileConfig['instanceCheck']>): InstanceCheckConfig {
  return { url, ...defined({ contains }), timeoutMs: timeout };
}

function drainCheckOf({ url, after, timeout }: NonNullable<FileConfig['drainCheck']>): DrainCheckConfig {
  return { url, afterMs: after, timeoutMs: timeout };
}

function hooksOf(hooks: FileConfig['hooks'], folder: string): HooksConfig {
  const at = (time: HookTime): readonly HookConfig[] =>
    (hooks?.[time] ?? []).map(({ timeout, tasks, ...same }) => ({
      ...same,
      ...defined({ tasks }),
      timeoutMs: timeout,
    }));
  return {
    folder,
    beforeTask: at('beforeTask'),
    afterTask: at('afterTask'),
    beforeInstance: at('beforeInstance'),
    afterInstance: at('afterInstance'),
    onFailure: at('onFailure'),
    onRollback: at('onRollback'),
  };
}

function timeouts({ boot, healthy, drained, proven, deploy }: FileConfig['timeouts']): TimeoutsConfig {
  return { bootMs: boot, healthyMs: healthy, releasedMs: drained, provenMs: proven, deployMs: deploy };
}

function store(data: FileConfig['store'], environment: string, file: string): StoreConfig {
  const { kind, ttl: ttlMs } = data;
  if (kind === 'file') return { kind, path: storePath(data.path, environment, file), ttlMs };
  if (kind === 'redis') return { kind, server: data.url, prefix: data.prefix, ttlMs };
  const { table, region, profile, endpoint } = data;
  return { kind, table, ...defined({ region, profile, endpoint }), ttlMs };
}

/** Route 53 allows five requests a second per account (Route 53 developer guide, quotas); the other services allow far more. */
const RATES = { others: 5, route53: 2 };

function awsOf({ requestsPerSecond: given, maxAttempts, consistencyDelay }: FileConfig['aws']): AwsConfig {
  const rates = typeof given === 'number' ? { others: given } : { ...RATES, ...defined(given ?? {}) };
  return { requestsPerSecond: rates, maxAttempts, consistencyDelayMs: consistencyDelay };
}

function storePath(path: string | undefined, environment: string, file: string): string {
  return path === undefined ? join(projectOf(file), '.turnout', `${environment}.db`) : resolve(dirname(file), path);
}

/** The folder of the config file, or its parent if the folder is named config. */
function projectOf(file: string): string {
  const folder = dirname(file);
  return basename(folder) === 'config' ? dirname(folder) : folder;
}

function sandboxOf(sandbox: NonNullable<FileConfig['sandbox']>, folder: string): SandboxConfig {
  const {
    app,
    boot,
    setup,
    deploy,
    healthCheck,
    releases,
    deregistrationDelay,
    registration,
    propagation,
    consistency,
    throttle,
    dns,
    ...same
  } = sandbox;
  const { interval, timeout, ...thresholds } = healthCheck;
  return {
    ...same,
    folder,
    ...defined({ app, throttle }),
    ...(dns ? { dns: dnsOf(dns) } : {}),
    releases: releases.map((entry) => (typeof entry === 'string' ? { release: entry, behaviour: 'ok' } : entry)),
    healthCheck: { ...thresholds, intervalMs: interval, timeoutMs: timeout },
    bootMs: boot,
    setupMs: setup,
    deployMs: deploy,
    deregistrationDelayMs: deregistrationDelay,
    registrationMs: registration,
    propagationMs: propagation,
    consistencyMs: consistency,
  };
}

function dnsOf(dns: NonNullable<NonNullable<FileConfig['sandbox']>['dns']>): NonNullable<SandboxConfig['dns']> {
  const { port, processing, propagation, insync, ttl } = dns;
  return { port, processingMs: processing, propagationMs: propagation, insyncMs: insync, ttlMs: ttl };
}
