import { messageOf, OperatorError } from '../errors.ts';
import { faultsPage } from './api/admin.ts';
import { createMetadata } from './api/metadata.ts';
import { createFaults, type Faults } from './api/faults.ts';
import { createRequestLog, type RequestLog } from './api/requests.ts';
import { startApi } from './api/server.ts';
import { createThrottle, RULES, type Throttle } from './api/throttle.ts';
import { drainFault, trafficPage, type Balancers, type BalancersFactory } from './balancers.ts';
import { createCloudWatch } from './cloudwatch/index.ts';
import type { Dns } from './dns/index.ts';
import { buildNames, type SandboxName } from './dns/world.ts';
import type { EmulatedEc2 } from './ec2/index.ts';
import { behaviour, type BehaviourName } from './instances/behaviour.ts';
import type { Instances } from './instances/index.ts';
import { createMachinery, type Closers, type Machinery, type Times } from './machinery.ts';
import { planSandbox, type SandboxOptions, type SandboxPlan } from './options.ts';
import { checkPorts } from './ports.ts';
import type { EmulatedOpsWorks } from './opsworks/index.ts';
import type { EmulatedRoute53 } from './route53/index.ts';
import type { DnsTimes } from './route53/model.ts';
import { ApiError, type AdminPage, type Service } from './service.ts';
import {
  addDocument,
  addRelease,
  buildWorld,
  registerBlue,
  servesAll,
  type SandboxGroup,
  type World,
} from './world.ts';

/** A small AWS in this process: everything on loopback, nothing left when it is closed. */
export interface SandboxWith<B extends Balancers = Balancers> {
  /** Endpoint of the API, for AWS_ENDPOINT_URL. */
  readonly url: string;
  readonly region: string;
  readonly environment: string;
  /** Target groups with the URLs at which their clients arrive. */
  readonly production: readonly SandboxGroup[];
  readonly test: readonly SandboxGroup[];
  /** Instances that served production at the start. */
  readonly blue: readonly string[];
  /** Names that led to load balancers at the start. */
  readonly names: readonly SandboxName[];
  readonly ec2: EmulatedEc2;
  readonly opsworks: EmulatedOpsWorks;
  readonly ssm: Service;
  readonly elbv2: B;
  readonly route53: EmulatedRoute53;
  readonly dns: Dns;
  readonly instances: Instances;
  readonly faults: Faults;
  readonly requests: RequestLog;
  readonly throttle: Throttle;
  /** Times that can be changed while it runs. */
  readonly times: Times;
  /** What went wrong inside: an app that could not be started, a fault of the sandbox. */
  readonly errors: readonly unknown[];
  /** Makes one more release bootable; returns its image's id. */
  addRelease(release: string, behaves?: BehaviourName): string;
  close(): Promise<void>;
}

/** How long the first fleet may take until it serves. A user's own app may be slow to start. */
const SERVE_MS = { bundled: 5_000, command: 20_000 };
/** Added for each instance of a large one. */
const SERVE_EACH_MS = 20;
const POLL_MS = 10;

/**
 * Starts the sandbox. Throws an `OperatorError` when a port is taken, when the system has no loopback addresses beyond
 * 127.0.0.1, or when the first fleet does not come to serve; nothing is left running then.
 */
