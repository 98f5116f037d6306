import { expect, test } from 'vitest';
import type { AutoScaling, AutoScalingGroup, GroupParts } from '../../src/aws/autoscaling.ts';
import { makeClone } from '../../src/fleets/auto-scaling/make-clone.ts';
import type { AutoScalingDeps } from '../../src/fleets/auto-scaling/groups.ts';

/** Each member of what AWS describes of a group: it is in the requests that make the clone, or it is the clone's own. */

const COPIED = {
  MaxSize: 9,
  DefaultCooldown: 33,
  HealthCheckType: 'ELB,EBS',
  HealthCheckGracePeriod: 77,
  PlacementGroup: 'near',
  VPCZoneIdentifier: 'subnet-a,subnet-b',
  TerminationPolicies: ['arn:aws:lambda:eu-west-1:1:function:choose', 'Default'],
  NewInstancesProtectedFromScaleIn: true,
  ServiceLinkedRoleARN:
    'arn:aws:iam::1:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling_shop',
  MaxInstanceLifetime: 86_400,
  CapacityRebalance: true,
  Context: 'x',
  DesiredCapacityType: 'vcpu',
  DefaultInstanceWarmup: 22,
  InstanceMaintenancePolicy: { MinHealthyPercentage: 90, MaxHealthyPercentage: 120 },
  AvailabilityZoneDistribution: { CapacityDistributionStrategy: 'balanced-only' },
  AvailabilityZoneImpairmentPolicy: { ZonalShiftEnabled: true, ImpairedZoneHealthCheckBehavior: 'IgnoreUnhealthy' },
  CapacityReservationSpecification: { CapacityReservationPreference: 'capacity-reservations-first' },
  InstanceLifecyclePolicy: { RetentionTriggers: { TerminateHookAbandon: 'retain' } },
} satisfies Partial<AutoScalingGroup>;
/** What only AWS writes, what is refused beforehand, and what is of the one group. */
const LEFT = {
  AutoScalingGroupARN: 'arn:group',
  CreatedTime: new Date(0),
  PredictedCapacity: 7,
  Instances: [],
  WarmPoolSize: 2,
  AvailabilityZones: ['eu-west-1a', 'eu-west-1b'],
  AvailabilityZoneIds: ['euw1-az1', 'euw1-az2'],
  TargetGroupARNs: ['arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/one/1'],
  TrafficSources: [{ Identifier: 'arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/one/1', Type: 'elbv2' }],
} satisfies Partial<AutoScalingGroup>;
const TEMPLATE = { LaunchTemplateId: 'lt-1', Version: '7' };
const DISTRIBUTION = {
  OnDemandBaseCapacity: 1,
  OnDemandPercentageAboveBaseCapacity: 50,
  SpotAllocationStrategy: 'lowest-price',
};
const OVERRIDES = [
  { InstanceType: 't3.micro', WeightedCapacity: '2' },
  { InstanceRequirements: { VCpuCount: { Min: 2 }, MemoryMiB: { Min: 1 } } },
];
const SOURCE: AutoScalingGroup = {
  ...COPIED,
  ...LEFT,
  AutoScalingGroupName: 'shop-web',
  MinSize: 3,
  DesiredCapacity: 4,
  MixedInstancesPolicy: {
    LaunchTemplate: { LaunchTemplateSpecification: TEMPLATE, Overrides: OVERRIDES },
    InstancesDistribution: DISTRIBUTION,
  },
  Tags: [{ ResourceId: 'shop-web', Key: 'team', Value: 'web', PropagateAtLaunch: true }],
  EnabledMetrics: [{ Metric: 'GroupMinSize', Granularity: '1Minute' }],
  SuspendedProcesses: [{ ProcessName: 'AZRebalance' }],
  WarmPoolConfiguration: {
    MinSize: 1,
    MaxGroupPreparedCapacity: 5,
    PoolState: 'Running',
    InstanceReusePolicy: { ReuseOnScaleIn: true },
    Status: 'PendingDelete',
  },
};

const HOOK = {
  LifecycleHookName: 'hello',
  LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
  NotificationTargetARN: 'arn:aws:sqs:eu-west-1:1:hooks',
  RoleARN: 'arn:aws:iam::1:role/hooks',
  NotificationMetadata: 'logs',
  HeartbeatTimeout: 30,
  DefaultResult: 'CONTINUE',
};
const POLICIES = [
  {
    PolicyName: 'step',
    PolicyType: 'StepScaling',
    Enabled: false,
    AdjustmentType: 'PercentChangeInCapacity',
    MinAdjustmentMagnitude: 2,
    MetricAggregationType: 'Maximum',
    EstimatedInstanceWarmup: 60,
    StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment: 10 }],
  },
  {
    PolicyName: 'simple',
    PolicyType: 'SimpleScaling',
    Enabled: true,
    AdjustmentType: 'ChangeInCapacity',
    ScalingAdjustment: -1,
    Cooldown: 44,
  },
  {
    PolicyName: 'forecast',
    PolicyType: 'PredictiveScaling',
    Enabled: true,
    PredictiveScalingConfiguration: {
      MetricSpecifications: [
        {
          TargetValue: 50,
          PredefinedMetricPairSpecification: {
            PredefinedMetricType: 'ALBRequestCount' as const,
            ResourceLabel: 'app/shop/9/targetgroup/one/1',
          },
        },
      ],
      Mode: 'ForecastAndScale' as const,
      SchedulingBufferTime: 300,
      MaxCapacityBreachBehavior: 'IncreaseMaxCapacity' as const,
      MaxCapacityBuffer: 10,
    },
  },
];
const LATER = new Date('2099-01-01T08:00:00Z');
const PAST = new Date('2020-01-01T08:00:00Z');
const SIZES = { MinSize: 1, MaxSize: 9, DesiredCapacity: 3 };
const EVERY_DAY = { Recurrence: '0 8 * * *', TimeZone: 'Europe/Berlin' };

