import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { behaviour } from '../../src/sandbox/instances/behaviour.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { withoutAws } from '../support/aws.ts';
import { poll } from '../support/poll.ts';
import { callEc2, quickSandbox } from '../support/quick-sandbox.ts';
import { scalingOf, type Scaling } from '../support/scaling.ts';

/** Auto Scaling groups of the sandbox, through the SDK. */

let sandbox: Sandbox;
let scaling: Scaling;
let production: string;
let name: string;
let count = 0;

beforeAll(async () => {
  withoutAws();
  sandbox = await quickSandbox({ instances: 1, releases: [{ release: '41' }, { release: '42' }] });
  scaling = scalingOf(sandbox, 'shop-web');
  production = sandbox.production[0]!.arn;
});
afterAll(async () => {
  scaling.client.destroy();
  await sandbox.close();
});
beforeEach(() => {
  count += 1;
  name = `web-${count}`;
});

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: Error) => error.name,
  );
}

async function tagsOf(id: string): Promise<Record<string, string>> {
  const { Reservations } = await callEc2(sandbox, 'DescribeInstances', { InstanceIds: [id] });
  const { Tags } = Reservations[0].Instances[0] as { Tags: { Key: string; Value: string }[] };
  return Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value]));
}

describe('a group', () => {
  test('launches what it lacks, spread over the zones, with its tags', async () => {
    const Tags = [
      { Key: 'team', Value: 'web', PropagateAtLaunch: true },
      { Key: 'own', Value: 'x', PropagateAtLaunch: false },
    ];
    await scaling.create(name, { DesiredCapacity: 2, Tags });
    const [first = ''] = await scaling.settled(name, 2);
    const { Instances = [], AvailabilityZones } = await scaling.group(name);
    expect(new Set(Instances.map((one) => one.AvailabilityZone))).toEqual(new Set(AvailabilityZones));
    expect(await tagsOf(first)).toMatchObject({ 'aws:autoscaling:groupName': name, team: 'web' });
    expect(await tagsOf(first)).not.toHaveProperty('own');
    const { Activities } = await scaling.client.describeScalingActivities({ AutoScalingGroupName: name });
    expect(Activities?.map((one) => one.StatusCode)).toEqual(['Successful', 'Successful']);
  });

  test('replaces what was terminated by hand, and shrinks and grows', async () => {
    await scaling.create(name, { DesiredCapacity: 2 });
    const [first = '', second = ''] = await scaling.settled(name, 2);
    await callEc2(sandbox, 'TerminateInstances', { InstanceIds: [first] });
    await poll(async () => !(await scaling.served(name)).includes(first), 'the instance to leave');
    expect(await scaling.settled(name, 2)).toContain(second);
    await scaling.client.setDesiredCapacity({ AutoScalingGroupName: name, DesiredCapacity: 1 });
    await scaling.settled(name, 1);
    await scaling.client.updateAutoScalingGroup({ AutoScalingGroupName: name, MinSize: 3 });
    await scaling.settled(name, 3);
  });

  async function templateOf(ImageId: string, more: object = {}) {
    const { LaunchTemplate } = await callEc2(sandbox, 'CreateLaunchTemplate', {
      LaunchTemplateName: `own-${name}`,
      LaunchTemplateData: { ImageId, ...more },
    });
    const { LaunchTemplateId } = LaunchTemplate as { LaunchTemplateId: string };
    return { LaunchTemplateId, Version: '1' };
  }

  test('says why a launch failed, in the words of EC2', async () => {
    const [{ ImageId: SourceImageId }] = (await callEc2(sandbox, 'DescribeImages', {})).Images;
    const copy = { Name: `copy for ${name}`, SourceImageId, SourceRegion: sandbox.region };
    const { ImageId } = await callEc2(sandbox, 'CopyImage', copy);
    await scaling.create(name, { DesiredCapacity: 0, LaunchTemplate: await templateOf(ImageId) });
    await callEc2(sandbox, 'DeregisterImage', { ImageId });
    await scaling.client.setDesiredCapacity({ AutoScalingGroupName: name, DesiredCapacity: 1 });
    const failed = async () => {
      const { Activities = [] } = await scaling.client.describeScalingActivities({ AutoScalingGroupName: name });
      return Activities.some((one) => one.StatusCode === 'Failed' && one.StatusMessage?.includes(ImageId));
    };
    await poll(failed, 'a failed activity');
    expect((await scaling.group(name)).Instances).toEqual([]);
  });

  test('refuses a template that EC2 would not launch', async () => {
    const [{ ImageId }] = (await callEc2(sandbox, 'DescribeImages', {})).Images;
    const LaunchTemplate = await templateOf(ImageId, { KeyName: 'nobody' });
    await expect(scaling.create(name, { DesiredCapacity: 0, LaunchTemplate })).rejects.toMatchObject({
      name: 'ValidationError',
      message: "You must use a valid fully-formed launch template. The key pair 'nobody' does not exist",
    });
  });

  test('refuses what AWS refuses', async () => {
    await scaling.create(name, { DesiredCapacity: 0, MaxSize: 2 });
    const own = { AutoScalingGroupName: name };
    expect(await codeOf(scaling.create(name))).toBe('AlreadyExistsFault');
    expect(await codeOf(scaling.client.setDesiredCapacity({ ...own, DesiredCapacity: 3 }))).toBe('ValidationError');
    expect(await codeOf(scaling.client.updateAutoScalingGroup({ ...own, MinSize: 3 }))).toBe('ValidationError');
    expect(await codeOf(scaling.client.setDesiredCapacity({ AutoScalingGroupName: 'x', DesiredCapacity: 1 }))).toBe(
      'ValidationError',
    );
    expect(await codeOf(scaling.create('a:b'))).toBe('ValidationError');
    expect(
      (await scaling.client.describeAutoScalingGroups({ AutoScalingGroupNames: ['x'] })).AutoScalingGroups,
    ).toEqual([]);
  });

  test('is deleted when it is empty; with force its instances go, too', async () => {
    await scaling.create(name, { DesiredCapacity: 1 });
    const [id = ''] = await scaling.settled(name, 1);
    expect(await codeOf(scaling.client.deleteAutoScalingGroup({ AutoScalingGroupName: name }))).toBe(
      'ResourceInUseFault',
    );
    await scaling.client.deleteAutoScalingGroup({ AutoScalingGroupName: name, ForceDelete: true });
    await poll(() => sandbox.instances.find(id)?.state === 'terminated', 'the instance to end');
    expect(
      (await scaling.client.describeAutoScalingGroups({ AutoScalingGroupNames: [name] })).AutoScalingGroups,
    ).toEqual([]);
  });

  test('with deletion protection is kept', async () => {
    await scaling.create(name, { DeletionProtection: 'prevent-force-deletion' });
    const own = { AutoScalingGroupName: name };
    expect(await codeOf(scaling.client.deleteAutoScalingGroup({ ...own, ForceDelete: true }))).toBe('ValidationError');
    await scaling.client.deleteAutoScalingGroup(own);
  });
});

