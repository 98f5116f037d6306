import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { behaviour } from '../../src/sandbox/instances/behaviour.ts';
import { withoutAws } from '../support/aws.ts';
import { poll } from '../support/poll.ts';
import { callEc2, callElbv2, quickSandbox } from '../support/quick-sandbox.ts';
import { scalingOf, type Scaling } from '../support/scaling.ts';

/** What a group does not do, and until when: rules of BEHAVIOUR.md, each beside a group that does. */

let sandbox: Sandbox;
let scaling: Scaling;
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

/** All groups compare what they have at the same pace: once a new one is whole, each has done so. */
async function compared(): Promise<void> {
  count += 1;
  await scaling.create(`clock-${count}`, { DesiredCapacity: 1 });
  await scaling.settled(`clock-${count}`, 1);
}

const own = (AutoScalingGroupName: string) => ({ AutoScalingGroupName });
const suspend = async (name: string, process: string) =>
  scaling.client.suspendProcesses({ ...own(name), ScalingProcesses: [process] });
const setDesired = async (name: string, DesiredCapacity: number) =>
  scaling.client.setDesiredCapacity({ ...own(name), DesiredCapacity });
const sources = () => [{ Identifier: sandbox.production[0]!.arn, Type: 'elbv2' }];
const stateOf = async (name: string, id: string) =>
  (await scaling.group(name)).Instances?.find(({ InstanceId }) => InstanceId === id)?.LifecycleState;

describe.concurrent('while it is suspended', () => {
  test.each([
    ['Launch', 2],
    ['Terminate', 0],
  ])('%s is not done, and then it is', async (process, desired) => {
    await scaling.create(process, { DesiredCapacity: 1 });
    const before = await scaling.settled(process, 1);
    await suspend(process, process);
    await setDesired(process, desired);
    await compared();
    expect(await scaling.settled(process, 1)).toEqual(before);
    await scaling.client.resumeProcesses({ ...own(process), ScalingProcesses: [process] });
    await scaling.settled(process, desired);
  });

  test.each(['HealthCheck', 'ReplaceUnhealthy'])('%s: what ends is not replaced, and then it is', async (process) => {
    await scaling.create(process, { DesiredCapacity: 1 });
    const [id = ''] = await scaling.settled(process, 1);
    await suspend(process, process);
    await callEc2(sandbox, 'TerminateInstances', { InstanceIds: [id] });
    await poll(() => sandbox.instances.find(id)?.state === 'terminated', 'its end');
    await compared();
    expect(await scaling.served(process)).toEqual([id]);
    await scaling.client.resumeProcesses({ ...own(process), ScalingProcesses: [process] });
    await poll(async () => !(await scaling.served(process)).includes(id), 'the replacement');
    await scaling.settled(process, 1);
  });

  test('AZRebalance: zones stay as they are', async () => {
    const [first = '', second = ''] = sandbox.ec2.network.subnets.map(({ id }) => id);
    await scaling.create('uneven', { DesiredCapacity: 2, VPCZoneIdentifier: first });
    const before = await scaling.settled('uneven', 2);
    await suspend('uneven', 'AZRebalance');
    await scaling.client.updateAutoScalingGroup({ ...own('uneven'), VPCZoneIdentifier: `${first},${second}` });
    await compared();
    expect(await scaling.settled('uneven', 2)).toEqual(before);
  });

  test('ScheduledActions: none runs, also not afterwards; one in the past is refused', async () => {
    for (const name of ['asleep', 'awake']) {
      await scaling.create(name, { DesiredCapacity: 0 });
      if (name === 'asleep') await suspend(name, 'ScheduledActions');
      const StartTime = new Date(Date.now() + 300);
      const action = { ...own(name), ScheduledActionName: 'morning', StartTime, DesiredCapacity: 1 };
      await scaling.client.putScheduledUpdateGroupAction(action);
    }
    await scaling.settled('awake', 1);
    await scaling.client.resumeProcesses(own('asleep'));
    await compared();
    expect((await scaling.group('asleep')).DesiredCapacity).toBe(0);
    const past = { ...own('awake'), ScheduledActionName: 'past', StartTime: new Date(0), MinSize: 1 };
    await expect(scaling.client.putScheduledUpdateGroupAction(past)).rejects.toThrow('in the past');
  });
});

