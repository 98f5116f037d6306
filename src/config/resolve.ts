import { basename, dirname, join, resolve } from 'node:path';
import type {
  AwsConfig,
  Config,
  Ec2FleetConfig,
  LimitsConfig,
  MarkerConfig,
  SandboxConfig,
  StoreConfig,
  TrafficConfig,
} from './config.ts';
import type { FileConfig } from './schema.ts';

/** From what the file says to what the program works with: units in names, absolute paths, no key that is undefined. Pure. */
export function resolveConfig(data: FileConfig, file: string): Config {
  const { environment, region, profile, endpoint, aws, sandbox } = data;
  return {
    file,
    environment,
    ...defined({ region, profile, endpoint }),
    fleet: fleet(data.fleet),
    traffic: traffic(data.traffic),
    ...(data.release?.marker ? { marker: marker(data.release.marker) } : {}),
    limits: limits(data.limits),
    aws: awsOf(aws),
    store: store(data.store, environment, file),
    ...(sandbox ? { sandbox: sandboxOf(sandbox, projectOf(file)) } : {}),
  };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Defined<T>;
}

function fleet({ kind, tagPrefix, launchTemplate, image, userData }: FileConfig['fleet']): Ec2FleetConfig {
  return {
    kind,
    tagPrefix,
    ...(launchTemplate
      ? {
          launchTemplate: { ...(versioned(launchTemplate) ? {} : { version: '$Default' }), ...defined(launchTemplate) },
        }
      : {}),
    ...(image ? { image: { ...(image.parameter === undefined ? { owner: 'self' } : {}), ...defined(image) } } : {}),
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
    const { kind, groups, production, nameServers, ttl: ttlMs, hold: holdMs, steps, every: everyMs } = data;
    return { kind, groups: groups.map(group), production, ...defined({ nameServers, ttlMs }), holdMs, steps, everyMs };
  }
  const { groups, production, test, hold, every, ...same } = data;
  return {
    ...same,
    groups: groups.map(group),
    production: production.map(defined),
    test: test.map(defined),
    holdMs: hold,
    everyMs: every,
  };
}

function marker({ timeout, ...same }: NonNullable<NonNullable<FileConfig['release']>['marker']>): MarkerConfig {
  const { url, answers, header, json, regexp, nameServers } = same;
  return { url, answers, timeoutMs: timeout, ...defined({ header, json, regexp, nameServers }) };
}

function limits({ boot, healthy, released, proven }: FileConfig['limits']): LimitsConfig {
  return { bootMs: boot, healthyMs: healthy, releasedMs: released, provenMs: proven };
}

function store(data: FileConfig['store'], environment: string, file: string): StoreConfig {
  const { kind, ttl: ttlMs } = data;
  if (kind === 'file') return { kind, path: storePath(data.path, environment, file), ttlMs };
  if (kind === 'redis') return { kind, server: data.url, prefix: data.prefix, ttlMs };
  const { table, region, profile, endpoint } = data;
  return { kind, table, ...defined({ region, profile, endpoint }), ttlMs };
}

/** Route 53 takes five requests a second from all of an account (Route 53 API, limits); the others take far more. */
const RATES = { others: 5, route53: 2 };

function awsOf({ requestsPerSecond: given, maxAttempts, settle }: FileConfig['aws']): AwsConfig {
  const rates = typeof given === 'number' ? { others: given } : { ...RATES, ...defined(given ?? {}) };
  return { requestsPerSecond: rates, maxAttempts, settleMs: settle };
}

function storePath(path: string | undefined, environment: string, file: string): string {
  return path === undefined ? join(projectOf(file), '.turnout', `${environment}.db`) : resolve(dirname(file), path);
}

/** The folder of the config file, or the one above when that is called config. */
function projectOf(file: string): string {
  const folder = dirname(file);
  return basename(folder) === 'config' ? dirname(folder) : folder;
}

function sandboxOf(sandbox: NonNullable<FileConfig['sandbox']>, folder: string): SandboxConfig {
  const {
    app,
    boot,
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