const PARTS: GroupParts = {
  hooks: [{ ...HOOK, AutoScalingGroupName: 'shop-web', GlobalTimeout: 3000 }],
  policies: POLICIES.map((policy, n) => ({
    ...policy,
    AutoScalingGroupName: 'shop-web',
    PolicyARN: `arn:${n}`,
    Alarms: [],
  })),
  schedules: [
    { ScheduledActionName: 'daily', StartTime: PAST, Time: PAST, EndTime: LATER, ...EVERY_DAY, ...SIZES },
    { ScheduledActionName: 'sale', StartTime: LATER, Time: LATER, ...SIZES },
    { ScheduledActionName: 'over', StartTime: PAST, Time: PAST, ...SIZES },
  ].map((one) => ({ ...one, AutoScalingGroupName: 'shop-web', ScheduledActionARN: 'arn:schedule' })),
  notifications: ['LAUNCH', 'TERMINATE'].map((NotificationType) => ({
    AutoScalingGroupName: 'shop-web',
    TopicARN: 'arn:topic',
    NotificationType,
  })),
};

/** What each request was given, by its name here. */
async function requested(): Promise<Readonly<Record<string, readonly (readonly unknown[])[]>>> {
  const asked: Record<string, unknown[][]> = {};
  const scaling = new Proxy({} as AutoScaling, {
    get:
      (_target, name: string) =>
      async (...given: unknown[]) => {
        if (name === 'partsOf') return PARTS;
        (asked[name] ??= []).push(given);
        return 'arn:made';
      },
  });
  const deps = {
    owner: { environment: 'shop', tagPrefix: 'turnout' },
    scaling,
    cloudwatch: async () => ({ metricAlarms: async () => [] }),
  };
  const targetGroups = ['arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/two/2'];
  const clone = { name: 'shop-web-42', template: { LaunchTemplateId: 'lt-1', Version: '8' }, targetGroups, tags: [] };
  await makeClone(deps as unknown as AutoScalingDeps, SOURCE, clone, false);
  return asked;
}

test('a clone gets each member that the group has, in the request that makes it', async () => {
  const { create } = await requested();
  const mixed = SOURCE.MixedInstancesPolicy!;
  const template = { LaunchTemplateId: 'lt-1', Version: '8' };
  expect(create).toEqual([
    [
      {
        ...COPIED,
        AutoScalingGroupName: 'shop-web-42',
        MinSize: 0,
        DesiredCapacity: 0,
        MixedInstancesPolicy: {
          ...mixed,
          LaunchTemplate: { ...mixed.LaunchTemplate, LaunchTemplateSpecification: template },
        },
        TrafficSources: [{ Identifier: 'arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/two/2', Type: 'elbv2' }],
        LifecycleHookSpecificationList: [HOOK],
        Tags: [
          {
            ResourceId: 'shop-web-42',
            ResourceType: 'auto-scaling-group',
            Key: 'team',
            Value: 'web',
            PropagateAtLaunch: true,
          },
        ],
      },
    ],
  ]);
});

test('a clone gets all that is put into a group after it is there', async () => {
  const { create: _create, ...after } = await requested();
  const AutoScalingGroupName = 'shop-web-42';
  expect(after).toEqual({
    putPolicy: POLICIES.map((policy) => [
      {
        ...(JSON.parse(JSON.stringify(policy).replace('targetgroup/one/1', 'targetgroup/two/2')) as object),
        AutoScalingGroupName,
      },
    ]),
    putSchedules: [
      [
        AutoScalingGroupName,
        [
          { ScheduledActionName: 'daily', EndTime: LATER, ...EVERY_DAY, ...SIZES },
          { ScheduledActionName: 'sale', StartTime: LATER, ...SIZES },
        ],
      ],
    ],
    putNotification: [[AutoScalingGroupName, 'arn:topic', ['LAUNCH', 'TERMINATE']]],
    enableMetrics: [[AutoScalingGroupName, ['GroupMinSize']]],
    putWarmPool: [
      [
        {
          AutoScalingGroupName,
          MinSize: 1,
          MaxGroupPreparedCapacity: 5,
          PoolState: 'Running',
          InstanceReusePolicy: { ReuseOnScaleIn: true },
        },
      ],
    ],
    suspend: [[AutoScalingGroupName, ['AZRebalance']]],
  });
});
