import { expect, test } from 'vitest';
import { CloudWatch } from '../../src/aws/cloudwatch.ts';
import { Ec2 } from '../../src/aws/ec2.ts';
import { openSession } from '../support/aws.ts';
import { HELD, startCloned } from '../support/cloned.ts';
import { errorOf } from '../support/expect-advice.ts';

/** A group that is made like another one, on the sandbox. */

const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:ops';

type World = Awaited<ReturnType<typeof startCloned>>;

/** All that a team may have set on the group that serves. */
async function decorate({ scaling: { client }, sandbox }: World): Promise<void> {
  const AutoScalingGroupName = 'shop-web';
  const label = (arn: string) => arn.slice(arn.lastIndexOf(':') + 1);
  await client.updateAutoScalingGroup({
    AutoScalingGroupName,
    HealthCheckType: 'ELB',
    HealthCheckGracePeriod: 77,
    DefaultCooldown: 33,
    DefaultInstanceWarmup: 22,
    MaxInstanceLifetime: 86_400,
    CapacityRebalance: true,
    TerminationPolicies: ['OldestInstance'],
    InstanceMaintenancePolicy: { MinHealthyPercentage: 90, MaxHealthyPercentage: 120 },
    AvailabilityZoneDistribution: { CapacityDistributionStrategy: 'balanced-only' },
  });
  const hook = { AutoScalingGroupName, LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING' };
  const quick = { HeartbeatTimeout: 30, DefaultResult: 'CONTINUE' };
  const managed = 'CodeDeploy-managed-automatic-launch-deployment-hook-shop';
  await client.putLifecycleHook({ ...hook, LifecycleHookName: managed });
  const bye = { LifecycleHookName: 'bye', LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING' };
  await client.putLifecycleHook({ ...hook, ...bye, ...quick, NotificationMetadata: 'logs' });
  await client.putScalingPolicy({
    AutoScalingGroupName,
    PolicyName: 'requests',
    PolicyType: 'TargetTrackingScaling',
    Enabled: false,
    TargetTrackingConfiguration: {
      TargetValue: 50,
      DisableScaleIn: true,
      PredefinedMetricSpecification: {
        PredefinedMetricType: 'ALBRequestCountPerTarget',
        ResourceLabel: `app/shop/0123456789abcdef/${label(sandbox.production[0]!.arn)}`,
      },
    },
  });
  await client.putScheduledUpdateGroupAction({
    AutoScalingGroupName,
    ScheduledActionName: 'morning',
    Recurrence: '0 8 * * 1-5',
    TimeZone: 'Europe/Berlin',
    MinSize: 1,
  });
  const NotificationTypes = ['autoscaling:EC2_INSTANCE_LAUNCH', 'autoscaling:EC2_INSTANCE_LAUNCH_ERROR'];
  await client.putNotificationConfiguration({ AutoScalingGroupName, TopicARN: TOPIC, NotificationTypes });
  await client.enableMetricsCollection({ AutoScalingGroupName, Granularity: '1Minute', Metrics: ['GroupMinSize'] });
  await client.suspendProcesses({ AutoScalingGroupName, ScalingProcesses: ['AZRebalance', 'Launch'] });
  await client.putWarmPool({ AutoScalingGroupName, MaxGroupPreparedCapacity: 3, MinSize: 1, PoolState: 'Stopped' });
  const tag = { ResourceId: AutoScalingGroupName, ResourceType: 'auto-scaling-group' };
  await client.createOrUpdateTags({ Tags: [{ ...tag, Key: 'team', Value: 'web', PropagateAtLaunch: true }] });
}

/** What a clone has of its own, or what is compared in detail. */
const DIFFERENT: ReadonlySet<string> = new Set([
  'AutoScalingGroupName',
  'AutoScalingGroupARN',
  'CreatedTime',
  'Instances',
  'LaunchTemplate',
  'MinSize',
  'DesiredCapacity',
  'SuspendedProcesses',
  'Tags',
  'TargetGroupARNs',
  'TrafficSources',
  // What it has launched so far.
  'WarmPoolSize',
]);

/** Of a group, what has to be the same in its clone. */
async function comparable({ scaling }: World, name: string) {
  const { client } = scaling;
  const AutoScalingGroupName = name;
  const group = await scaling.group(name);
  const [{ LifecycleHooks = [] }, policies, schedules, notifications] = await Promise.all([
    client.describeLifecycleHooks({ AutoScalingGroupName }),
    client.describePolicies({ AutoScalingGroupName }),
    client.describeScheduledActions({ AutoScalingGroupName }),
    client.describeNotificationConfigurations({ AutoScalingGroupNames: [name] }),
  ]);
  const { SuspendedProcesses = [], Tags = [] } = group;
  return {
    same: Object.fromEntries(Object.entries(group).filter(([key]) => !DIFFERENT.has(key))),
    tags: Tags.filter(({ Key }) => !Key?.startsWith('turnout:')).map(({ ResourceId: _id, ...tag }) => tag),
    suspended: SuspendedProcesses.map(({ ProcessName }) => ProcessName),
    hooks: LifecycleHooks.map(({ AutoScalingGroupName: _group, ...hook }) => hook),
    policies: (policies.ScalingPolicies ?? []).map(
      ({ AutoScalingGroupName: _group, PolicyARN: _arn, ...policy }) => policy,
    ),
    schedules: (schedules.ScheduledUpdateGroupActions ?? []).map(
      ({ AutoScalingGroupName: _group, ScheduledActionARN: _arn, ...action }) => action,
    ),
    topics: (notifications.NotificationConfigurations ?? []).map(({ AutoScalingGroupName: _group, ...topic }) => topic),
  };
}

test('a clone has all that the group has, but what it must not have, and that is told', async () => {
  const world = await startCloned();
  await decorate(world);
  const source = await comparable(world, 'shop-web');
  const order = await world.order();
  expect(order.spec.summary.join(' ')).toMatch(/new group shop-web-42-r1: 2 instances, from a version/);
  expect(order.spec.summary.join(' ')).toContain(
    'Not copied: CodeDeploy-managed-automatic-launch-deployment-hook-shop',
  );
  expect(order.spec.summary.join(' ')).toContain('its warm pool, which keeps 1 instance ready.');
  expect(order.spec.summary.join(' ')).toContain('Not copied: that Launch is suspended.');
  await world.fleet.launch(order);
  await world.scaling.settled('shop-web-42-r1', 2);
  const made = await comparable(world, 'shop-web-42-r1');
  const [from, to] = [world.sandbox.production[0]!.arn, world.sandbox.test[0]!.arn].map((arn) =>
    arn.slice(arn.lastIndexOf(':') + 1),
  );
  expect(made).toEqual({
    ...source,
    suspended: ['AZRebalance'],
    hooks: source.hooks.filter(({ LifecycleHookName }) => LifecycleHookName === 'bye'),
    policies: JSON.parse(JSON.stringify(source.policies).replaceAll(from!, to!)) as unknown,
  });
  const { MinSize, TargetGroupARNs, LaunchTemplate } = await world.scaling.group('shop-web-42-r1');
  expect({ MinSize, TargetGroupARNs, version: LaunchTemplate?.Version }).toEqual({
    MinSize: 2,
    TargetGroupARNs: [world.sandbox.test[0]!.arn],
    version: '2',
  });
  const [green] = await world.fleet.readFleets(['42-r1']);
  expect(green).toMatchObject({ release: '42', group: { name: 'shop-web-42-r1', clone: true, held: HELD } });
});

test('types that have an image of their own launch from that of the release, in the clone as well', async () => {
  const { scaling, sandbox, fleet, order } = await startCloned();
  const images = await new Ec2(openSession(sandbox.url)).images([], ['self']);
  const idOf = (name: string) => images.find(({ Name }) => Name === name)?.ImageId;
  const LaunchTemplateSpecification = { LaunchTemplateName: 'shop-web', Version: '1' };
  const Overrides = [{ InstanceType: 't3.small', ImageId: idOf('shop-41') }];
  const MixedInstancesPolicy = { LaunchTemplate: { LaunchTemplateSpecification, Overrides } };
  await scaling.client.updateAutoScalingGroup({ AutoScalingGroupName: 'shop-web', MixedInstancesPolicy });
  await fleet.launch(await order());
  await scaling.settled('shop-web-42-r1', 2);
  const { Instances = [] } = await scaling.group('shop-web-42-r1');
  expect(Instances.map(({ ImageId }) => ImageId)).toEqual([idOf('shop-42'), idOf('shop-42')]);
  const [green] = await fleet.readFleets(['42-r1']);
  expect(green?.instances.map(({ release }) => release)).toEqual(['42', '42']);
});

test('a clone that was half made is completed, once, and deleted when it is empty', async () => {
  const world = await startCloned();
  await decorate(world);
  const order = await world.order();
  const { client } = world.scaling;
  const broken = world.sandbox.autoscaling.operations as Record<string, unknown>;
  const whole = broken['EnableMetricsCollection'];
  broken['EnableMetricsCollection'] = () => {
    throw new Error('killed');
  };
  await expect(world.fleet.launch(order)).rejects.toThrow('killed');
  broken['EnableMetricsCollection'] = whole;
  expect((await world.scaling.group('shop-web-42-r1')).DesiredCapacity).toBe(0);
  await world.fleet.launch(order);
  await client.setDesiredCapacity({ AutoScalingGroupName: 'shop-web-42-r1', DesiredCapacity: 3 });
  await world.fleet.launch(order);
  await world.scaling.settled('shop-web-42-r1', 3);
  expect((await comparable(world, 'shop-web-42-r1')).policies).toHaveLength(1);
  const [green] = await world.fleet.readFleets(['42-r1']);
  await world.fleet.remove(green!);
  expect((await world.scaling.group('shop-web-42-r1')).Instances).toHaveLength(3);
  await client.deleteLifecycleHook({ AutoScalingGroupName: 'shop-web-42-r1', LifecycleHookName: 'bye' });
  await world.fleet.terminate(green!);
  await world.scaling.settled('shop-web-42-r1', 0);
  await world.fleet.remove(green!);
  await world.fleet.remove(green!);
  const { AutoScalingGroups = [] } = await client.describeAutoScalingGroups({});
  expect(AutoScalingGroups.map(({ AutoScalingGroupName }) => AutoScalingGroupName)).toEqual(['shop-web']);
});

test('another group of that name is left alone, and a refused schedule stops the launch', async () => {
  const world = await startCloned();
  const order = await world.order();
  await world.scaling.create('shop-web-42-r1');
  const taken = await errorOf(world.fleet.launch(order));
  expect(taken.code).toBe('name-taken');
  await world.scaling.client.deleteAutoScalingGroup({ AutoScalingGroupName: 'shop-web-42-r1' });
  await decorate(world);
  const operations = world.sandbox.autoscaling.operations as Record<string, unknown>;
  operations['BatchPutScheduledUpdateGroupAction'] = () => ({
    FailedScheduledUpdateGroupActions: [{ ScheduledActionName: 'morning', ErrorMessage: 'no' }],
  });
  const refused = await errorOf(world.fleet.launch(order));
  expect(refused.code).toBe('schedule-refused');
  expect((await world.scaling.group('shop-web-42-r1')).DesiredCapacity).toBe(0);
});

test('a clone that would be larger than its group may be is not made at all', async () => {
  const world = await startCloned();
  const { spec, ...order } = await world.order();
  const larger = { ...spec, group: { ...spec.group!, count: 99, capacity: 99 } };
  expect((await errorOf(world.fleet.launch({ ...order, spec: larger }))).code).toBe('group-too-small');
  const { AutoScalingGroups = [] } = await world.scaling.client.describeAutoScalingGroups({});
  expect(AutoScalingGroups.map(({ AutoScalingGroupName }) => AutoScalingGroupName)).toEqual(['shop-web']);
});

test('the alarms of step and simple policies run those of the clone, and end with it', async () => {
  const world = await startCloned();
  const { client } = world.scaling;
  const AutoScalingGroupName = 'shop-web';
  const adjusts = { AutoScalingGroupName, AdjustmentType: 'ChangeInCapacity' };
  const { PolicyARN: out = '' } = await client.putScalingPolicy({
    ...adjusts,
    PolicyName: 'out',
    PolicyType: 'StepScaling',
    StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment: 2 }],
  });
  const alarms = new CloudWatch(openSession(world.sandbox.url));
  const busy = {
    AlarmName: 'shop-web-busy',
    AlarmDescription: 'Many requests',
    AlarmActions: [out, TOPIC],
    OKActions: [TOPIC],
    Namespace: 'AWS/EC2',
    MetricName: 'CPUUtilization',
    Statistic: 'Average' as const,
    Dimensions: [{ Name: 'AutoScalingGroupName', Value: 'shop-web' }],
    Period: 60,
    EvaluationPeriods: 3,
    DatapointsToAlarm: 2,
    Threshold: 70,
    ComparisonOperator: 'GreaterThanThreshold' as const,
    TreatMissingData: 'notBreaching',
  };
  await alarms.putMetricAlarm(busy);
  const order = await world.order();
  expect(order.spec.summary.join(' ')).toContain('1 scaling policy, 1 alarm,');
  await world.fleet.launch(order);
  await world.scaling.settled('shop-web-42-r1', 2);
  const [policy] = (await client.describePolicies({ AutoScalingGroupName: 'shop-web-42-r1' })).ScalingPolicies ?? [];
  expect(policy?.PolicyARN).not.toBe(out);
  const [made] = await alarms.metricAlarms(['shop-web-42-r1-busy']);
  expect(made).toMatchObject({
    ...busy,
    AlarmName: 'shop-web-42-r1-busy',
    AlarmActions: [policy?.PolicyARN, TOPIC],
    Dimensions: [{ Name: 'AutoScalingGroupName', Value: 'shop-web-42-r1' }],
  });
  const [green] = await world.fleet.readFleets(['42-r1']);
  await world.fleet.terminate(green!);
  await world.scaling.settled('shop-web-42-r1', 0);
  await world.fleet.remove(green!);
  const left = await alarms.metricAlarms(['shop-web-42-r1-busy', 'shop-web-busy']);
  expect(left.map(({ AlarmName }) => AlarmName)).toEqual(['shop-web-busy']);
});