describe('a traffic source', () => {
  const source = () => [{ Identifier: production, Type: 'elbv2' }];
  const stateOf = async () => {
    const { TrafficSources } = await scaling.client.describeTrafficSources({ AutoScalingGroupName: name });
    return TrafficSources?.[0]?.State;
  };

  test('is in service once one instance is healthy there, and gone once all are drained', async () => {
    await scaling.create(name, { DesiredCapacity: 1 });
    const [id = ''] = await scaling.settled(name, 1);
    await scaling.client.attachTrafficSources({ AutoScalingGroupName: name, TrafficSources: source() });
    await poll(async () => (await stateOf()) === 'InService', 'the attachment');
    expect((await scaling.targets(production)).get(id)).toBe('healthy');
    await scaling.client.detachTrafficSources({ AutoScalingGroupName: name, TrafficSources: source() });
    expect(await stateOf()).toBe('Removing');
    await poll(async () => (await stateOf()) === undefined, 'the end of the attachment');
    expect((await scaling.targets(production)).has(id)).toBe(false);
    expect(await scaling.served(name)).toEqual([id]);
  });

  test('gets each instance that is launched, until AddToLoadBalancer is suspended', async () => {
    await scaling.create(name, { DesiredCapacity: 1, TrafficSources: source() });
    const [first = ''] = await scaling.settled(name, 1);
    await poll(async () => (await scaling.targets(production)).get(first) === 'healthy', 'the first target');
    await scaling.client.suspendProcesses({ AutoScalingGroupName: name, ScalingProcesses: ['AddToLoadBalancer'] });
    await scaling.client.setDesiredCapacity({ AutoScalingGroupName: name, DesiredCapacity: 2 });
    const second = (await scaling.settled(name, 2)).find((id) => id !== first) ?? '';
    expect((await scaling.targets(production)).has(second)).toBe(false);
    await scaling.client.deleteAutoScalingGroup({ AutoScalingGroupName: name, ForceDelete: true });
  });

  test('with health checks of the load balancer an unhealthy instance is replaced', async () => {
    await scaling.create(name, { DesiredCapacity: 1, HealthCheckType: 'ELB', TrafficSources: source() });
    const [first = ''] = await scaling.settled(name, 1);
    await poll(async () => (await stateOf()) === 'InService', 'the attachment');
    sandbox.instances.setBehaviour(first, behaviour('sick'));
    await poll(async () => !(await scaling.served(name)).includes(first), 'the replacement', 10_000);
    const [second] = await scaling.settled(name, 1);
    expect(second).not.toBe(first);
    await scaling.client.deleteAutoScalingGroup({ AutoScalingGroupName: name, ForceDelete: true });
  });
});

