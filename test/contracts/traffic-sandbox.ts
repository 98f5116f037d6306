import { Elbv2 } from '../../src/aws/elbv2.ts';
import type { Session } from '../../src/aws/session.ts';
import type { TargetGroupConfig } from '../../src/config/config.ts';
import type { FaultSpec } from '../../src/sandbox/api/faults.ts';
import type { Sandbox, SandboxOptions } from '../../src/sandbox/index.ts';
import type { TrafficPort } from '../../src/traffic/traffic.ts';
import { openSession } from '../support/aws.ts';
import { poll } from '../support/poll.ts';
import { callEc2, callElbv2, quickSandbox } from '../support/quick-sandbox.ts';
import { INTERNAL, PRODUCTION, TEST } from './traffic-world.ts';
import type { Fault, Request, TrafficWorld } from './traffic-world.ts';

const OPERATIONS: Readonly<Record<Request, string>> = {
  settings: 'DescribeTargetGroup*',
  read: 'DescribeTargetHealth',
  register: 'RegisterTargets',
  deregister: 'DeregisterTargets',
};

const FAULTS: Readonly<Record<Fault, FaultSpec>> = {
  throttled: { kind: 'throttle' },
  broken: { kind: 'error' },
  lost: { kind: 'error-after' },
};

/** What a port is opened with. */
export interface Opening {
  readonly elbv2: Elbv2;
  readonly session: Session;
  readonly sandbox: Sandbox;
  /** Production, internal and test. */
  readonly groups: readonly [TargetGroupConfig, TargetGroupConfig, TargetGroupConfig];
}

const WORLD: SandboxOptions = {
  deregistrationDelay: 30_000,
  healthCheck: { interval: 300, timeout: 200 },
  production: [
    { name: PRODUCTION, port: 8080 },
    { name: INTERNAL, port: 8080 },
  ],
  test: [
    { name: TEST, port: 8080 },
    // The apps listen at the ports of all groups.
    { name: 'shop-other', port: 9090 },
  ],
};

/** The contract's world in a sandbox: each group has a listener of its own. */
export async function openWorld(
  openPort: (opening: Opening) => TrafficPort,
): Promise<TrafficWorld & { readonly sandbox: Sandbox }> {
  const sandbox = await quickSandbox(WORLD);
  const arns = new Map([...sandbox.production, ...sandbox.test].map(({ name, arn }) => [name, arn]));
  const image = (await callEc2(sandbox, 'DescribeImages', {})).Images[0].ImageId as string;
  let seen = 0;
  return {
    sandbox,
    blue: sandbox.blue,
    open(spelling = 'names', instead = {}) {
      const key = (name: string): string => {
        const wanted = instead[name] ?? name;
        return spelling === 'names' ? wanted : (arns.get(wanted) ?? arns.get(name)?.replace(name, wanted) ?? wanted);
      };
      const session = openSession(sandbox.url);
      const groups = [
        { targetGroup: key(PRODUCTION) },
        { targetGroup: key(INTERNAL), port: 9090 },
        { targetGroup: key(TEST) },
      ] as const;
      return openPort({ elbv2: new Elbv2(session), session, sandbox, groups });
    },
    async boot(count) {
      const { Instances = [] } = sandbox.ec2.run({ ImageId: image, MinCount: count, MaxCount: count }, 0);
      const ids = Instances.map(({ InstanceId }) => InstanceId as string);
      await poll(() => ids.every((id) => sandbox.instances.find(id)?.state === 'running'), 'instances that run');
      return ids;
    },
    lose: (id) => sandbox.instances.loseHost(id),
    stop: async (id) => {
      await callEc2(sandbox, 'StopInstances', { InstanceIds: [id] });
    },
    behave: (id, how) => sandbox.instances.setBehaviour(id, { name: how, ms: how === 'slow' ? 10_000 : 0 }),
    unplug: async (pool) => unplug(sandbox, arns.get(pool)),
    slowRegistration: (on) => {
      sandbox.times.registrationMs = on ? 60_000 : 0;
    },
    fault: (kind, on, times) => {
      sandbox.faults.add({ ...FAULTS[kind], operation: OPERATIONS[on], ...(times && { count: times }) });
    },
    heal: () => sandbox.faults.clear(),
    requests() {
      const count = sandbox.requests.all.length - seen;
      seen += count;
      return count;
    },
    close: async () => sandbox.close(),
  };
}

/** Takes the group's listener away. */
async function unplug(sandbox: Sandbox, group: string | undefined): Promise<void> {
  const { LoadBalancers } = await callElbv2(sandbox, 'DescribeLoadBalancers', {});
  const { LoadBalancerArn } = LoadBalancers[0];
  const { Listeners } = await callElbv2(sandbox, 'DescribeListeners', { LoadBalancerArn });
  const listener = Listeners.find(
    (one: { DefaultActions: { TargetGroupArn: string }[] }) => one.DefaultActions[0]?.TargetGroupArn === group,
  );
  await callElbv2(sandbox, 'DeleteListener', { ListenerArn: listener.ListenerArn });
}