export async function startSandboxWith<B extends Balancers>(
  options: SandboxOptions,
  elbv2: BalancersFactory<B>,
): Promise<SandboxWith<B>> {
  const closers: Closers = [];
  const close = async () => {
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  try {
    const plan = planSandbox(options);
    await checkPorts(plan);
    return await start(plan, elbv2, closers, close);
  } catch (error) {
    await close();
    throw error instanceof ApiError ? cannotBeBuilt(error) : error;
  }
}

/** The world is built with the API's own operations: what they refuse was asked for by the options. */
function cannotBeBuilt(error: ApiError): OperatorError {
  return new OperatorError('sandbox-not-built', `The sandbox cannot be set up: ${error.message}.`, {
    next: [
      'Stop what listens at that port, or change the `sandbox:` section of the config (`productionPort`, `testPort`).',
    ],
    cause: error,
  });
}

async function start<B extends Balancers>(
  plan: SandboxPlan,
  factory: BalancersFactory<B>,
  closers: Closers,
  close: () => Promise<void>,
): Promise<SandboxWith<B>> {
  const machinery = await createMachinery(plan, factory, closers);
  const { ec2, opsworks, ssm, instances, balancers, route53, dns, times, errors } = machinery;
  const world = await buildWorld(plan, ec2, opsworks, balancers);
  await addDocument(plan, ssm);
  const names = await buildNames(plan.dns, route53, world.balancers);
  await serve(plan, world, machinery);
  Object.assign(times, timesOf(plan));
  Object.assign(dns.times, dnsTimesOf(plan));
  const control = createControl(plan, machinery);
  const url = await openApi(plan, machinery, control, closers);
  opsworks.listensAt(url);
  return {
    url,
    region: plan.region,
    environment: plan.environment,
    ...world,
    ...control,
    ec2,
    opsworks,
    ssm,
    elbv2: balancers,
    route53,
    dns,
    names,
    instances,
    times,
    errors,
    addRelease: (release, behaves = 'ok') => {
      instances.behaveAll(release, behaviour(behaves));
      return addRelease(plan, ec2, release, new Date(plan.clock.now()));
    },
    close,
  };
}

function timesOf(plan: SandboxPlan): Times {
  return {
    bootMs: plan.boot,
    registrationMs: plan.registration,
    propagationMs: plan.propagation,
    consistencyMs: plan.consistency,
    setupMs: plan.setup,
    deployMs: plan.deploy,
    shutdownMs: plan.shutdown,
    healMs: plan.heal,
  };
}

function dnsTimesOf({ dns: { processing, propagation, insync, ttl } }: SandboxPlan): DnsTimes {
  return { processingMs: processing, propagationMs: propagation, insyncMs: insync, ttlMs: ttl };
}

type Control = Pick<SandboxWith, 'faults' | 'throttle' | 'requests'>;

/** What tests and people steer it with. */
function createControl(plan: SandboxPlan, machinery: Machinery<Balancers>): Control {
  const { scheduler, ec2, outcomes, balancers, route53 } = machinery;
  const makers = {
    ...ec2.faults,
    ...outcomes.makers,
    ...drainFault(balancers),
    ...balancers.faults,
    ...route53.faults,
  };
  const faults = createFaults(scheduler, makers);
  const throttle = createThrottle(plan.clock, plan.throttle);
  for (const rule of plan.bucket ? RULES : []) throttle.limit(rule.name, plan.bucket!);
  return { faults, throttle, requests: createRequestLog() };
}

async function openApi(
  plan: SandboxPlan,
  { instances, ec2, opsworks, ssm, balancers, route53, dns, times, errors, scheduler }: Machinery<Balancers>,
  { faults, throttle, requests: log }: Control,
  closers: Closers,
): Promise<string> {
  const pages: Readonly<Record<string, AdminPage>> = {
    ...ec2.pages,
    faults: faultsPage(faults),
    requests: { read: () => log.all, reset: () => log.reset() },
    traffic: trafficPage(balancers),
    errors: { read: () => errors.map(messageOf) },
    dns: dns.page,
    settings: settingsPage(times, dns.times, throttle),
    ...balancers.pages,
  };
  const services = [ec2, ssm, opsworks, balancers, route53, createCloudWatch(balancers)];
  // Whoever still sleeps when the sandbox is closed sleeps on, and keeps nothing alive.
  const sleep = (ms: number) => new Promise<void>((resolve) => void scheduler.after(ms, resolve));
  const consistencyMs = () => times.consistencyMs;
  const { port, clock } = plan;
  const metadata = createMetadata(instances, clock);
  const api = await startApi({ port, clock, services, faults, throttle, log, pages, metadata, sleep, consistencyMs });
  closers.push(() => api.close());
  return api.url;
}

function settingsPage(times: Times, dns: DnsTimes, throttle: Throttle): AdminPage {
  const read = () => ({ ...times, dns: { ...dns }, throttle: throttle.enabled });
  return {
    read,
    write: (body) => {
      const given = new Map(Object.entries(body as object));
      const wanted = given.get('throttle');
      if (typeof wanted === 'boolean') throttle.enabled = wanted;
      setTimes(times, Object.keys(times) as (keyof Times)[], body);
      setTimes(dns, ['processingMs', 'propagationMs', 'insyncMs', 'ttlMs'], given.get('dns') ?? {});
      return read();
    },
  };
}

function setTimes<K extends string>(times: Record<K, number>, keys: readonly K[], given: unknown): void {
  const wanted = given as Readonly<Record<string, unknown>>;
  for (const key of keys) {
    const value = wanted[key];
    if (typeof value === 'number' && value >= 0) times[key] = value;
  }
}

/** Registers the first fleet and waits until it serves, unless it is of a release that never will. */
async function serve(
  plan: SandboxPlan,
  world: World,
  { instances, balancers, errors }: Machinery<Balancers>,
): Promise<void> {
  const { clock } = plan;
  const limit = (plan.app ? SERVE_MS.command : SERVE_MS.bundled) + SERVE_EACH_MS * plan.instances;
  const until = clock.monotonic() + limit;
  const running = () => world.blue.every((id) => instances.find(id)?.state === 'running');
  while (!running() && errors.length === 0) await clock.sleep(POLL_MS);
  if (errors.length > 0) throw errors[0];
  await registerBlue(world, balancers);
  if (instances.behaviourOf(plan.release).name !== 'ok') return;
  while (!(await servesAll(world, balancers))) {
    const ended = world.blue.some((id) => !instances.alive(id));
    if (ended || clock.monotonic() > until) throw notServing(plan, world, instances);
    await clock.sleep(POLL_MS);
  }
}

function notServing(plan: SandboxPlan, world: World, instances: Instances): OperatorError {
  const output = instances.output(world.blue[0] ?? '').trim();
  return new OperatorError('sandbox-not-serving', `Release ${plan.release} did not become healthy in the sandbox.`, {
    next: [
      `Its app must listen on the address HOST and the port PORT of its environment, and answer ${plan.healthCheck.path} with status 200.`,
      output === '' ? 'It wrote nothing.' : `It wrote: ${output.slice(-500)}`,
    ],
  });
}
