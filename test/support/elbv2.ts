import type {
  Action,
  CreateTargetGroupInput,
  TargetHealthDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { createElbv2, type EmulatedElbv2, type Elbv2Options } from '../../src/sandbox/elbv2/index.ts';
import { expect } from 'vitest';
import type { Machine, Machines, SandboxTimes } from '../../src/sandbox/service.ts';
import { VirtualClock } from './virtual-clock.ts';

/** Instances that are only claimed to exist. */
export class FakeMachines implements Machines {
  readonly #machines = new Map<string, Machine>();
  readonly #listeners = new Set<(machine: Machine) => void>();

  put(id: string, changes: Partial<Machine> = {}): Machine {
    const usual: Machine = { id, zone: 'eu-west-1a', state: 'running', address: '127.0.0.1', release: '1' };
    const machine = { ...usual, ...this.#machines.get(id), ...changes };
    this.#machines.set(id, machine);
    for (const listener of this.#listeners) listener(machine);
    return machine;
  }

  /** EC2 lists it no longer. */
  forget(id: string): void {
    this.#machines.delete(id);
  }

  find(id: string): Machine | undefined {
    return this.#machines.get(id);
  }

  at(address: string): Machine | undefined {
    return [...this.#machines.values()].find((machine) => machine.address === address);
  }

  watch(listener: (machine: Machine) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** Times of the sandbox that a test may change as it goes. */
export type Times = { -readonly [K in keyof SandboxTimes]: SandboxTimes[K] };

export function quickTimes(): Times {
  return { bootMs: 0, registrationMs: 0, propagationMs: 0, metricsMs: 0, consistencyMs: 0, latencyMs: 0 };
}

/** The service with short words for its operations. */
export class Elb {
  readonly service: EmulatedElbv2;
  readonly #times: SandboxTimes;

  constructor(options: Omit<Elbv2Options, 'region'>) {
    this.service = createElbv2({ region: 'eu-west-1', ...options });
    this.#times = options.times;
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- outputs differ by operation; a wrong one fails the test
  async call(operation: string, input: object = {}): Promise<any> {
    const run = this.service.operations[operation];
    if (!run) throw new Error(`There is no operation ${operation}`);
    return await run(input, { lagMs: this.#times.consistencyMs });
  }

  async loadBalancer(name = 'web'): Promise<string> {
    const { LoadBalancers } = await this.call('CreateLoadBalancer', { Name: name, Subnets: ['subnet-a', 'subnet-b'] });
    return LoadBalancers[0].LoadBalancerArn;
  }

  async group(name: string, settings: Partial<CreateTargetGroupInput> = {}): Promise<string> {
    const usual = { Name: name, Protocol: 'HTTP', Port: 8080, VpcId: 'vpc-1' };
    const { TargetGroups } = await this.call('CreateTargetGroup', { ...usual, ...settings });
    return TargetGroups[0].TargetGroupArn;
  }

  /** A listener on any free port; returns its ARN and URL. */
  async listener(loadBalancer: string, action: Action): Promise<{ arn: string; url: string; port: number }> {
    const input = { LoadBalancerArn: loadBalancer, Protocol: 'HTTP', Port: 0, DefaultActions: [action] };
    const { Listeners } = await this.call('CreateListener', input);
    const [{ ListenerArn: arn, Port: port }] = Listeners;
    return { arn, port, url: `http://127.0.0.1:${port}` };
  }

  async register(group: string, ...ids: string[]): Promise<void> {
    await this.call('RegisterTargets', { TargetGroupArn: group, Targets: ids.map((Id) => ({ Id })) });
  }

  async deregister(group: string, ...ids: string[]): Promise<void> {
    await this.call('DeregisterTargets', { TargetGroupArn: group, Targets: ids.map((Id) => ({ Id })) });
  }

  /** Lines such as `i-1 unhealthy Target.Timeout`. */
  async health(group: string, ...ids: string[]): Promise<string[]> {
    const Targets = ids.map((Id) => ({ Id }));
    const { TargetHealthDescriptions } = await this.call('DescribeTargetHealth', { TargetGroupArn: group, Targets });
    return TargetHealthDescriptions.map(({ Target, TargetHealth }: TargetHealthDescription) =>
      [Target?.Id, TargetHealth?.State, TargetHealth?.Reason].filter(Boolean).join(' '),
    );
  }
}

/** A forward action; weights by target group ARN. */
export function forwardTo(weights: Readonly<Record<string, number>>): Action {
  const TargetGroups = Object.entries(weights).map(([TargetGroupArn, Weight]) => ({ TargetGroupArn, Weight }));
  return { Type: 'forward', ForwardConfig: { TargetGroups } };
}

/** A service whose time stands still, with small pages: for what the control plane says. */
export function stillElb(): { machines: FakeMachines; elb: Elb } {
  const machines = new FakeMachines();
  const clock = new VirtualClock();
  return { machines, elb: new Elb({ machines, clock, times: quickTimes(), probe: async () => 200, pageSize: 3 }) };
}

/** An error with this code, to expect. */
export function code(name: string): object {
  return expect.objectContaining({ code: name });
}
