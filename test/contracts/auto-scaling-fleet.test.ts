import { describe, expect, onTestFinished, test } from 'vitest';
import { AutoScaling } from '../../src/aws/autoscaling.ts';
import { Refreshes } from '../../src/aws/refreshes.ts';
import { Standby } from '../../src/aws/standby.ts';
import { CloudWatch } from '../../src/aws/cloudwatch.ts';
import { Ec2 } from '../../src/aws/ec2.ts';
import { createAutoScalingFleet } from '../../src/fleets/auto-scaling/index.ts';
import type { LaunchOrder } from '../../src/fleets/fleet.ts';
import type { Fleet } from '../../src/domain/snapshot.ts';
import { openTraffic } from '../../src/traffic/index.ts';
import { openSession } from '../support/aws.ts';
import { errorOf, expectAdvice } from '../support/expect-advice.ts';
import { poll } from '../support/poll.ts';
import { callEc2, quickSandbox } from '../support/quick-sandbox.ts';
import { scalingOf } from '../support/scaling.ts';
import { OWNER } from '../support/worlds.ts';

/** What the adapter of Auto Scaling groups does with them, on the sandbox. */

const CONFIG = {
  kind: 'auto-scaling',
  tagPrefix: 'turnout',
  image: { name: 'shop-{release}', owner: 'self' },
} as const;
const HELD = { before: 1, at: 2, run: 'r1', since: '2026-01-01T00:00:00.000Z', who: 'ann' };

async function start(adopted = true) {
  const sandbox = await quickSandbox({
    adopted,
    instances: 2,
    production: [{ name: 'shop-blue', port: 8080 }],
    test: [{ name: 'shop-green', port: 8080 }],
    weighted: { production: [{ port: 0 }], test: [{ port: 0 }] },
    scalingGroups: ['shop-a', 'shop-b'],
  });
  onTestFinished(async () => sandbox.close());
  const scaling = scalingOf(sandbox, 'shop-web');
  onTestFinished(() => scaling.client.destroy());
  const open = (groups: readonly string[] = ['shop-a', 'shop-b']) => {
    const session = openSession(sandbox.url);
    const ssm = async () => Promise.reject(new Error('There is no SSM here.'));
    const config = { ...CONFIG, groups: [...groups] };
    return createAutoScalingFleet({
      owner: OWNER,
      config,
      ec2: new Ec2(session),
      ssm,
      scaling: new AutoScaling(session),
      cloudwatch: async () => new CloudWatch(session),
      standby: new Standby(session),
      refreshes: new Refreshes(session),
    });
  };
  return { sandbox, scaling, open };
}

type World = Awaited<ReturnType<typeof start>>;

async function fleet({ open }: World, id: string): Promise<Fleet> {
  const [found] = await open().readFleets([id]);
  return found!;
}

/** The order that gives the empty group release 42. */
async function orderOf(world: World): Promise<LaunchOrder> {
  const blue = await fleet(world, 'shop-41');
  const spec = await world.open().resolve({ release: '42', zones: { 'eu-west-1a': 1, 'eu-west-1b': 1 }, blue });
  return { fleet: 'green', release: '42', spec, held: HELD };
}

async function launched(world: World): Promise<Fleet> {
  await world.open().launch(await orderOf(world));
  await world.scaling.settled('shop-b', 2);
  return fleet(world, 'green');
}

