import { messageOf, OperatorError } from '../errors.ts';
import { faultsPage } from './api/admin.ts';
import { createMetadata } from './api/metadata.ts';
import { createFaults, type Faults } from './api/faults.ts';
import { createRequestLog, type RequestLog } from './api/requests.ts';
import { startApi } from './api/server.ts';
import { createThrottle, THROTTLE_RULES, type Throttle } from './api/throttle.ts';
import type { Dns } from './dns/index.ts';
import { seedNames, type SandboxName } from './dns/seed.ts';
import type { EmulatedEc2 } from './ec2/index.ts';
import { createElbv2, type EmulatedElbv2, type Elbv2Options } from './elbv2/index.ts';
import { behaviour, type BehaviourName } from './instances/behaviour.ts';
import type { Instances } from './instances/index.ts';
import { createComponents, type Closers, type Components, type Times } from './components.ts';
import { planSandbox, type SandboxOptions, type SandboxPlan } from './options.ts';
import { checkPorts } from './ports.ts';
import { tagsPage } from './tags-page.ts';
import type { EmulatedOpsWorks } from './opsworks/index.ts';
import type { EmulatedRoute53 } from './route53/index.ts';
import type { DnsTimes } from './route53/model.ts';
import { ApiError, type AdminPage, type Service } from './service.ts';
import {
  addDocument,
  addRelease,
  seedNothing,
  seedResources,
  registerFirstFleetTargets,
  allTargetsHealthy,
  type SandboxGroup,
  type SeededResources,
} from './seed.ts';

export type { SandboxOptions };

/** A local AWS emulator in this process: it listens on loopback only and leaves nothing behind when it is closed. */
export interface Sandbox {
  /** Endpoint of the API, for AWS_ENDPOINT_URL. */
  readonly url: string;
  readonly region: string;
  readonly environment: string;
  /** Target groups with the URLs at which clients reach them. */
  readonly production: readonly SandboxGroup[];
  readonly test: readonly SandboxGroup[];
  /** Instances that served production at the start. */
  readonly blue: readonly string[];
  /** DNS names that resolved to load balancers at the start. */
  readonly names: readonly SandboxName[];
  readonly ec2: EmulatedEc2;
  readonly opsworks: EmulatedOpsWorks;
  readonly ssm: Service;
  readonly s3: Service;
  readonly elbv2: EmulatedElbv2;
  readonly autoscaling: Service;
  readonly route53: EmulatedRoute53;
  readonly dns: Dns;
  readonly instances: Instances;
  readonly faults: Faults;
  readonly requests: RequestLog;
  readonly throttle: Throttle;
  /** Times that can be changed while it runs. */
  readonly times: Times;
  /** Internal errors: an app that could not be started, or a bug of the sandbox. */
  readonly errors: readonly unknown[];
  /** Creates the image of another release; returns the image's id. */
  addRelease(release: string, behaves?: BehaviourName): string;
  close(): Promise<void>;
}

/** Time limit for the first fleet to become healthy. A user's app may be slow to start. */
const SERVE_MS = { bundled: 5_000, command: 20_000 };
/** Added for each instance. */
const SERVE_EACH_MS = 20;
const POLL_MS = 10;

/**
 * Starts the sandbox. Throws an `OperatorError` when a port is taken, when the system has no loopback addresses beyond
 * 127.0.0.1, or when the first fleet does not become healthy; nothing is left running then.
 */
