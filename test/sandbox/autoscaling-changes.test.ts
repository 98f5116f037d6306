import type { StartInstanceRefreshType } from '@aws-sdk/client-auto-scaling';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { withoutAws } from '../support/aws.ts';
import { poll } from '../support/poll.ts';
import { callEc2, quickSandbox } from '../support/quick-sandbox.ts';
import { scalingOf, type Scaling } from '../support/scaling.ts';

/** What changes Auto Scaling groups of the sandbox by itself: refreshes, policies, schedules, zones. */

let sandbox: Sandbox;
let scaling: Scaling;
let name: string;
let count = 0;

beforeAll(async () => {
  withoutAws();
  sandbox = await quickSandbox({ instances: 1, releases: [{ release: '41' }, { release: '42' }] });
  scaling = scalingOf(sandbox, 'shop-web');
});
afterAll(async () => {
  scaling.client.destroy();
  await sandbox.close();
});
beforeEach(() => {
  count += 1;
  name = `web-${count}`;
});

describe('an instance refresh', () => {
  const next = { LaunchTemplate: { LaunchTemplateName: 'shop-web', Version: '2' } };
  const start = async (input: Partial<StartInstanceRefreshType> = {}) =>
    scaling.client.startInstanceRefresh({ AutoScalingGroupName: name, DesiredConfiguration: next, ...input });
  const refresh = async () => {
    const { InstanceRefreshes } = await scaling.client.describeInstanceRefreshes({ AutoScalingGroupName: name });
    return InstanceRefreshes?.[0];
  };
  const reaches = async (status: string) => poll(async () => (await refresh())?.Status === status, status, 15_000);

  beforeAll(async () => {
    const { Images } = await callEc2(sandbox, 'DescribeImages', { Filters: [{ Name: 'tag:Release', Values: ['42'] }] });
    const LaunchTemplateData = { ImageId: (Images as { ImageId: string }[])[0]?.ImageId };
    await callEc2(sandbox, 'CreateLaunchTemplateVersion', { LaunchTemplateName: 'shop-web', LaunchTemplateData });
  });
  beforeEach(async () => {
    const LaunchTemplate = { LaunchTemplateName: 'shop-web', Version: '1' };
    await scaling.create(name, { DesiredCapacity: 2, LaunchTemplate });
    await scaling.settled(name, 2);
  });

  const releases = async () => {
    const ids = await scaling.settled(name, 2);
    return ids.map((id) => sandbox.instances.find(id)?.release);
  };

  test('replaces every instance, and changes the template of the group at its end', async () => {
    await start();
    const beside = scaling.client.startInstanceRefresh({ AutoScalingGroupName: name });
    await expect(beside).rejects.toThrow('already in progress');
    const attached = scaling.client.attachTrafficSources({
      AutoScalingGroupName: name,
      TrafficSources: [{ Identifier: sandbox.test[0]!.arn }],
    });
    await expect(attached).rejects.toThrow('already in progress');
    await reaches('Successful');
    expect((await refresh())?.PercentageComplete).toBe(100);
    expect(await releases()).toEqual(['42', '42']);
    expect((await scaling.group(name)).LaunchTemplate?.Version).toBe('2');
  });

  test('launches first where more than all may be healthy', async () => {
    const Preferences = { MinHealthyPercentage: 100, MaxHealthyPercentage: 150 };
    await start({ Preferences });
    let [least, most] = [2, 2];
    await poll(
      async () => {
        const served = (await scaling.served(name)).length;
        [least, most] = [Math.min(least, served), Math.max(most, served)];
        return (await refresh())?.Status === 'Successful';
      },
      'the refresh',
      15_000,
    );
    expect([least, most]).toEqual([2, 3]);
  });

  test('is rolled back to the version before, or cancelled where it stands', async () => {
    const Preferences = { CheckpointPercentages: [50, 100], CheckpointDelay: 3_600 };
    await start({ Preferences });
    await poll(async () => ((await refresh())?.PercentageComplete ?? 0) >= 50, 'the checkpoint', 10_000);
    await scaling.settled(name, 2);
    await scaling.client.rollbackInstanceRefresh({ AutoScalingGroupName: name });
    await reaches('RollbackSuccessful');
    expect(await releases()).toEqual(['41', '41']);
    await start({ Preferences });
    await scaling.client.cancelInstanceRefresh({ AutoScalingGroupName: name });
    await reaches('Cancelled');
    await expect(scaling.client.cancelInstanceRefresh({ AutoScalingGroupName: name })).rejects.toThrow(
      'No in progress',
    );
  });
});