describe('a group', () => {
  test('is a fleet by its tags, and its instances are no one else’s', async () => {
    const world = await start();
    const { fleets, unmanaged } = await world.open().read([...world.sandbox.blue]);
    expect(unmanaged).toEqual([]);
    expect(fleets).toMatchObject([
      {
        id: 'shop-41',
        release: '41',
        holder: 'Auto Scaling group shop-a',
        group: { name: 'shop-a', minimum: 1, desired: 2, capacity: 2, inService: 2, suspended: [], failures: [] },
      },
    ]);
    expect(fleets[0]?.group?.launches).toBe(fleets[0]?.group?.carries);
    expect(fleets[0]?.instances.map(({ owners, release }) => [owners, release])).toEqual([
      [undefined, '41'],
      [undefined, '41'],
    ]);
    const groups = [{ targetGroup: 'shop-blue' }, { targetGroup: 'shop-green' }];
    const route = { loadBalancer: 'shop', port: Number(new URL(world.sandbox.production[0]!.url).port) };
    const traffic = {
      kind: 'weighted-listener',
      groups,
      production: [route],
      test: [],
      stickiness: 'keep',
      retentionMs: 0,
      residualTraffic: { requests: 0, withinMs: 1000 },
      steps: [100],
      everyMs: 1000,
    } as const;
    const fleetConfig = { ...CONFIG, groups: ['shop-a', 'shop-b'] };
    const port = await openTraffic(
      { traffic, fleet: fleetConfig, file: 'shop.yml' },
      openSession(world.sandbox.url),
      OWNER,
    );
    expect(await port.look({ instances: [], among: 'all' })).toMatchObject({ owned: [] });
  });

  test('gets its release: a numbered version with the image, tags that its instances get, and its size', async () => {
    const world = await start();
    const green = await launched(world);
    expect(green).toMatchObject({
      release: '42',
      marks: {},
      group: { name: 'shop-b', minimum: 2, desired: 2, held: HELD },
    });
    expect(green.instances.map(({ release, stray }) => [release, stray])).toEqual([
      ['42', undefined],
      ['42', undefined],
    ]);
    expect(green.group?.launches).toMatch(/^lt-\w+ version 2$/);
    // Those that it launches later are of the fleet as well.
    await world.scaling.client.setDesiredCapacity({ AutoScalingGroupName: 'shop-b', DesiredCapacity: 3 });
    await world.scaling.settled('shop-b', 3);
    expect((await fleet(world, 'green')).instances.map(({ release }) => release)).toEqual(['42', '42', '42']);
  });

  test('is launched once, from any process, and not scaled in by it', async () => {
    const world = await start();
    const order = await orderOf(world);
    await world.open().launch(order);
    await world.scaling.client.setDesiredCapacity({ AutoScalingGroupName: 'shop-b', DesiredCapacity: 4 });
    await world.open().launch(order);
    await world.scaling.settled('shop-b', 4);
    const { LaunchTemplateVersions } = await callEc2(world.sandbox, 'DescribeLaunchTemplateVersions', {
      LaunchTemplateName: 'shop-web',
    });
    expect(LaunchTemplateVersions).toHaveLength(2);
  });

  test('is read alone where only it is waited for', async () => {
    const world = await start();
    const green = await launched(world);
    const { requests } = world.sandbox;
    const seen = requests.all.length;
    const [again] = await world.open().readFleets([green.id]);
    expect(again).toEqual({ ...green, group: { ...green.group, failures: [] } });
    const asked = requests.all.slice(seen).map(({ operation }) => operation);
    expect(asked.toSorted()).toEqual(['DescribeAutoScalingGroups', 'DescribeInstanceRefreshes', 'DescribeInstances']);
  });

  test('that another run has filled meanwhile is refused directly before the launch', async () => {
    const world = await start();
    const order = await orderOf(world);
    await world.scaling.client.updateAutoScalingGroup({ AutoScalingGroupName: 'shop-b', DesiredCapacity: 1 });
    const error = await errorOf(world.open().launch(order));
    expect(error.code).toBe('group-not-empty');
    expectAdvice(error);
    expect((await world.open().read([])).fleets.map(({ id }) => id)).toEqual(['shop-41']);
  });

  test('tells the truth of an instance of another version, whatever its tags say', async () => {
    const world = await start();
    await launched(world);
    const { client } = world.scaling;
    const LaunchTemplate = { LaunchTemplateName: 'shop-web', Version: '1' };
    await client.updateAutoScalingGroup({ AutoScalingGroupName: 'shop-b', LaunchTemplate, DesiredCapacity: 3 });
    await world.scaling.settled('shop-b', 3);
    const { instances, group } = await fleet(world, 'green');
    expect(instances.map(({ stray }) => stray?.replace(/^\S+/, 'lt')).filter(Boolean)).toEqual(['lt version 1']);
    expect(group?.launches).not.toBe(group?.carries);
  });

  test('says why it launches nothing', async () => {
    const world = await start();
    const { instances } = await launched(world);
    const InstanceIds = instances.slice(0, 1).map(({ id }) => id);
    const { Reservations } = await callEc2(world.sandbox, 'DescribeInstances', { InstanceIds });
    const { ImageId } = Reservations[0].Instances[0] as { ImageId: string };
    await callEc2(world.sandbox, 'DeregisterImage', { ImageId });
    await callEc2(world.sandbox, 'TerminateInstances', { InstanceIds });
    await poll(async () => ((await fleet(world, 'green')).group?.failures.length ?? 0) > 0, 'a failure');
    expect((await fleet(world, 'green')).group?.failures[0]).toContain('Launching EC2 instance failed.');
  });

  test('says what an instance waits for, and that CodeDeploy deploys to it', async () => {
    const world = await start();
    const { scaling } = world;
    const hook = 'CodeDeploy-managed-automatic-launch-deployment-hook-web-1';
    await scaling.client.putLifecycleHook({
      AutoScalingGroupName: 'shop-b',
      LifecycleHookName: hook,
      LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
    });
    const order = await orderOf(world);
    expect(order.spec.summary.join(' ')).toContain(
      `its lifecycle hook ${hook}: what runs there may be another release`,
    );
    await world.open().launch(order);
    const reasons = async () => (await fleet(world, 'green')).instances.map(({ reason }) => reason);
    const said = `Auto Scaling says Pending:Wait, for ${hook}, so CodeDeploy deploys to it`;
    await poll(async () => (await reasons()).includes(said), 'an instance that waits', 10_000);
  });

  test('is held and let go of: what is remembered is written first, and forgotten last', async () => {
    const world = await start();
    const blue = await fleet(world, 'shop-41');
    await world.open().resize(blue, { minimum: 2, held: HELD });
    expect((await fleet(world, 'shop-41')).group).toMatchObject({ minimum: 2, maximum: 20, desired: 2, held: HELD });
    await world.open().resize(blue, { minimum: 3, desired: 3, held: { ...HELD, at: 3 } });
    await world.scaling.settled('shop-a', 3);
    await world.open().resize(blue, { minimum: 1 });
    const after = (await fleet(world, 'shop-41')).group;
    expect(after).toMatchObject({ minimum: 1, desired: 3 });
    expect(after).not.toHaveProperty('held');
  });

  test('is set to 0 and kept: it is let go of once it is empty, and not before', async () => {
    const world = await start();
    const green = await launched(world);
    await world.open().remove(green);
    expect((await fleet(world, 'green')).instances).toHaveLength(2);
    await world.open().mark(green, { promoted: HELD.since });
    await world.open().terminate(green);
    await world.scaling.settled('shop-b', 0);
    await world.open().remove(green);
    const { Tags, MinSize } = await world.scaling.group('shop-b');
    expect([Tags?.map(({ Key }) => Key), MinSize]).toEqual([['turnout:environment'], 0]);
  });

  test('is marked on itself, and not on its instances', async () => {
    const world = await start();
    const blue = await fleet(world, 'shop-41');
    await world.open().mark(blue, { promoted: HELD.since, share: `10@${HELD.since}` });
    const marks = { promoted: HELD.since, share: `10@${HELD.since}` };
    expect((await fleet(world, 'shop-41')).marks).toMatchObject(marks);
    expect(await world.open().carries(blue, marks)).toBe(true);
    expect(await world.open().carries(blue, { promoted: '2026-02-01T00:00:00.000Z' })).toBe(false);
  });

  test('that is not there is named', async () => {
    const { open } = await start();
    expect((await errorOf(open(['shop-c', 'shop-d']).read([]))).code).toBe('no-such-group');
    const { noGroups } = await open(['shop-a', 'shop-c']).read([]);
    expect(noGroups?.map(({ why }) => why)).toEqual(['There is no Auto Scaling group shop-c.']);
  });
});

