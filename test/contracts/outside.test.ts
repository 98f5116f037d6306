import { describe, expect, onTestFinished, test } from 'vitest';
import { Ec2 } from '../../src/aws/ec2.ts';
import { OperatorError } from '../../src/errors.ts';
import { Elbv2 } from '../../src/aws/elbv2.ts';
import type { Instance, Pool } from '../../src/domain/snapshot.ts';
import type { Outside } from '../../src/domain/traffic.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { NOTHING_BESIDE } from '../../src/traffic/beside.ts';
import { createDiscovery, type OutsideRequest } from '../../src/traffic/discover.ts';
import { openTraffic } from '../../src/traffic/index.ts';
import { createTargetGroups } from '../../src/traffic/target-groups.ts';
import { openSession } from '../support/aws.ts';
import { poll } from '../support/poll.ts';
import { callEc2, callElbv2 } from '../support/quick-sandbox.ts';
import { OWNER } from '../support/worlds.ts';
import { openWorld } from './traffic-sandbox.ts';
import { INTERNAL, PRODUCTION, TEST } from './traffic-world.ts';

/** What the config does not name, as ELB tells it. Here the config names a production group and a test group, of four. */

type Seen = Extract<Outside, { state: 'seen' }>;

async function start() {
  const opened = await openWorld(() => {
    throw new Error('It is opened below.');
  });
  const { sandbox } = opened;
  onTestFinished(async () => opened.close());
  const { Reservations } = await callEc2(sandbox, 'DescribeInstances', { InstanceIds: [...sandbox.blue] });
  const instances = Reservations.flatMap(
    ({ Instances }: { Instances: readonly { InstanceId: string; PrivateIpAddress: string }[] }) =>
      Instances.map(({ InstanceId: id, PrivateIpAddress: address }) => ({ id, address })),
  ) as readonly Pick<Instance, 'id' | 'address' | 'left'>[];
  const open = () => {
    const elbv2 = new Elbv2(openSession(sandbox.url));
    const groups = { production: [{ targetGroup: PRODUCTION }], test: [{ targetGroup: TEST }] };
    return createDiscovery(createTargetGroups(elbv2, { kind: 'target-groups', ...groups }), elbv2, OWNER);
  };
  const port = open();
  const look = async (request: Partial<OutsideRequest> = {}): Promise<Seen> =>
    (await port.look({ instances, among: 'all', ...request })) as Seen;
  return { sandbox, instances, port, look };
}

async function created(sandbox: Sandbox, name: string, more: object = {}): Promise<string> {
  const { TargetGroups } = await callElbv2(sandbox, 'DescribeTargetGroups', { Names: [PRODUCTION] });
  const { VpcId } = TargetGroups[0];
  const input = { Name: name, Protocol: 'HTTP', Port: 8080, VpcId, HealthCheckPath: '/health', ...more };
  return (await callElbv2(sandbox, 'CreateTargetGroup', input)).TargetGroups[0].TargetGroupArn;
}

function ids(pool: Pool | undefined): readonly string[] {
  return (pool?.targets ?? []).map(({ id }) => id).toSorted();
}

