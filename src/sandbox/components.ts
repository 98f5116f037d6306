import { createGuardian } from '../programs/guardian.ts';
import { createAutoScaling } from './autoscaling/index.ts';
import type { Clock } from '../clock.ts';
import { createCloudWatch } from './cloudwatch/index.ts';
import type { MetricSource } from './cloudwatch/metrics.ts';
import { openDns, type Dns } from './dns/index.ts';
import { createEc2, type EmulatedEc2 } from './ec2/index.ts';
import type { BalancerAddresses } from './elbv2/state.ts';
import type { EmulatedElbv2, Elbv2Options } from './elbv2/index.ts';
import { createIam, type EmulatedIam } from './iam/index.ts';
import { createInventory } from './inventory.ts';
import { reserveBlock, type AddressBlock } from './instances/addresses.ts';
import { behaviour } from './instances/behaviour.ts';
import { bundledApp } from './instances/bundled-app.ts';
import { commandApp } from './instances/command-app.ts';
import { Instances, type InstancesOptions } from './instances/index.ts';
import { createLifecycleFaults, type LifecycleFaults } from './lifecycle-faults.ts';
import type { SandboxPlan } from './options.ts';
import { createOpsWorks, type EmulatedOpsWorks } from './opsworks/index.ts';
import type { EmulatedRoute53 } from './route53/index.ts';
import { createS3 } from './s3/index.ts';
import { createScheduler, type Scheduler } from './scheduler.ts';
import type { LifecycleTimes, SandboxTimes, Service } from './service.ts';
import { createSsm } from './ssm/index.ts';

/** Functions that close what was opened, in the order of opening. */
export type Closers = (() => void | Promise<void>)[];

/** Times that can be changed while the sandbox runs. */
export type Times = { -readonly [K in keyof (SandboxTimes & LifecycleTimes)]: number };

/** The services of a sandbox, before any resources are created. */
export interface Components {
  readonly scheduler: Scheduler;
  readonly instances: Instances;
  readonly ec2: EmulatedEc2;
  readonly opsworks: EmulatedOpsWorks;
  readonly ssm: Service;
  readonly s3: Service;
  readonly outcomes: LifecycleFaults;
  readonly elbv2: EmulatedElbv2;
  readonly cloudwatch: Service;
  readonly autoscaling: Service;
  readonly route53: EmulatedRoute53;
  readonly dns: Dns;
  readonly iam: EmulatedIam;
  readonly times: Times;
  readonly errors: readonly unknown[];
}

/** Starts the services; each adds a function that closes it to `closers`. */
export async function createComponents(
  plan: SandboxPlan,
  elbv2Factory: (options: Elbv2Options) => EmulatedElbv2,
  closers: Closers,
): Promise<Components> {
  const { clock, region, pageSize } = plan;
  const errors: unknown[] = [];
  const times = timesAtFirst(plan);
  const scheduler = createScheduler(clock);
  closers.push(() => scheduler.close());
  const block = await reserveBlock();
  closers.push(() => block.close());
  const onError = (error: unknown) => void errors.push(error);
  const instances = createInstances(plan, { clock, scheduler, block, times, onError }, closers);
  const ec2 = createEc2({ clock, region, zones: plan.allZones, block, instances, pageSize, vcpus: plan.vcpus });
  closers.push(() => ec2.close());
  const outcomes = createLifecycleFaults();
  const opsworks = createOpsWorks({ clock, scheduler, ec2, instances, region, times, outcomes });
  const ssm = createSsm(ec2.ssm, { clock, scheduler, instances, outcomes, times, region, pageSize });
  closers.push(() => opsworks.close());
  const elbv2 = elbv2Factory(balancerOptions(plan, { machines: instances, clock, times, block, ec2 }));
  closers.push(() => elbv2.close());
  const cloudwatch = createCloudWatch(metricSource(elbv2, ec2, clock, times), region);
  const common = { clock, scheduler, ec2, elbv2, instances, region, pageSize, onError };
  const autoscaling = createAutoScaling({
    ...common,
    alarmsWith: (policy) => cloudwatch.alarmsWith(policy),
    breachesOf: (policy) => cloudwatch.breachesOf(policy),
  });
  closers.push(() => autoscaling.close());
  const { route53, dns } = await openDns({ clock, scheduler, elbv2, pageSize, plan: plan.dns });
  closers.push(() => dns.close());
  const s3 = createS3(clock);
  const iam = createIam(createInventory({ ec2, elbv2, opsworks, autoscaling, s3 }, region), ec2.profiles);
  if (plan.policy !== undefined) iam.putPolicy('sandbox', plan.policy);
  return {
    scheduler,
    iam,
    instances,
    ec2,
    opsworks,
    ssm,
    s3,
    outcomes,
    elbv2,
    cloudwatch,
    autoscaling,
    route53,
    dns,
    times,
    errors,
  };
}

function metricSource({ counts }: EmulatedElbv2, ec2: EmulatedEc2, clock: Clock, times: Times): MetricSource {
  return { counts, now: () => clock.now(), delayMs: () => times.metricsMs, usage: (name) => ec2.vcpus(name) };
}

function balancerOptions(
  plan: SandboxPlan,
  {
    block,
    ec2,
    ...common
  }: Pick<Elbv2Options, 'machines' | 'clock' | 'times'> & { block: AddressBlock; ec2: EmulatedEc2 },
): Elbv2Options {
  const { region, pageSize } = plan;
  const subnet = (id: string) => {
    const found = ec2.network.subnets.find((candidate) => candidate.id === id);
    return found && { zone: found.zone, vpcId: ec2.network.vpc };
  };
  const { vpc, securityGroup } = ec2.network;
  return { ...common, region, pageSize, addresses: balancerAddresses(plan, block), subnet, vpc, securityGroup };
}

/** No delays while the first resources are created. */
function timesAtFirst({ shutdown, heal }: SandboxPlan): Times {
  return {
    bootMs: 0,
    registrationMs: 0,
    propagationMs: 0,
    consistencyMs: 0,
    metricsMs: 0,
    latencyMs: 0,
    setupMs: 0,
    deployMs: 0,
    shutdownMs: shutdown,
    healMs: heal,
  };
}

/** Part of the address block that is not used for instances. */
const LOAD_BALANCER_ZONE = 15;

/** The environment's load balancer is on 127.0.0.1, where users expect it; each other one gets its own address. */
function balancerAddresses({ environment }: SandboxPlan, block: AddressBlock): BalancerAddresses {
  return {
    allocate: (name) => (name === environment ? undefined : block.allocate(LOAD_BALANCER_ZONE)),
    release: (address) => block.release(address),
  };
}

function createInstances(
  plan: SandboxPlan,
  common: Omit<InstancesOptions, 'app' | 'ports' | 'shutdownMs'>,
  closers: Closers,
): Instances {
  const guardian = createGuardian();
  const app = plan.app ? commandApp({ argv: plan.app, folder: plan.folder }, guardian) : bundledApp(common.scheduler);
  const instances = new Instances({ ...common, app, ports: plan.appPorts, shutdownMs: plan.shutdown });
  closers.push(() => guardian.close());
  closers.push(() => instances.close());
  for (const { release, behaviour: name } of plan.releases) instances.setReleaseBehaviour(release, behaviour(name));
  return instances;
}