export async function startSandbox(
  options: SandboxOptions,
  elbv2Factory: (options: Elbv2Options) => EmulatedElbv2 = createElbv2,
): Promise<Sandbox> {
  const closers: Closers = [];
  const close = async () => {
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  try {
    const plan = planSandbox(options);
    await checkPorts(plan);
    return await start(plan, elbv2Factory, closers, close);
  } catch (error) {
    await close();
    throw error instanceof ApiError ? setupFailed(error) : error;
  }
}

const POLICY_ADVICE = 'Correct the file that `sandbox.policy` names; `turnout permissions` prints one that works.';
const PORT_ADVICE =
  'Stop the program that listens on that port, or change the `sandbox:` section of the config (`productionPort`, `testPort`).';

/** The first resources are created with API operations: an API error means that the options are not valid. */
function setupFailed(error: ApiError): OperatorError {
  const isPolicy = error.code === 'MalformedPolicyDocument' || error.code === 'LimitExceeded';
  return new OperatorError('sandbox-not-built', `The sandbox cannot be set up: ${error.message.replace(/\.$/, '')}.`, {
    next: [isPolicy ? POLICY_ADVICE : PORT_ADVICE],
    cause: error,
  });
}

async function start(
  plan: SandboxPlan,
  elbv2Factory: (options: Elbv2Options) => EmulatedElbv2,
  closers: Closers,
  close: () => Promise<void>,
): Promise<Sandbox> {
  const components = await createComponents(plan, elbv2Factory, closers);
  const { ec2, opsworks, ssm, s3, instances, elbv2, autoscaling, route53, dns, times, errors } = components;
  const seeded = await (plan.empty ? seedNothing(ec2) : seedResources(plan, ec2, opsworks, elbv2, autoscaling));
  if (!plan.empty) await addDocument(plan, ssm);
  const names = await seedNames(plan.dns, route53, seeded.balancers);
  await registerFirstFleet(plan, seeded, components);
  Object.assign(times, timesOf(plan));
  Object.assign(dns.times, dnsTimesOf(plan));
  const control = createControl(plan, components);
  const url = await openApi(plan, components, control, closers);
  opsworks.listensAt(url);
  return {
    url,
    region: plan.region,
    environment: plan.environment,
    ...seeded,
    ...control,
    ec2,
    opsworks,
    ssm,
    s3,
    elbv2,
    autoscaling,
    route53,
    dns,
    names,
    instances,
    times,
    errors,
    addRelease: (release, behaves = 'ok') => {
      instances.setReleaseBehaviour(release, behaviour(behaves));
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
    metricsMs: plan.metrics,
    latencyMs: plan.latency,
    setupMs: plan.setup,
    deployMs: plan.deploy,
    shutdownMs: plan.shutdown,
    healMs: plan.heal,
  };
}

function dnsTimesOf({ dns: { processing, propagation, insync, ttl } }: SandboxPlan): DnsTimes {
  return { processingMs: processing, propagationMs: propagation, insyncMs: insync, ttlMs: ttl };
}

type Control = Pick<Sandbox, 'faults' | 'throttle' | 'requests'>;

/** The controls for tests and users. */
function createControl(plan: SandboxPlan, components: Components): Control {
  const { scheduler, ec2, outcomes, elbv2, route53 } = components;
  const makers = {
    ...ec2.faults,
    ...outcomes.makers,
    ...elbv2.faults,
    ...route53.faults,
  };
  const faults = createFaults(scheduler, makers);
  const throttle = createThrottle(plan.clock, plan.throttle);
  for (const rule of plan.bucket ? THROTTLE_RULES : []) throttle.limit(rule.name, plan.bucket!);
  return { faults, throttle, requests: createRequestLog() };
}

async function openApi(
  plan: SandboxPlan,
  {
    instances,
    ec2,
    opsworks,
    ssm,
    s3,
    elbv2,
    cloudwatch,
    autoscaling,
    route53,
    dns,
    iam,
    times,
    errors,
    scheduler,
  }: Components,
  { faults, throttle, requests: log }: Control,
  closers: Closers,
): Promise<string> {
  const pages: Readonly<Record<string, AdminPage>> = {
    ...ec2.pages,
    faults: faultsPage(faults),
    requests: { read: () => log.all, reset: () => log.reset() },
    ...elbv2.pages,
    tags: tagsPage(ec2, elbv2),
    listeners: { read: () => elbv2.urls() },
    errors: { read: () => errors.map(messageOf) },
    dns: dns.page,
    settings: settingsPage(times, dns.times, throttle),
  };
  const services = [ec2, ssm, s3, opsworks, elbv2, autoscaling, route53, cloudwatch, ...iam.services];
  // A sleep that is pending when the sandbox is closed never resolves and keeps nothing alive.
  const sleep = (ms: number) => new Promise<void>((resolve) => void scheduler.after(ms, resolve));
  const consistencyMs = () => times.consistencyMs;
  // No two requests take equally long: from 80 to 120 percent.
  const wayMs = () => (times.latencyMs / 2) * (0.8 + 0.4 * Math.random());
  const { port, clock } = plan;
  const metadata = createMetadata(instances, clock);
  const control = { faults, throttle, log, pages, metadata, denial: iam.denial };
  const api = await startApi({ port, clock, services, ...control, sleep, consistencyMs, wayMs });
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

/** Registers the first fleet and waits until it is healthy, unless its release has a fault. */
async function registerFirstFleet(
  plan: SandboxPlan,
  seeded: SeededResources,
  { instances, elbv2, errors }: Components,
): Promise<void> {
  const { clock } = plan;
  const limit = (plan.app ? SERVE_MS.command : SERVE_MS.bundled) + SERVE_EACH_MS * plan.instances;
  const until = clock.monotonic() + limit;
  const running = () => seeded.blue.every((id) => instances.find(id)?.state === 'running');
  while (!running() && errors.length === 0) await clock.sleep(POLL_MS);
  if (errors.length > 0) throw errors[0];
  if (plan.scalingGroups === undefined) await registerFirstFleetTargets(seeded, elbv2);
  if (instances.behaviourOf(plan.release).name !== 'ok') return;
  while (!(await allTargetsHealthy(seeded, elbv2))) {
    const ended = seeded.blue.some((id) => !instances.alive(id));
    if (ended || clock.monotonic() > until) throw notServing(plan, seeded, instances);
    await clock.sleep(POLL_MS);
  }
}

function notServing(plan: SandboxPlan, seeded: SeededResources, instances: Instances): OperatorError {
  const output = instances.output(seeded.blue[0] ?? '').trim();
  return new OperatorError('sandbox-not-serving', `Release ${plan.release} did not become healthy in the sandbox.`, {
    next: [
      `Its app must listen on the address and port in the environment variables HOST and PORT, and answer ${plan.healthCheck.path} with status 200.`,
      output === '' ? 'It wrote no output.' : `Its output: ${output.slice(-500)}`,
    ],
  });
}
