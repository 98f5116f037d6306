import { describe, expect, onTestFinished, test } from 'vitest';
import { Elbv2 } from '../../src/aws/elbv2.ts';
import type { FaultSpec } from '../../src/sandbox/api/faults.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import type { SandboxGroup } from '../../src/sandbox/world.ts';
import { createTargetGroups } from '../../src/traffic/target-groups.ts';
import { openSession } from '../support/aws.ts';
import { poll } from '../support/poll.ts';
import { callEc2, callElbv2, quickSandbox } from '../support/quick-sandbox.ts';
import { trafficContract } from './traffic.contract.ts';
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

async function setup(): Promise<TrafficWorld & { readonly sandbox: Sandbox }> {
  const sandbox = await quickSandbox({
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
  });
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
      return createTargetGroups(new Elbv2(openSession(sandbox.url)), {
        kind: 'target-groups',
        production: [{ targetGroup: key(PRODUCTION) }, { targetGroup: key(INTERNAL), port: 9090 }],
        test: [{ targetGroup: key(TEST) }],
      });
    },
    async boot(count) {
      const { Instances = [] } = sandbox.ec2.run({ ImageId: image, MinCount: count, MaxCount: count }, 0);
      const ids = Instances.map(({ InstanceId }) => InstanceId as string);
      await poll(() => ids.every((id) => sandbox.instances.find(id)?.state === 'running'), 'instances that run');
      return ids;
    },
    lose: (id) => sandbox.instances.lose(id),
    stop: async (id) => {
      await callEc2(sandbox, 'StopInstances', { InstanceIds: [id] });
    },
    behave: (id, how) => sandbox.instances.behave(id, { name: how, ms: how === 'slow' ? 10_000 : 0 }),
    async unplug(pool) {
      const { Listeners } = await callElbv2(sandbox, 'DescribeListeners', { LoadBalancerArn: await balancer() });
      const arn = arns.get(pool);
      const listener = Listeners.find(
        (one: { DefaultActions: { TargetGroupArn: string }[] }) => one.DefaultActions[0]?.TargetGroupArn === arn,
      );
      await callElbv2(sandbox, 'DeleteListener', { ListenerArn: listener.ListenerArn });
    },
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

  async function balancer(): Promise<string> {
    const { LoadBalancers } = await callElbv2(sandbox, 'DescribeLoadBalancers', {});
    return LoadBalancers[0].LoadBalancerArn;
  }
}

trafficContract('target-groups', { setup, batches: { 10: 1, 1_000: 10 } });

describe("what is ELB's own", () => {
  const start = async () => {
    const world = await setup();
    onTestFinished(async () => world.close());
    return world;
  };
  const open = ({ sandbox }: { readonly sandbox: Sandbox }, production: readonly string[], tests: readonly string[]) =>
    createTargetGroups(new Elbv2(openSession(sandbox.url)), {
      kind: 'target-groups',
      production: production.map((targetGroup) => ({ targetGroup })),
      test: tests.map((targetGroup) => ({ targetGroup })),
    });

  test('names and ARNs may be mixed, and all that are missing are named', async () => {
    const world = await start();
    const [{ arn }] = world.sandbox.production as [SandboxGroup, SandboxGroup];
    expect((await open(world, [arn], [TEST]).read()).map(({ name }) => name)).toEqual([PRODUCTION, TEST]);
    const wrong = arn.replace(PRODUCTION, 'shop-prod');
    await expect(open(world, [arn, wrong], ['shop-tset', TEST]).read()).rejects.toMatchObject({
      code: 'target-group-not-found',
      message: `AWS knows no target groups ${wrong} and shop-tset.`,
    });
  });

  test('a group that a rule forwards to has the URL of its listener, at weight 0 too, and once', async () => {
    const world = await start();
    const { sandbox } = world;
    const [production, internal] = sandbox.production as [SandboxGroup, SandboxGroup];
    const { TargetGroups } = await callElbv2(sandbox, 'DescribeTargetGroups', { Names: [PRODUCTION] });
    const { Listeners } = await callElbv2(sandbox, 'DescribeListeners', {
      LoadBalancerArn: TargetGroups[0].LoadBalancerArns[0],
    });
    const listener = Listeners.find(
      (one: { DefaultActions: { TargetGroupArn: string }[] }) =>
        one.DefaultActions[0]?.TargetGroupArn === production.arn,
    );
    for (const Priority of [1, 2]) {
      await callElbv2(sandbox, 'CreateRule', {
        ListenerArn: listener.ListenerArn,
        Priority,
        Conditions: [{ Field: 'path-pattern', Values: [`/internal-${Priority}/*`] }],
        Actions: [
          {
            Type: 'forward',
            ForwardConfig: {
              TargetGroups: [
                { TargetGroupArn: production.arn, Weight: 1 },
                { TargetGroupArn: internal.arn, Weight: 0 },
              ],
            },
          },
        ],
      });
    }
    const urls = await open(world, [PRODUCTION, INTERNAL], []).urls();
    expect(urls[INTERNAL]).toHaveLength(2);
    expect(urls[INTERNAL]).toContain(urls[PRODUCTION]?.[0]);
    expect(urls[PRODUCTION]).toHaveLength(1);
    expect(new URL(urls[PRODUCTION]?.[0] ?? '').port).toBe(new URL(production.url).port);
  });
});
