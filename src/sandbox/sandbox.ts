import { messageOf, OperatorError } from '../errors.ts';
import { faultsPage } from './api/admin.ts';
import { createFaults, type Faults } from './api/faults.ts';
import { createRequestLog, type RequestLog } from './api/requests.ts';
import { startApi } from './api/server.ts';
import { createThrottle, RULES, type Throttle } from './api/throttle.ts';
import { drainFault, trafficPage, type Balancers, type BalancersFactory } from './balancers.ts';
import { createEc2, type Ec2 } from './ec2/index.ts';
import { reserveBlock } from './instances/addresses.ts';
import { behaviour, type BehaviourName } from './instances/behaviour.ts';
import { bundledApp } from './instances/bundled-app.ts';
import { commandApp } from './instances/command-app.ts';
import { createGuardian } from './instances/guardian.ts';
import { Instances } from './instances/index.ts';
import { planSandbox, type SandboxOptions, type SandboxPlan } from './options.ts';
import { createScheduler, type Scheduler } from './scheduler.ts';
import type { AdminPage, SandboxTimes } from './service.ts';
import { addRelease, buildWorld, registerBlue, servesAll, type SandboxGroup, type World } from './world.ts';

/** A small AWS in this process: everything on loopback, nothing left when it is closed. */
export interface Sandbox<B extends Balancers = Balancers> {
  /** Endpoint of the API, for AWS_ENDPOINT_URL. */
  readonly url: string;
  readonly region: string;
  readonly environment: string;
  /** Target groups with the URLs at which their clients arrive. */
  readonly production: readonly SandboxGroup[];
  readonly test: readonly SandboxGroup[];
  /** Instances that served production at the start. */
  readonly blue: readonly string[];
  readonly ec2: Ec2;
  readonly elbv2: B;
  readonly instances: Instances;
  readonly faults: Faults;
  readonly requests: RequestLog;
  readonly throttle: Throttle;
  /** Times that can be changed while it runs. */
  readonly times: { -readonly [K in keyof SandboxTimes]: SandboxTimes[K] };
  /** What went wrong inside: an app that could not be started, a fault of the sandbox. */
  readonly errors: readonly unknown[];
  /** Makes one more release bootable; returns its image's id. */
  addRelease(release: string, behaves?: BehaviourName): string;
  close(): Promise<void>;
}

/** How long the first fleet may take until it serves. A user's own app may be slow to start. */
const SERVE_MS = { bundled: 5_000, command: 20_000 };
const POLL_MS = 10;

/**
 * Starts the sandbox. Throws an `OperatorError` when a port is taken, when the system has no loopback addresses beyond
 * 127.0.0.1, or when the first fleet does not come to serve; nothing is left running then.
 */
