import type { Balancers, BalancersFactory } from './balancers.ts';
import { createEc2, type Ec2 } from './ec2/index.ts';
import { reserveBlock } from './instances/addresses.ts';
import { behaviour } from './instances/behaviour.ts';
import { bundledApp } from './instances/bundled-app.ts';
import { commandApp } from './instances/command-app.ts';
import { createGuardian } from './instances/guardian.ts';
import { Instances, type InstancesOptions } from './instances/index.ts';
import type { SandboxPlan } from './options.ts';
import { createScheduler, type Scheduler } from './scheduler.ts';
import type { SandboxTimes } from './service.ts';

/** What has to be closed, in the order in which it was opened. */
export type Closers = (() => void | Promise<void>)[];

/** Times that can be changed while the sandbox runs. */
export type Times = { -readonly [K in keyof SandboxTimes]: SandboxTimes[K] };

/** The moving parts of a sandbox, before there is anything in its world. */
export interface Machinery<B extends Balancers> {
  readonly scheduler: Scheduler;
  readonly instances: Instances;
  readonly ec2: Ec2;
  readonly balancers: B;
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
  const times: Times = { bootMs: plan.boot, registrationMs: 0, propagationMs: 0, consistencyMs: 0 };
  const scheduler = createScheduler(clock);
  closers.push(() => scheduler.close());
  const block = await reserveBlock();
  closers.push(() => block.close());
  const onError = (error: unknown) => void errors.push(error);
  const instances = createInstances(plan, { clock, scheduler, block, times, onError }, closers);
  const ec2 = createEc2({ clock, region, zones: plan.allZones, block, instances, pageSize });
  closers.push(() => ec2.close());
  const subnet = (id: string) => {
    const found = ec2.network.subnets.find((candidate) => candidate.id === id);
    return found && { zone: found.zone, vpcId: ec2.network.vpc };
  };
  const balancers = factory({ machines: instances, clock, times, region, pageSize, subnet });
  closers.push(() => balancers.close());
  return { scheduler, instances, ec2, balancers, times, errors };
}

function createInstances(
  plan: SandboxPlan,
  common: Omit<InstancesOptions, 'app' | 'ports' | 'shutdownMs'>,
  closers: Closers,
): Instances {
  const guardian = createGuardian();
  const app = plan.app ? commandApp(plan.app, guardian) : bundledApp(common.scheduler);
  const instances = new Instances({ ...common, app, ports: plan.appPorts, shutdownMs: plan.shutdown });
  closers.push(() => guardian.close());
  closers.push(() => instances.close());
  for (const { release, behaviour: name } of plan.releases) instances.behaveAll(release, behaviour(name));
  return instances;
}