describe.concurrent('what is launched, and what ends', () => {
  test('$Latest is that of each launch, and is returned as it was given', async () => {
    const LaunchTemplateName = 'of-the-day';
    const images = (await callEc2(sandbox, 'DescribeImages', {})).Images as { ImageId: string }[];
    const LaunchTemplateData = { ImageId: images[0]?.ImageId };
    await callEc2(sandbox, 'CreateLaunchTemplate', { LaunchTemplateName, LaunchTemplateData });
    await scaling.create('latest', { DesiredCapacity: 1, LaunchTemplate: { LaunchTemplateName, Version: '$Latest' } });
    await scaling.settled('latest', 1);
    await callEc2(sandbox, 'CreateLaunchTemplateVersion', { LaunchTemplateName, LaunchTemplateData });
    await setDesired('latest', 2);
    await scaling.settled('latest', 2);
    const { LaunchTemplate, Instances = [] } = await scaling.group('latest');
    expect(LaunchTemplate).toMatchObject({ LaunchTemplateName, Version: '$Latest' });
    expect(LaunchTemplate?.LaunchTemplateId).toMatch(/^lt-/);
    expect(new Set(Instances.map((one) => one.LaunchTemplate?.Version))).toEqual(new Set(['1', '2']));
  });

  test('the zone with the most loses the oldest', async () => {
    await scaling.create('spread', { DesiredCapacity: 3 });
    await scaling.settled('spread', 3);
    const { Instances = [] } = await scaling.group('spread');
    const zones = Map.groupBy(Instances, ({ AvailabilityZone }) => AvailabilityZone);
    const most = [...zones.values()].find((all) => all.length === 2)!.map(({ InstanceId = '' }) => InstanceId);
    const { Reservations } = await callEc2(sandbox, 'DescribeInstances', { InstanceIds: most });
    const seen = (Reservations as { Instances: { InstanceId: string; LaunchTime: string }[] }[]).flatMap(
      (one) => one.Instances,
    );
    const [oldest] = seen.toSorted((x, y) => Date.parse(x.LaunchTime) - Date.parse(y.LaunchTime));
    await setDesired('spread', 2);
    const left = await scaling.settled('spread', 2);
    expect(most.filter((id) => !left.includes(id))).toEqual([oldest?.InstanceId]);
  });

  test('a hook that is abandoned ends the launch, and another one is tried', async () => {
    const hook = { LifecycleHookName: 'warm', LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING' };
    await scaling.create('abandons', { DesiredCapacity: 1, LifecycleHookSpecificationList: [hook] });
    const waiting = async () => {
      const { Instances = [] } = await scaling.group('abandons');
      return Instances.find(({ LifecycleState }) => LifecycleState === 'Pending:Wait')?.InstanceId;
    };
    await poll(async () => (await waiting()) !== undefined, 'the hook');
    const InstanceId = await waiting();
    const action = { ...own('abandons'), LifecycleHookName: 'warm', InstanceId, LifecycleActionResult: 'ABANDON' };
    await scaling.client.completeLifecycleAction(action);
    await poll(async () => ![undefined, InstanceId].includes(await waiting()), 'the next one');
    expect(sandbox.instances.find(InstanceId ?? '')?.state).not.toBe('running');
  });

  test('hooks of terminating keep an instance until they are completed, and its group from being deleted', async () => {
    const bye = { LifecycleHookName: 'bye', LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING' };
    await scaling.create('keeps', { DesiredCapacity: 1, LifecycleHookSpecificationList: [bye] });
    const [id = ''] = await scaling.settled('keeps', 1);
    await setDesired('keeps', 0);
    await poll(async () => (await stateOf('keeps', id)) === 'Terminating:Wait', 'the hook');
    const deleting = scaling.client.deleteAutoScalingGroup(own('keeps'));
    await expect(deleting).rejects.toMatchObject({ name: 'ScalingActivityInProgressFault' });
    expect(sandbox.instances.find(id)?.state).toBe('running');
    const action = { ...own('keeps'), LifecycleHookName: 'bye', InstanceId: id, LifecycleActionResult: 'CONTINUE' };
    await scaling.client.completeLifecycleAction(action);
    await scaling.settled('keeps', 0);
    await scaling.client.deleteAutoScalingGroup(own('keeps'));
  });
});

describe.concurrent('in front of it', () => {
  test('a target that was deregistered by hand is left alone', async () => {
    await scaling.create('by-hand', { DesiredCapacity: 1, TrafficSources: sources() });
    const [id = ''] = await scaling.settled('by-hand', 1);
    const TargetGroupArn = sandbox.production[0]!.arn;
    await callElbv2(sandbox, 'DeregisterTargets', { TargetGroupArn, Targets: [{ Id: id }] });
    await poll(async () => !(await scaling.targets(TargetGroupArn)).has(id), 'its end there');
    await compared();
    expect((await scaling.targets(TargetGroupArn)).has(id)).toBe(false);
    expect(await scaling.settled('by-hand', 1)).toEqual([id]);
  });

  test('what was terminated by hand leaves the target groups, and what a forced deletion ends, too', async () => {
    await scaling.create('ended', { DesiredCapacity: 1, TrafficSources: sources() });
    const [id = ''] = await scaling.settled('ended', 1);
    const has = async (one: string) => (await scaling.targets(sandbox.production[0]!.arn)).has(one);
    await callEc2(sandbox, 'TerminateInstances', { InstanceIds: [id] });
    await poll(async () => !(await has(id)), 'its end there');
    await poll(async () => !(await scaling.served('ended')).includes(id), 'its replacement');
    const [next = ''] = await scaling.settled('ended', 1);
    expect(await has(next)).toBe(true);
    await scaling.client.deleteAutoScalingGroup({ ...own('ended'), ForceDelete: true });
    await poll(async () => !(await has(next)), 'the end of the next one there');
  });

  test('an unhealthy instance is not replaced in the grace period', async () => {
    for (const [name, HealthCheckGracePeriod] of Object.entries({ patient: 600, strict: 0 })) {
      const health = { HealthCheckType: 'ELB', HealthCheckGracePeriod };
      await scaling.create(name, { DesiredCapacity: 1, TrafficSources: sources(), ...health });
    }
    const [[kept = ''], [lost = '']] = [await scaling.settled('patient', 1), await scaling.settled('strict', 1)];
    const healthy = async (id: string) => (await scaling.targets(sandbox.production[0]!.arn)).get(id) === 'healthy';
    await poll(async () => (await healthy(kept)) && (await healthy(lost)), 'health');
    for (const id of [kept, lost]) sandbox.instances.setBehaviour(id, behaviour('sick'));
    await poll(async () => !(await scaling.served('strict')).includes(lost), 'the replacement', 10_000);
    expect(await scaling.served('patient')).toEqual([kept]);
  });

  test('a request names ten traffic sources at most', async () => {
    await scaling.create('many');
    const TrafficSources = Array.from({ length: 11 }, (_, n) => ({ Identifier: `arn:${n}`, Type: 'elbv2' }));
    await expect(scaling.client.attachTrafficSources({ ...own('many'), TrafficSources })).rejects.toThrow('At most 10');
  });
});

describe.concurrent('beside it', () => {
  test('topics get the types that were given last; ten of them', async () => {
    await scaling.create('told');
    const put = async (TopicARN: string, NotificationTypes: string[]) =>
      scaling.client.putNotificationConfiguration({ ...own('told'), TopicARN, NotificationTypes });
    await put('arn:0', ['autoscaling:EC2_INSTANCE_LAUNCH']);
    await put('arn:0', ['autoscaling:EC2_INSTANCE_TERMINATE']);
    const told = await scaling.client.describeNotificationConfigurations({ AutoScalingGroupNames: ['told'] });
    expect(told.NotificationConfigurations).toEqual([
      { ...own('told'), TopicARN: 'arn:0', NotificationType: 'autoscaling:EC2_INSTANCE_TERMINATE' },
    ]);
    for (let n = 1; n < 10; n += 1) await put(`arn:${n}`, ['autoscaling:EC2_INSTANCE_LAUNCH']);
    await expect(put('arn:10', ['autoscaling:EC2_INSTANCE_LAUNCH'])).rejects.toMatchObject({
      name: 'LimitExceededFault',
    });
  });

  test('schedules that are refused come back in the answer, and the others are there', async () => {
    await scaling.create('scheduled');
    const [at, past] = [new Date(Date.now() + 3_600_000), new Date(0)];
    const answer = await scaling.client.batchPutScheduledUpdateGroupAction({
      ...own('scheduled'),
      ScheduledUpdateGroupActions: [
        { ScheduledActionName: 'good', StartTime: at, MinSize: 1 },
        { ScheduledActionName: 'bad', StartTime: past, MinSize: 1 },
      ],
    });
    expect(answer.FailedScheduledUpdateGroupActions).toMatchObject([{ ScheduledActionName: 'bad' }]);
    const { ScheduledUpdateGroupActions: all = [] } = await scaling.client.describeScheduledActions(own('scheduled'));
    expect(all.map(({ ScheduledActionName }) => ScheduledActionName)).toEqual(['good']);
  });

  test('a warm pool keeps a group from being deleted, but by force', async () => {
    await scaling.create('warm', { MaxSize: 1 });
    await scaling.client.putWarmPool(own('warm'));
    await expect(scaling.client.deleteAutoScalingGroup(own('warm'))).rejects.toMatchObject({
      name: 'ResourceInUseFault',
    });
    await scaling.client.deleteAutoScalingGroup({ ...own('warm'), ForceDelete: true });
  });
});