describe('an instance', () => {
  test('in standby leaves traffic, is not counted, and comes back', async () => {
    await scaling.create(name, { DesiredCapacity: 2, TrafficSources: [{ Identifier: production }] });
    const [id = ''] = await scaling.settled(name, 2);
    const own = { AutoScalingGroupName: name, InstanceIds: [id] };
    await scaling.client.updateAutoScalingGroup({ AutoScalingGroupName: name, MinSize: 2 });
    const tooFew = scaling.client.enterStandby({ ...own, ShouldDecrementDesiredCapacity: true });
    expect(await codeOf(tooFew)).toBe('ValidationError');
    await scaling.client.updateAutoScalingGroup({ AutoScalingGroupName: name, MinSize: 1 });
    await scaling.client.enterStandby({ ...own, ShouldDecrementDesiredCapacity: true });
    const stateOf = async () =>
      (await scaling.group(name)).Instances?.find((one) => one.InstanceId === id)?.LifecycleState;
    await poll(async () => (await stateOf()) === 'Standby', 'the standby');
    expect((await scaling.targets(production)).has(id)).toBe(false);
    expect((await scaling.group(name)).DesiredCapacity).toBe(1);
    await scaling.client.exitStandby(own);
    await scaling.settled(name, 2);
    await poll(async () => (await scaling.targets(production)).get(id) === 'healthy', 'the target');
    await scaling.client.deleteAutoScalingGroup({ AutoScalingGroupName: name, ForceDelete: true });
  });

  test('that ends in standby is listed there as before, and is replaced once it is to come back', async () => {
    await scaling.create(name, { DesiredCapacity: 2 });
    const [id = '', other = ''] = await scaling.settled(name, 2);
    const own = { AutoScalingGroupName: name, InstanceIds: [id] };
    await scaling.client.enterStandby({ ...own, ShouldDecrementDesiredCapacity: true });
    const states = async () => {
      const { Instances = [] } = await scaling.group(name);
      return Instances.map((one) => `${one.InstanceId} ${one.LifecycleState} ${one.HealthStatus}`).toSorted();
    };
    await poll(async () => (await states()).includes(`${id} Standby Healthy`), 'the standby');
    sandbox.faults.add({ kind: 'die', instance: id });
    // Another one is replaced meanwhile, so the group was looked at.
    sandbox.faults.add({ kind: 'die', instance: other });
    await poll(async () => !(await states()).some((one) => one.startsWith(other)), 'the end of the other one');
    expect(await states()).toContain(`${id} Standby Healthy`);
    await scaling.client.exitStandby(own);
    expect(await scaling.settled(name, 2)).not.toContain(id);
    await scaling.client.deleteAutoScalingGroup({ AutoScalingGroupName: name, ForceDelete: true });
  });

  test('is detached and runs on, and is attached to another group', async () => {
    await scaling.create(name, { DesiredCapacity: 1 });
    await scaling.create(`${name}-b`);
    const [id = ''] = await scaling.settled(name, 1);
    await scaling.client.detachInstances({
      AutoScalingGroupName: name,
      InstanceIds: [id],
      ShouldDecrementDesiredCapacity: true,
    });
    await scaling.settled(name, 0);
    await scaling.client.attachInstances({ AutoScalingGroupName: `${name}-b`, InstanceIds: [id] });
    expect(await scaling.settled(`${name}-b`, 1)).toEqual([id]);
  });

  test('that is protected is not scaled in; by its id it is terminated', async () => {
    await scaling.create(name, { DesiredCapacity: 2 });
    const [kept = '', other = ''] = await scaling.settled(name, 2);
    const own = { AutoScalingGroupName: name };
    await scaling.client.setInstanceProtection({ ...own, InstanceIds: [kept], ProtectedFromScaleIn: true });
    await scaling.client.setDesiredCapacity({ ...own, DesiredCapacity: 1 });
    expect(await scaling.settled(name, 1)).toEqual([kept]);
    expect(sandbox.instances.find(other)?.state).toBe('terminated');
    await scaling.client.terminateInstanceInAutoScalingGroup({
      InstanceId: kept,
      ShouldDecrementDesiredCapacity: true,
    });
    await scaling.settled(name, 0);
  });

  test('waits for lifecycle hooks on its way in', async () => {
    const LifecycleHookSpecificationList = [
      { LifecycleHookName: 'warm', LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING', HeartbeatTimeout: 300 },
    ];
    await scaling.create(name, { DesiredCapacity: 1, LifecycleHookSpecificationList });
    const waiting = async () => (await scaling.group(name)).Instances?.[0]?.LifecycleState === 'Pending:Wait';
    await poll(waiting, 'the hook');
    const InstanceId = (await scaling.group(name)).Instances?.[0]?.InstanceId;
    const own = { AutoScalingGroupName: name, LifecycleHookName: 'warm', InstanceId };
    await scaling.client.recordLifecycleActionHeartbeat(own);
    await scaling.client.completeLifecycleAction({ ...own, LifecycleActionResult: 'CONTINUE' });
    expect(await scaling.settled(name, 1)).toEqual([InstanceId]);
  });
});