describe('other target groups that hold our instances', () => {
  test('are found, with what leads to them, and read from then on as pools of the role other', async () => {
    const { port, look, sandbox } = await start();
    expect((await port.read()).pools.map(({ name }) => name)).toEqual([PRODUCTION, TEST]);
    const { groups, routes, unsearched } = await look();
    expect(groups).toEqual([INTERNAL]);
    expect(unsearched).toBe(0);
    const { pools } = await port.read();
    expect(pools.map(({ name, role }) => `${name} ${role}`)).toEqual([
      `${PRODUCTION} production`,
      `${TEST} test`,
      `${INTERNAL} other`,
    ]);
    expect(ids(pools[2])).toEqual([...sandbox.blue].toSorted());
    const leading = routes.filter(({ weights }) => INTERNAL in weights);
    expect(leading).toEqual([
      {
        name: expect.stringMatching(/^shop:\d+$/),
        by: 'listener',
        url: expect.any(String),
        weights: { [INTERNAL]: 1 },
        stickyS: 0,
      },
    ]);
  });

  test('are not looked for where there are too many to tell of', async () => {
    const { look, sandbox } = await start();
    for (let n = 0; n < 40; n += 1) await created(sandbox, `another-${n}`);
    expect(await look({ among: 'some' })).toMatchObject({ groups: [], unsearched: 42 });
    expect(await look()).toMatchObject({ groups: [INTERNAL], unsearched: 0 });
  });

  test('are known where an instance has left them', async () => {
    const { look, instances } = await start();
    const left = [{ pool: 'shop-other', port: 9090 }];
    const { groups } = await look({ instances: instances.map((one) => ({ ...one, left })) });
    expect(groups.toSorted()).toEqual([INTERNAL, 'shop-other']);
  });

  test('are found by any address of an instance, and leave at that one', async () => {
    const { port, look, sandbox, instances } = await start();
    const [{ id, address = '' }] = instances as readonly [(typeof instances)[number]];
    const arn = await created(sandbox, 'by-address', { TargetType: 'ip' });
    await callElbv2(sandbox, 'RegisterTargets', { TargetGroupArn: arn, Targets: [{ Id: address, Port: 8080 }] });
    const second = { id, address: '10.0.0.9', otherAddresses: [address, '2001:db8::9'] };
    expect((await look({ instances: [second] })).groups).toContain('by-address');
    const [pool] = (await port.read(['by-address'])).pools;
    expect(pool?.targets).toEqual([expect.objectContaining({ id, port: 8080, byAddress: address })]);
    await port.deregister(pool!, [{ id, port: 8080, byAddress: address }]);
    await poll(async () => {
      const [now] = (await port.read(['by-address'])).pools;
      return (now?.targets ?? []).every(({ state }) => state === 'draining');
    }, 'it leaves');
  });

  test('have no targets any more once they are deleted', async () => {
    const { port, look, sandbox } = await start();
    const arn = await created(sandbox, 'shop-brief');
    await callElbv2(sandbox, 'RegisterTargets', { TargetGroupArn: arn, Targets: [{ Id: sandbox.blue[0] }] });
    expect((await look()).groups).toContain('shop-brief');
    await callElbv2(sandbox, 'DeleteTargetGroup', { TargetGroupArn: arn });
    expect((await port.read(['shop-brief'])).pools[0]?.targets).toEqual([]);
  });
});

test('servers that fail a status check are told; what may not be read keeps nothing from being told', async () => {
  const { sandbox } = await start();
  const elbv2 = new Elbv2(openSession(sandbox.url));
  const [id = ''] = sandbox.blue;
  const port = createDiscovery(
    createTargetGroups(elbv2, { kind: 'target-groups', production: [], test: [] }),
    elbv2,
    OWNER,
    {
      ...NOTHING_BESIDE,
      names: async () => Promise.reject(new OperatorError('not-allowed', 'No.')),
      impaired: async () => new Ec2(openSession(sandbox.url)).impaired(),
    },
  );
  const unread = ['It could not be read which other names lead here: No.'];
  expect(await port.lookAround()).toEqual({ names: [], impaired: {}, volumes: [], unread });
  sandbox.faults.add({ kind: 'impaired', instance: id });
  expect(await port.lookAround()).toEqual({ names: [], impaired: { [id]: 'instance' }, volumes: [], unread });
  sandbox.faults.add({
    kind: 'error',
    operation: 'DescribeInstanceStatus',
    code: 'UnauthorizedOperation',
    status: 403,
  });
  expect((await port.lookAround()).unread).toContainEqual(
    expect.stringMatching(/status checks: .*ec2:DescribeInstanceStatus/),
  );
});

test("volumes that outlive this environment's instances are told, and no others", async () => {
  const { sandbox } = await start();
  const { Images } = await callEc2(sandbox, 'DescribeImages', {});
  const Ebs = { VolumeSize: 50, DeleteOnTermination: false };
  const launched = async (environment: string): Promise<string> => {
    const Tags = [{ Key: 'turnout:environment', Value: environment }];
    const { Instances } = await callEc2(sandbox, 'RunInstances', {
      ImageId: Images[0].ImageId,
      MinCount: 1,
      MaxCount: 1,
      BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs }],
      TagSpecifications: [{ ResourceType: 'volume', Tags }],
    });
    return Instances[0].InstanceId;
  };
  const InstanceIds = [await launched('shop'), await launched('staging')];
  const traffic = { kind: 'target-groups', production: [{ targetGroup: PRODUCTION }], test: [] } as const;
  const port = await openTraffic({ traffic, file: 'shop.yml' }, openSession(sandbox.url), OWNER);
  expect((await port.lookAround()).volumes).toEqual([]);
  await callEc2(sandbox, 'TerminateInstances', { InstanceIds });
  await poll(async () => (await port.lookAround()).volumes.length > 0, 'volumes that are left');
  expect((await port.lookAround()).volumes).toEqual([{ id: expect.stringMatching(/^vol-/), sizeGb: 50 }]);
});