test('policies and schedules change the desired capacity within the sizes of the group', async () => {
  await scaling.create(name, { DesiredCapacity: 1, MaxSize: 3 });
  const own = { AutoScalingGroupName: name, PolicyName: 'out' };
  await scaling.client.putScalingPolicy({ ...own, AdjustmentType: 'ChangeInCapacity', ScalingAdjustment: 5 });
  await scaling.client.executePolicy(own);
  await scaling.settled(name, 3);
  const soon = { ScheduledActionName: 'night', StartTime: new Date(Date.now() + 1_500), DesiredCapacity: 1 };
  await scaling.client.putScheduledUpdateGroupAction({ AutoScalingGroupName: name, ...soon });
  await scaling.settled(name, 1);
  const { ScalingPolicies } = await scaling.client.describePolicies({ AutoScalingGroupName: name });
  expect(ScalingPolicies).toMatchObject([{ PolicyName: 'out', PolicyType: 'SimpleScaling', Enabled: true }]);
});

test('a group that gets another zone launches there before it terminates elsewhere', async () => {
  const [first = '', second = ''] = sandbox.ec2.network.subnets.map(({ id }) => id);
  await scaling.create(name, { DesiredCapacity: 2, VPCZoneIdentifier: first });
  await scaling.settled(name, 2);
  const zones = { AutoScalingGroupName: name, VPCZoneIdentifier: `${first},${second}` };
  await scaling.client.suspendProcesses({ AutoScalingGroupName: name, ScalingProcesses: ['AZRebalance'] });
  await scaling.client.updateAutoScalingGroup(zones);
  await scaling.client.resumeProcesses({ AutoScalingGroupName: name });
  const spread = async () => new Set((await scaling.group(name)).Instances?.map((one) => one.AvailabilityZone)).size;
  await poll(async () => (await spread()) === 2, 'both zones');
  await scaling.settled(name, 2);
  expect(await spread()).toBe(2);
});

test('weights of instance types count for the desired capacity, of what runs as well', async () => {
  const Overrides = [{ InstanceType: 'm5.large' as const, WeightedCapacity: '2' }];
  const LaunchTemplateSpecification = { LaunchTemplateName: 'shop-web', Version: '1' };
  const MixedInstancesPolicy = { LaunchTemplate: { LaunchTemplateSpecification, Overrides } };
  await scaling.create(name, { DesiredCapacity: 4, MixedInstancesPolicy });
  await scaling.settled(name, 2);
  const { Instances } = await scaling.group(name);
  expect(Instances).toMatchObject([{ InstanceType: 'm5.large', WeightedCapacity: '2' }, { InstanceType: 'm5.large' }]);
  const AutoScalingGroupName = name;
  const heavier = { ...Overrides[0]!, WeightedCapacity: '4' };
  const changed = { LaunchTemplate: { LaunchTemplateSpecification, Overrides: [heavier] } };
  await scaling.client.updateAutoScalingGroup({ AutoScalingGroupName, MixedInstancesPolicy: changed });
  await scaling.settled(name, 1);
  const other = {
    LaunchTemplate: { LaunchTemplateSpecification, Overrides: [{ InstanceType: 'm5.xlarge' as const }] },
  };
  await scaling.client.updateAutoScalingGroup({ AutoScalingGroupName, MixedInstancesPolicy: other });
  expect((await scaling.group(name)).Instances).toMatchObject([{ InstanceType: 'm5.large', WeightedCapacity: '4' }]);
});

test('tags are written, filtered by and deleted', async () => {
  await scaling.create(name);
  const tag = { ResourceId: name, ResourceType: 'auto-scaling-group', Key: 'turnout:release' };
  await scaling.client.createOrUpdateTags({ Tags: [{ ...tag, Value: '42', PropagateAtLaunch: true }] });
  const Filters = [{ Name: 'tag:turnout:release', Values: ['42'] }];
  const found = async () => (await scaling.client.describeAutoScalingGroups({ Filters })).AutoScalingGroups;
  expect((await found())?.map((group) => group.AutoScalingGroupName)).toEqual([name]);
  const byGroup = [{ Name: 'auto-scaling-group', Values: [name] }];
  expect((await scaling.client.describeTags({ Filters: byGroup })).Tags).toMatchObject([{ ...tag, Value: '42' }]);
  await scaling.client.deleteTags({ Tags: [tag] });
  expect(await found()).toEqual([]);
  const reserved = { ...tag, Key: 'aws:x', Value: 'y', PropagateAtLaunch: true };
  await expect(scaling.client.createOrUpdateTags({ Tags: [reserved] })).rejects.toThrow('not valid');
});

test('limits of the account, and pages', async () => {
  for (const group of [name, `${name}-b`]) await scaling.create(group);
  const limits = await scaling.client.describeAccountLimits({});
  expect(limits.NumberOfAutoScalingGroups).toBeGreaterThan(1);
  const first = await scaling.client.describeAutoScalingGroups({ MaxRecords: 1 });
  expect(first.AutoScalingGroups).toHaveLength(1);
  const rest = await scaling.client.describeAutoScalingGroups({ NextToken: first.NextToken });
  expect(rest.AutoScalingGroups).toHaveLength((limits.NumberOfAutoScalingGroups ?? 0) - 1);
  await expect(scaling.client.describeAutoScalingGroups({ NextToken: 'x' })).rejects.toThrow('not valid');
});