describe('adopt', () => {
  const request = { fleet: 'found', release: '41', marks: { current: HELD.since } };

  test('tags the group that has what serves, and its instances', async () => {
    const world = await start(false);
    const { unmanaged } = await world.open().read([...world.sandbox.blue]);
    expect(unmanaged.map(({ owners }) => owners)).toEqual([undefined, undefined]);
    await world.open().claim({ ...request, instances: [...world.sandbox.blue] });
    expect(await fleet(world, 'found')).toMatchObject({
      release: '41',
      marks: { current: HELD.since },
      group: { name: 'shop-a' },
    });
    expect((await fleet(world, 'found')).instances.map(({ release }) => release)).toEqual(['41', '41']);
  });

  test.each([
    ['$Latest', 'launches from lt-\\w+ version \\$Latest'],
    ['2', 'launches from lt-\\w+ version 2, and its instances are from lt-\\w+ version 1'],
  ])('refuses a group that launches from version %s', async (Version, says) => {
    const world = await start(false);
    await callEc2(world.sandbox, 'CreateLaunchTemplateVersion', {
      LaunchTemplateName: 'shop-web',
      SourceVersion: '1',
      LaunchTemplateData: {},
    });
    await world.scaling.client.updateAutoScalingGroup({
      AutoScalingGroupName: 'shop-a',
      LaunchTemplate: { LaunchTemplateName: 'shop-web', Version },
    });
    const error = await errorOf(world.open().claim({ ...request, instances: [...world.sandbox.blue] }));
    expect(error.code).toBe('mixed-group');
    expect(error.message).toMatch(new RegExp(says));
    expect((await world.open().read([])).fleets).toEqual([]);
  });

  test('refuses instances that are not of one group', async () => {
    const world = await start(false);
    const error = await errorOf(world.open().claim({ ...request, instances: ['i-0123456789abcdef0'] }));
    expect(error.code).toBe('not-a-group');
    expectAdvice(error);
  });
});