describe('what leads to the groups of the config', () => {
  test('is every rule and every default action, with all of its weights', async () => {
    const { look, sandbox } = await start();
    const all = await callElbv2(sandbox, 'DescribeTargetGroups', {});
    const arnOf = (name: string): string =>
      all.TargetGroups.find((one: { TargetGroupName: string }) => one.TargetGroupName === name).TargetGroupArn;
    const { Listeners } = await callElbv2(sandbox, 'DescribeListeners', {
      LoadBalancerArn: all.TargetGroups[0].LoadBalancerArns[0],
    });
    const weighted = [PRODUCTION, 'shop-other'].map((name, n) => ({
      TargetGroupArn: arnOf(name),
      Weight: 90 - 80 * n,
    }));
    await callElbv2(sandbox, 'CreateRule', {
      ListenerArn: Listeners[0].ListenerArn,
      Priority: 7,
      Conditions: [{ Field: 'path-pattern', Values: ['/canary/*'] }],
      Actions: [{ Type: 'forward', ForwardConfig: { TargetGroups: weighted } }],
    });
    const { routes } = await look({ instances: [] });
    const rule = routes.find(({ name }) => name.endsWith(' priority 7'));
    expect(rule?.weights).toEqual({ [PRODUCTION]: 90, 'shop-other': 10 });
    expect(routes.filter(({ weights }) => INTERNAL in weights)).toEqual([]);
  });

  test('has the owners that its tags name', async () => {
    const { look, sandbox } = await start();
    const { TargetGroups } = await callElbv2(sandbox, 'DescribeTargetGroups', { Names: [PRODUCTION] });
    const [{ TargetGroupArn, LoadBalancerArns }] = TargetGroups;
    const { Listeners } = await callElbv2(sandbox, 'DescribeListeners', { LoadBalancerArn: LoadBalancerArns[0] });
    const listener = Listeners.find(
      (one: { DefaultActions: { TargetGroupArn: string }[] }) =>
        one.DefaultActions[0]?.TargetGroupArn === TargetGroupArn,
    );
    sandbox.elbv2.setTags(TargetGroupArn, {
      'aws:cloudformation:stack-name': 'shop',
      'turnout:environment': 'staging',
    });
    sandbox.elbv2.setTags(listener.ListenerArn, { 'elbv2.k8s.aws/cluster': 'prod', 'turnout:environment': 'shop' });
    const { owned, routes } = await look({ instances: [] });
    const name = routes.find(({ weights }) => PRODUCTION in weights)?.name;
    expect(owned).toEqual([
      {
        id: PRODUCTION,
        owners: [
          { nature: 'template', kind: 'CloudFormation stack', name: 'shop' },
          { nature: 'environment', kind: 'environment', name: 'staging' },
        ],
      },
      { id: name, owners: [{ nature: 'fights-back', kind: 'Kubernetes cluster', name: 'prod' }] },
    ]);
  });

  test('is known where its tags may not be read', async () => {
    const { look, sandbox } = await start();
    sandbox.faults.add({ kind: 'error', operation: 'DescribeTags', code: 'AccessDenied', status: 403 });
    const seen = await look({ instances: [] });
    expect(seen.tagsUnread).toContain('elasticloadbalancing:DescribeTags');
    expect(seen.routes.length).toBeGreaterThan(0);
  });

  test('takes one request for groups and load balancers, and one for each listener', async () => {
    const { port, look, sandbox } = await start();
    await port.read();
    const before = sandbox.requests.all.length;
    await look({ instances: [] });
    const asked = sandbox.requests.all.slice(before).map(({ operation }) => operation);
    expect(asked.toSorted()).toEqual([
      'DescribeListeners',
      'DescribeLoadBalancers',
      ...Array.from({ length: 4 }, () => 'DescribeRules'),
      'DescribeTags',
      'DescribeTargetGroups',
    ]);
  });
});