export async function startSandbox<B extends Balancers>(
  options: SandboxOptions,
  elbv2: BalancersFactory<B>,
): Promise<Sandbox<B>> {
  const closers: (() => void | Promise<void>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  try {
    return await start(planSandbox(options), elbv2, closers, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function start<B extends Balancers>(
  plan: SandboxPlan,
  factory: BalancersFactory<B>,
  closers: (() => void | Promise<void>)[],
  close: () => Promise<void>,
): Promise<Sandbox<B>> {
  const { clock, region } = plan;
  const errors: unknown[] = [];
  const scheduler = createScheduler(clock);
  closers.push(() => scheduler.close());
  const block = await reserveBlock();
  closers.push(() => block.close());
  // Nothing waits while the world is built.
  const times = { bootMs: plan.boot, registrationMs: 0, propagationMs: 0, consistencyMs: 0 };
  const instances = createInstances(plan, times, scheduler, block, errors, closers);
  for (const each of plan.releases) instances.behaveAll(each.release, behaviour(each.behaviour));
  const ec2 = createEc2({ clock, region, zones: plan.allZones, block, instances, pageSize: plan.pageSize });
  closers.push(() => ec2.close());
  const subnet = (id: string) => {
    const found = ec2.network.subnets.find((candidate) => candidate.id === id);
    return found && { zone: found.zone, vpcId: ec2.network.vpc };
  };
  const balancers = factory({ machines: instances, clock, times, region, pageSize: plan.pageSize, subnet });
  closers.push(() => balancers.close());
  const world = await buildWorld(plan, ec2, balancers);
  await serve(plan, world, instances, balancers, errors);
  Object.assign(times, timesOf(plan));
  const control = createControl(plan, scheduler, ec2, balancers);
  const pages = {
    ...ec2.pages,
    ...control.pages,
    errors: { read: () => errors.map(messageOf) },
    settings: settingsPage(times, control.throttle),
  };
  const services = [ec2, ec2.ssm, balancers];
  const sleep = (ms: number) => clock.sleep(ms);
  const api = await startApi({
    ...control,
    services,
    sleep,
    port: plan.port,
    clock,
    pages,
    consistencyMs: () => times.consistencyMs,
  });
  closers.push(() => api.close());
  return {
    ...control,
    url: api.url,
    region,
    environment: plan.environment,
    production: world.production,
    test: world.test,
    blue: world.blue,
    ec2,
    elbv2: balancers,
    instances,
    requests: control.log,
    times,
    errors,
    addRelease: (release, behaves = 'ok') => {
      instances.behaveAll(release, behaviour(behaves));
      return addRelease(plan, ec2, release, new Date(clock.now()));
    },
    close,
  };
}

function timesOf(plan: SandboxPlan): SandboxTimes {
  return {
    bootMs: plan.boot,
    registrationMs: plan.registration,
    propagationMs: plan.propagation,
    consistencyMs: plan.consistency,
  };
}

function createInstances(
  plan: SandboxPlan,
  times: SandboxTimes,
  scheduler: Scheduler,
  block: Awaited<ReturnType<typeof reserveBlock>>,
  errors: unknown[],
  closers: (() => void | Promise<void>)[],
): Instances {
  const guardian = createGuardian();
  const app = plan.app ? commandApp(plan.app, guardian) : bundledApp(scheduler);
  const onError = (error: unknown) => void errors.push(error);
  const { clock, appPorts: ports, shutdown: shutdownMs } = plan;
  const instances = new Instances({ clock, scheduler, block, app, ports, times, shutdownMs, onError });
  closers.push(() => guardian.close());
  closers.push(() => instances.close());
  return instances;
}

/** What tests and people steer it with: faults, throttling, the log, and their pages. */
function createControl(plan: SandboxPlan, scheduler: Scheduler, ec2: Ec2, balancers: Balancers) {
  const faults = createFaults(scheduler, { ...ec2.faults, ...drainFault(balancers), ...balancers.faults });
  const throttle = createThrottle(plan.clock, plan.throttle);
  for (const rule of plan.bucket ? RULES : []) throttle.limit(rule.name, plan.bucket!);
  const log = createRequestLog();
  const pages: Readonly<Record<string, AdminPage>> = {
    faults: faultsPage(faults),
    requests: { read: () => log.all, reset: () => log.reset() },
    traffic: trafficPage(balancers),
    ...balancers.pages,
  };
  return { faults, throttle, log, pages };
}

function settingsPage(times: Sandbox['times'], throttle: Throttle): AdminPage {
  const read = () => ({ ...times, throttle: throttle.enabled });
  return {
    read,
    write: (body) => {
      const given = new Map(Object.entries(body as object));
      const wanted = given.get('throttle');
      if (typeof wanted === 'boolean') throttle.enabled = wanted;
      for (const key of ['bootMs', 'registrationMs', 'propagationMs', 'consistencyMs'] as const) {
        const value: unknown = given.get(key);
        if (typeof value === 'number' && value >= 0) times[key] = value;
      }
      return read();
    },
  };
}

/** Registers the first fleet and waits until it serves, unless it is of a release that never will. */
async function serve(
  plan: SandboxPlan,
  world: World,
  instances: Instances,
  balancers: Balancers,
  errors: readonly unknown[],
): Promise<void> {
  const { clock } = plan;
  const until = clock.monotonic() + (plan.app ? SERVE_MS.command : SERVE_MS.bundled);
  const running = () => world.blue.every((id) => instances.find(id)?.state === 'running');
  while (!running() && errors.length === 0) await clock.sleep(POLL_MS);
  if (errors.length > 0) throw errors[0];
  await registerBlue(world, balancers);
  if (instances.behaviourOf(plan.release).name !== 'ok') return;
  while (!(await servesAll(world, balancers))) {
    if (clock.monotonic() > until) throw notServing(plan, world, instances);
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
