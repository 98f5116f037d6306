import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CloudWatch, type PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch';
import type { PutScalingPolicyType } from '@aws-sdk/client-auto-scaling';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { withoutAws } from '../support/aws.ts';
import { poll } from '../support/poll.ts';
import { callEc2, quickSandbox } from '../support/quick-sandbox.ts';
import { scalingOf, type Scaling } from '../support/scaling.ts';

/** Where the sandbox's groups get their capacity from, and what tells them how much: warm pools, and alarms. */

let sandbox: Sandbox;
let scaling: Scaling;
let cloudwatch: CloudWatch;
let name: string;
let count = 0;

beforeAll(async () => {
  withoutAws();
  sandbox = await quickSandbox({ instances: 1, releases: [{ release: '41' }] });
  scaling = scalingOf(sandbox, 'shop-web');
  const credentials = { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' };
  cloudwatch = new CloudWatch({ endpoint: sandbox.url, region: sandbox.region, credentials, maxAttempts: 1 });
});
afterAll(async () => {
  scaling.client.destroy();
  cloudwatch.destroy();
  await sandbox.close();
});
beforeEach(() => {
  count += 1;
  name = `web-${count}`;
});

describe('a warm pool', () => {
  const own = () => ({ AutoScalingGroupName: name });
  const pool = async () => scaling.client.describeWarmPool(own());
  const states = async () => (await pool()).Instances?.map(({ LifecycleState = '' }) => LifecycleState) ?? [];
  const ids = async () => (await pool()).Instances?.map(({ InstanceId = '' }) => InstanceId) ?? [];
  const reaches = async (wanted: readonly string[]) =>
    poll(async () => (await states()).join() === wanted.join(), wanted.join() || 'an empty pool', 15_000);

  test('keeps what is missing to the maximum, stopped and out of traffic, and gives it on a scale-out', async () => {
    const arn = sandbox.test[0]!.arn;
    await scaling.create(name, { DesiredCapacity: 1, MaxSize: 3, TargetGroupARNs: [arn] });
    await scaling.settled(name, 1);
    await scaling.client.putWarmPool(own());
    await reaches(['Warmed:Stopped', 'Warmed:Stopped']);
    const warm = await ids();
    expect(warm.map((id) => sandbox.instances.find(id)?.state)).toEqual(['stopped', 'stopped']);
    expect((await scaling.group(name)).WarmPoolSize).toBe(2);
    expect([...(await scaling.targets(arn)).keys()].filter((id) => warm.includes(id))).toEqual([]);
    await scaling.client.setDesiredCapacity({ ...own(), DesiredCapacity: 2 });
    const served = await scaling.settled(name, 2);
    expect(served.filter((id) => warm.includes(id))).toHaveLength(1);
    await poll(async () => served.every((id) => sandbox.instances.find(id)?.state === 'running'), 'all run');
    await reaches(['Warmed:Stopped']);
    const { Activities = [] } = await scaling.client.describeScalingActivities(own());
    expect(Activities.map(({ Description = '' }) => Description.replace(/: i-.*/, ''))).toContain(
      'Launching a new EC2 instance from warm pool',
    );
    // Its instances end first, and nothing is launched instead.
    await scaling.client.deleteWarmPool(own());
    await poll(async () => (await pool()).WarmPoolConfiguration === undefined, 'no warm pool', 15_000);
    expect(await scaling.served(name)).toHaveLength(2);
  });

  test('is prepared as far as was asked for, runs where that was asked for, and replaces what ends', async () => {
    await scaling.create(name, { DesiredCapacity: 1, MaxSize: 5 });
    await scaling.settled(name, 1);
    await scaling.client.putWarmPool({ ...own(), MaxGroupPreparedCapacity: 2, PoolState: 'Running' });
    await reaches(['Warmed:Running']);
    const [before = ''] = await ids();
    await callEc2(sandbox, 'TerminateInstances', { InstanceIds: [before] });
    await poll(async () => (await states()).join() === 'Warmed:Running' && (await ids())[0] !== before, 'another one');
    await scaling.client.putWarmPool({ ...own(), MaxGroupPreparedCapacity: 1, PoolState: 'Running' });
    await reaches([]);
    await scaling.client.putWarmPool({ ...own(), MaxGroupPreparedCapacity: 1, MinSize: 1 });
    await reaches(['Warmed:Stopped']);
    expect((await scaling.group(name)).DesiredCapacity).toBe(1);
  });

  test('runs the hooks of a launch twice: into the pool, and out of it', async () => {
    const LifecycleHookName = 'setup';
    await scaling.create(name, { DesiredCapacity: 0, MaxSize: 1 });
    const hook = { ...own(), LifecycleHookName };
    await scaling.client.putLifecycleHook({ ...hook, LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING' });
    await scaling.client.putWarmPool(own());
    await reaches(['Warmed:Pending:Wait']);
    const [InstanceId = ''] = await ids();
    const go = async () =>
      scaling.client.completeLifecycleAction({ ...hook, InstanceId, LifecycleActionResult: 'CONTINUE' });
    await go();
    await reaches(['Warmed:Stopped']);
    await scaling.client.setDesiredCapacity({ ...own(), DesiredCapacity: 1 });
    const state = async () => (await scaling.group(name)).Instances?.[0]?.LifecycleState;
    await poll(async () => (await state()) === 'Pending:Wait', 'Pending:Wait', 15_000);
    await go();
    expect(await scaling.settled(name, 1)).toEqual([InstanceId]);
  });
});

describe('an alarm', () => {
  const alarmFor = async (policy: Partial<PutScalingPolicyType>, more: Partial<PutMetricAlarmInput> = {}) => {
    const { PolicyARN = '' } = await scaling.client.putScalingPolicy({
      AutoScalingGroupName: name,
      PolicyName: 'out',
      AdjustmentType: 'ChangeInCapacity',
      ...policy,
    });
    await cloudwatch.putMetricAlarm({
      AlarmName: name,
      Namespace: 'Shop',
      MetricName: 'Load',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 50,
      ComparisonOperator: 'GreaterThanThreshold',
      AlarmActions: [PolicyARN],
      ...more,
    });
  };
  const breach = async (value: number) =>
    cloudwatch.setAlarmState({
      AlarmName: name,
      StateValue: 'ALARM',
      StateReason: 'by hand',
      StateReasonData: JSON.stringify({ recentDatapoints: [value] }),
    });
  const StepAdjustments = [
    { MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 20, ScalingAdjustment: 1 },
    { MetricIntervalLowerBound: 20, ScalingAdjustment: 3 },
  ];

  test('runs the step of a step policy that its value is in', async () => {
    await scaling.create(name, { DesiredCapacity: 1, MaxSize: 9 });
    await scaling.settled(name, 1);
    await alarmFor({ PolicyType: 'StepScaling', StepAdjustments, EstimatedInstanceWarmup: 0 });
    await breach(80);
    expect(await scaling.settled(name, 4)).toHaveLength(4);
  });

  test('runs a simple policy, and scales in', async () => {
    await scaling.create(name, { DesiredCapacity: 2, MinSize: 1, MaxSize: 9 });
    await scaling.settled(name, 2);
    await alarmFor({ PolicyType: 'SimpleScaling', ScalingAdjustment: -1 });
    await breach(60);
    expect(await scaling.settled(name, 1)).toHaveLength(1);
  });

  test('runs none while AlarmNotification is suspended, and at once when that is resumed', async () => {
    await scaling.create(name, { DesiredCapacity: 1, MaxSize: 9 });
    await scaling.settled(name, 1);
    const paused = { AutoScalingGroupName: name, ScalingProcesses: ['AlarmNotification'] };
    await scaling.client.suspendProcesses(paused);
    await alarmFor({ PolicyType: 'SimpleScaling', ScalingAdjustment: 1 }, { TreatMissingData: 'breaching' });
    const { MetricAlarms } = await cloudwatch.describeAlarms({ AlarmNames: [name] });
    expect(MetricAlarms?.[0]?.StateValue).toBe('ALARM');
    // Beside it, another group is compared several times.
    const other = `${name}-b`;
    await scaling.create(other, { DesiredCapacity: 1, MaxSize: 1 });
    await scaling.settled(other, 1);
    expect((await scaling.group(name)).DesiredCapacity).toBe(1);
    await scaling.client.resumeProcesses(paused);
    await scaling.settled(name, 2);
  });

  test.each([
    ['a policy that is not enabled', { Enabled: false }, {}],
    ['a policy of an alarm without actions', {}, { ActionsEnabled: false }],
  ])('does not run %s', async (_, policy, alarm) => {
    await scaling.create(name, { DesiredCapacity: 1, MaxSize: 9 });
    await alarmFor({ PolicyType: 'SimpleScaling', ScalingAdjustment: 1, ...policy }, alarm);
    await breach(60);
    await scaling.settled(name, 1);
    const other = `${name}-b`;
    await scaling.create(other, { DesiredCapacity: 1, MaxSize: 1 });
    await scaling.settled(other, 1);
    expect((await scaling.group(name)).DesiredCapacity).toBe(1);
  });
});
