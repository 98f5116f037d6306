import type { Balancers, BalancersFactory } from './balancers.ts';
import { createGuardian } from '../programs/guardian.ts';
import { openDns, type Dns } from './dns/index.ts';
import { createEc2, type EmulatedEc2 } from './ec2/index.ts';
import type { BalancerAddresses } from './elbv2/world.ts';
import { reserveBlock, type AddressBlock } from './instances/addresses.ts';
import { behaviour } from './instances/behaviour.ts';
import { bundledApp } from './instances/bundled-app.ts';
import { commandApp } from './instances/command-app.ts';
import { Instances, type InstancesOptions } from './instances/index.ts';
import { createOutcomes, type Outcomes } from './outcomes.ts';
import type { SandboxPlan } from './options.ts';
import { createOpsWorks, type EmulatedOpsWorks } from './opsworks/index.ts';
import type { EmulatedRoute53 } from './route53/index.ts';
import { createScheduler, type Scheduler } from './scheduler.ts';
import type { LifecycleTimes, SandboxTimes, Service } from './service.ts';
import { createSsm } from './ssm/index.ts';

/** What has to be closed, in the order in which it was opened. */
export type Closers = (() => void | Promise<void>)[];

/** Times that can be changed while the sandbox runs. */
export type Times = { -readonly [K in keyof (SandboxTimes & LifecycleTimes)]: number };

/** The moving parts of a sandbox, before there is anything in its world. */
export interface Machinery<B extends Balancers> {
  readonly scheduler: Scheduler;
  readonly instances: Instances;
  readonly ec2: EmulatedEc2;
  readonly opsworks: EmulatedOpsWorks;
  readonly ssm: Service;
  readonly outcomes: Outcomes;
  readonly balancers: B;
  readonly route53: EmulatedRoute53;
  readonly dns: Dns;
  readonly times: Times;
  readonly errors: readonly unknown[];
}

/** Opens the parts; each adds what closes it to `closers`. */
export async function createMachinery<B extends Balancers>(
  plan: SandboxPlan,
  factory: BalancersFactory<B>,
  closers: Closers,
): Promise<Machinery<B>> {
  const { clock, region, pageSize } = plan;
  const errors: unknown[] = [];
  // Nothing waits while the world is built.
  const times: Times = {
    bootMs: 0,
    registrationMs: 0,
    propagationMs: 0,
    consistencyMs: 0,
    setupMs: 0,
    deployMs: 0,
    shutdownMs: plan.shutdown,
    healMs: plan.heal,
  };
  const scheduler = createScheduler(clock);
  closers.push(() => scheduler.close());
  const block = await reserveBlock();
  closers.push(() => block.close());
  const onError = (error: unknown) => void errors.push(error);
  const instances = createInstances(plan, { clock, scheduler, block, times, onError }, closers);
  const ec2 = createEc2({ clock, region, zones: plan.allZones, block, instances, pageSize });
  closers.push(() => ec2.close());
  const outcomes = createOutcomes();
  const opsworks = createOpsWorks({ clock, scheduler, ec2, instances, region, times, outcomes });
  const ssm = createSsm(ec2.ssm, { clock, scheduler, instances, outcomes, times, region, pageSize });
  closers.push(() => opsworks.close());
  const subnet = (id: string) => {
    const found = ec2.network.subnets.find((candidate) => candidate.id === id);
    return found && { zone: found.zone, vpcId: ec2.network.vpc };
  };
  const addresses = balancerAddresses(plan, block);
  const balancers = factory({ machines: instances, clock, times, region, pageSize, addresses, subnet });
  closers.push(() => balancers.close());
  const { route53, dns } = await openDns({ clock, scheduler, balancers, pageSize, plan: plan.dns });
  closers.push(() => dns.close());
  return { scheduler, instances, ec2, opsworks, ssm, outcomes, balancers, route53, dns, times, errors };
}

/** The part of the block that no zone has instances in. */
const BALANCER_ZONE = 15;

/** The load balancer that the sandbox begins with is where people expect it, on 127.0.0.1; others have addresses of their own. */
function balancerAddresses({ environment }: SandboxPlan, block: AddressBlock): BalancerAddresses {
  return {
    take: (name) => (name === environment ? undefined : block.take(BALANCER_ZONE)),
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
  for (const { release, behaviour: name } of plan.releases) instances.behaveAll(release, behaviour(name));
  return instances;
}
