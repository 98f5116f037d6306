import { describe, expect } from 'vitest';
import { call } from '../../src/sandbox/service.ts';
import { callEc2 } from '../support/quick-sandbox.ts';
import { finished } from '../support/program.ts';
import { scalingOf } from '../support/scaling.ts';
import { scenario, type Rig, type RigOptions } from '../support/rig.ts';

/** Two groups that take turns behind a weighted listener, as a team's own infrastructure code makes them. */
const GROUPS: RigOptions = {
  production: [{ name: 'shop-blue', port: 8080 }],
  test: [{ name: 'shop-green', port: 8080 }],
  weighted: { production: [{ port: 0 }], test: [{ port: 0 }] },
  scalingGroups: ['shop-a', 'shop-b'],
};

/** The same behind names: each group has a load balancer. */
const NAMED: RigOptions = {
  scalingGroups: ['shop-a', 'shop-b'],
  production: [
    { name: 'shop-blue', port: 8080, loadBalancer: 'shop-blue' },
    { name: 'shop-green', port: 8080, loadBalancer: 'shop-green', serves: false },
  ],
  test: [],
  dns: {
    propagation: 200,
    insync: 300,
    ttl: 1000,
    names: [
      {
        name: 'www.shop.test',
        sides: [
          { id: 'blue', loadBalancer: 'shop-blue', weight: 100 },
          { id: 'green', loadBalancer: 'shop-green', weight: 0 },
        ],
      },
    ],
  },
  traffic: 'retention: 1s, ttl: 1s, residualTraffic: { requests: 2, within: 1s }',
};

const groupsOf = (shop: Rig) => scalingOf(shop.sandbox, 'shop-web');

/** Minimum, desired capacity and instances in service. */
async function sizes(shop: Rig, name: string): Promise<string> {
  const scaling = groupsOf(shop);
  const { MinSize, DesiredCapacity } = await scaling.group(name);
  return `${MinSize} ${DesiredCapacity} ${(await scaling.served(name)).length}`;
}

describe.concurrent('Auto Scaling groups', () => {
  scenario('take turns: up, promote and cleanup touch no target', async ({ rig }) => {
    const shop = await rig(GROUPS);
    expect(await sizes(shop, 'shop-a')).toBe('1 3 3');
    await shop.task('up --release 42');
    expect(shop.where()).toEqual({ 'shop-blue': '41 × 3', 'shop-green': '42 × 3' });
    expect(await sizes(shop, 'shop-b')).toBe('3 3 3');
    await shop.task('promote');
    expect(await sizes(shop, 'shop-a')).toBe('3 3 3');
    await shop.task('cleanup --wait');
    expect(shop.where()).toEqual({ 'shop-blue': '', 'shop-green': '42 × 3' });
    expect(await sizes(shop, 'shop-a')).toBe('0 0 0');
    expect(await sizes(shop, 'shop-b'), 'the minimum has moved with production').toBe('1 3 3');
    await shop.task('up --release 43');
    expect(shop.where()).toEqual({ 'shop-blue': '43 × 3', 'shop-green': '42 × 3' });
    await shop.expectNoFailures();
  });

  scenario('pain 14: scale out and lose an instance in the middle of a promote, and a rollback', async ({ rig }) => {
    const shop = await rig({ ...GROUPS, traffic: 'retention: 1s' });
    const scaling = groupsOf(shop);
    const act = async (operation: string, input: object) => call(shop.sandbox.autoscaling, operation, input);
    /** The group that serves scales out, and the other one loses an instance, which drains first. */
    const disturb = async (serving: string, other: string, DesiredCapacity: number): Promise<void> => {
      await act('SetDesiredCapacity', { AutoScalingGroupName: serving, DesiredCapacity });
      const [InstanceId = ''] = await scaling.served(other);
      const ShouldDecrementDesiredCapacity = false;
      await act('TerminateInstanceInAutoScalingGroup', { InstanceId, ShouldDecrementDesiredCapacity });
    };
    await shop.task('up --release 42');
    const promote = shop.start('promote --steps 10,50,100 --every 1s --yes --json');
    await promote.reaches('watch shop-green');
    await disturb('shop-a', 'shop-b', 4);
    expect(finished(await promote.ended)).toMatchObject({ result: 'done' });
    expect(shop.where()).toEqual({ 'shop-blue': '41 × 4', 'shop-green': '42 × 4' });
    const fast = shop.slow('ModifyListener', 1_500);
    const rollback = shop.start('rollback --yes --json');
    await rollback.reaches('shift-weights shop-blue');
    await disturb('shop-b', 'shop-a', 5);
    fast();
    expect(finished(await rollback.ended)).toMatchObject({ result: 'done' });
    await scaling.settled('shop-a', 4);
    // What serves is smaller than what served when that had scaled out.
    expect(await shop.task('promote', 'done')).toMatchObject({
      message: expect.stringContaining('42 serves') as string,
    });
    const refused = await shop.task('rollback', 'refused');
    expect(refused.next[0]).toContain('--grow` lets shop-a grow from 4 to 5 first');
    await shop.task('rollback --grow');
    expect(shop.where()).toEqual({ 'shop-blue': '41 × 5', 'shop-green': '42 × 5' });
    await shop.expectNoFailures();
  });

  scenario('take turns behind names, and one that loses an instance meanwhile is whole again', async ({ rig }) => {
    const shop = await rig(NAMED);
    await shop.task('up --release 42');
    expect(shop.where()).toEqual({ 'shop-blue': '41 × 3', 'shop-green': '42 × 3' });
    const promote = shop.start('promote --yes --json');
    await promote.reaches('shift-weights shop-green');
    const [InstanceId = ''] = await groupsOf(shop).served('shop-b');
    const input = { InstanceId, ShouldDecrementDesiredCapacity: false };
    await call(shop.sandbox.autoscaling, 'TerminateInstanceInAutoScalingGroup', input);
    expect(finished(await promote.ended)).toMatchObject({ result: 'done' });
    await groupsOf(shop).settled('shop-b', 3);
    await shop.task('cleanup --wait');
    expect(shop.where()).toEqual({ 'shop-blue': '', 'shop-green': '42 × 3' });
    expect([await sizes(shop, 'shop-a'), await sizes(shop, 'shop-b')]).toEqual(['0 0 0', '1 3 3']);
    await shop.expectNoFailures();
  });

  scenario('pain 10: are held no longer than it takes, also after kill -9, from another machine', async ({ rig }) => {
    const shop = await rig({ ...GROUPS, traffic: 'retention: 1s' });
    const tags = async (name: string): Promise<readonly string[]> => {
      const { Tags = [] } = await groupsOf(shop).group(name);
      return Tags.map(({ Key = '' }) => Key.replace('turnout:', '')).toSorted();
    };
    const before = await tags('shop-a');
    await shop.task('up --release 42');
    const promote = shop.start('promote --steps 10,100 --every 60s --yes --json');
    await promote.reaches('watch shop-green');
    promote.kill('SIGKILL');
    await promote.ended;
    const { stdout } = await shop.run('status');
    expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /shop-a is not scaled in: its minimum is 3, raised by \S+@\S+ \(run \S+\) .*It goes back to 1/,
    );
    await shop.task('rollback');
    await shop.task('cleanup --wait');
    expect([await sizes(shop, 'shop-a'), await sizes(shop, 'shop-b')]).toEqual(['1 3 3', '0 0 0']);
    expect(await tags('shop-b')).toEqual(['environment']);
    expect((await tags('shop-a')).filter((key) => !before.includes(key))).toEqual(['store']);
    await shop.expectNoFailures();
  });

  scenario('say why they launch nothing, and adopt what serves', async ({ rig }) => {
    const fleet =
      "{ kind: auto-scaling, groups: [shop-a, shop-b], launchTemplate: { name: shop-web, versionDescription: 'release {release}' } }";
    const timeouts = '{ boot: 3s, healthy: 20s, drained: 20s }';
    const shop = await rig({ ...GROUPS, adopted: false, config: { fleet, timeouts } });
    await callEc2(shop.sandbox, 'CreateLaunchTemplateVersion', {
      LaunchTemplateName: 'shop-web',
      SourceVersion: '1',
      VersionDescription: 'release 42',
      LaunchTemplateData: { ImageId: 'ami-0123456789abcdef0' },
    });
    await shop.task('adopt --release 41');
    const { message } = await shop.task('up --release 42', 'failed');
    expect(message).toContain('EC2 would not launch these servers. You must use a valid fully-formed launch template.');
    await shop.task('cleanup --discard');
    expect(await sizes(shop, 'shop-b')).toBe('0 0 0');
  });
});
