import type { Config } from '../config/config.ts';
import { ANYTHING, arn, owned, ownInstances, ownKeys, type Grant } from './grants.ts';

/** What each kind of fleet needs. */

const LAUNCHED = ['instance/*', 'volume/*', 'network-interface/*'];
const LAUNCHED_FROM = [
  'subnet/*',
  'network-interface/*',
  'security-group/*',
  'volume/*',
  'key-pair/*',
  'launch-template/*',
];
const IMAGES = ['Images', 'InstanceAttribute', 'Subnets', 'Tags'];
const TEMPLATES = ['LaunchTemplates', 'LaunchTemplateVersions'];
/** Without a launch template, servers of blue are cloned. */
const CLONED = ['InstanceCreditSpecifications', 'InstanceTypes'];

/** Optional: without it, quotas of vCPUs are not compared. */
const READ_VCPU_QUOTAS: Grant = {
  use: 'read',
  Sid: 'ReadVcpuQuotas',
  Action: ['cloudwatch:GetMetricData', 'ec2:DescribeInstanceTypes'],
  Resource: ANYTHING,
};

function ec2(config: Config): readonly Grant[] {
  const own = arn(config, 'ec2', 'instance/*');
  const all = (kinds: readonly string[]) => kinds.map((kind) => arn(config, 'ec2', kind));
  const image = arn({ ...config, account: '' }, 'ec2', 'image/*');
  const role = `arn:aws:iam::${config.account ?? '*'}:role/*`;
  const tagged = { ...owned(config, 'ResourceTag'), ...ownKeys(config) };
  const adopts = { ...owned(config, 'RequestTag'), ...ownKeys(config) };
  const clones = config.fleet.kind === 'ec2' && config.fleet.launchTemplate === undefined;
  const launches = [...IMAGES, ...TEMPLATES, ...(clones ? CLONED : [])];
  return [
    { use: 'read', Sid: 'Images', Action: launches.map((what) => `ec2:Describe${what}`), Resource: ANYTHING },
    ...imageParameter(config),
    READ_VCPU_QUOTAS,
    {
      use: 'run',
      Sid: 'LaunchOwn',
      Action: ['ec2:RunInstances'],
      Resource: [own],
      Condition: owned(config, 'RequestTag'),
    },
    { use: 'run', Sid: 'LaunchFrom', Action: ['ec2:RunInstances'], Resource: [image, ...all(LAUNCHED_FROM)] },
    {
      use: 'run',
      Sid: 'TagAtLaunch',
      Action: ['ec2:CreateTags'],
      Resource: all(LAUNCHED),
      Condition: { StringEquals: { 'ec2:CreateAction': 'RunInstances' } },
    },
    {
      use: 'run',
      Sid: 'PassRole',
      Action: ['iam:PassRole'],
      Resource: [role],
      Condition: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
    },
    // Without the conditions, permission to tag would be permission to terminate any instance.
    { use: 'run', Sid: 'TagOwn', Action: ['ec2:CreateTags', 'ec2:DeleteTags'], Resource: [own], Condition: tagged },
    {
      use: 'run',
      Sid: 'TerminateOwn',
      Action: ['ec2:TerminateInstances'],
      Resource: [own],
      Condition: owned(config, 'ResourceTag'),
    },
    { use: 'adopt', Sid: 'TagAtAdoption', Action: ['ec2:CreateTags'], Resource: [own], Condition: adopts },
  ];
}

const CLONE_READS = ['Policies', 'ScheduledActions', 'NotificationConfigurations', 'AccountLimits'];
/** What makes a clone of an Auto Scaling group. */
export const CLONE_MAKES = [
  'CreateAutoScalingGroup',
  'PutScalingPolicy',
  'BatchPutScheduledUpdateGroupAction',
  'PutNotificationConfiguration',
  'PutWarmPool',
  'EnableMetricsCollection',
  'SuspendProcesses',
].map((name) => `autoscaling:${name}`);

/** Servers are launched and terminated by their groups: what launches from a template needs leave to do so itself (Auto Scaling user guide, launch template support). */
function autoScaling(config: Config): readonly Grant[] {
  const { fleet, traffic } = config;
  const moves = traffic.kind === 'target-groups';
  const clone = fleet.kind === 'auto-scaling' ? fleet.clone : undefined;
  const groups = clone === undefined ? (fleet.kind === 'auto-scaling' && fleet.groups) || [] : [clone, `${clone}-*`];
  const own = groups.map((name) => arn(config, 'autoscaling', `autoScalingGroup:*:autoScalingGroupName/${name}`));
  const reads = [
    'InstanceRefreshes',
    'LifecycleHooks',
    'ScalingActivities',
    ...(moves ? ['TrafficSources'] : []),
    ...(clone === undefined ? [] : CLONE_READS),
  ];
  const read = reads.map((what) => `autoscaling:Describe${what}`);
  const attaches = ['AttachTrafficSources', 'DetachTrafficSources'].map((name) => `autoscaling:${name}`);
  const change = ['UpdateAutoScalingGroup', 'CreateOrUpdateTags', 'DeleteTags'].map((name) => `autoscaling:${name}`);
  const refresh = ['Start', 'Rollback', 'Cancel'].map((what) => `autoscaling:${what}InstanceRefresh`);
  const launching = ec2(config).filter(({ Sid }) =>
    ['LaunchFrom', 'TagAtLaunch', 'PassRole', 'TagAtAdoption'].includes(Sid),
  );
  const Resource = [arn(config, 'ec2', 'launch-template/*')];
  return [
    { use: 'read', Sid: 'ReadGroups', Action: read, Resource: ANYTHING },
    {
      use: 'read',
      Sid: 'Images',
      Action: ['Images', 'Subnets', ...TEMPLATES].map((what) => `ec2:Describe${what}`),
      Resource: ANYTHING,
    },
    ...imageParameter(config),
    READ_VCPU_QUOTAS,
    { use: 'run', Sid: 'ChangeGroups', Action: [...change, ...(moves ? attaches : [])], Resource: own },
    ...(clone === undefined ? [] : makesClones(config, clone, own)),
    { use: 'run', Sid: 'RefreshGroups', Action: refresh, Resource: own },
    ...(fleet.image === undefined
      ? []
      : [{ use: 'run', Sid: 'MakeVersion', Action: ['ec2:CreateLaunchTemplateVersion'], Resource } as const]),
    { use: 'run', Sid: 'LaunchAny', Action: ['ec2:RunInstances'], Resource: [arn(config, 'ec2', 'instance/*')] },
    ...launching,
    ...(config.deploy === undefined ? [] : [inPlace(own)]),
    // What an instance refresh launches has the tags of the release before until its end.
    notes(config),
    { use: 'adopt', Sid: 'TagGroups', Action: ['autoscaling:CreateOrUpdateTags'], Resource: own },
  ];
}

/** Clones, and the alarms of their policies. */
function makesClones(config: Config, clone: string, own: readonly string[]): readonly Grant[] {
  const Resource = [arn(config, 'cloudwatch', `alarm:${clone}-*`)];
  const ends = ['autoscaling:DeleteAutoScalingGroup', 'autoscaling:DeleteWarmPool'];
  return [
    { use: 'run', Sid: 'MakeClones', Action: CLONE_MAKES, Resource: own },
    { use: 'read', Sid: 'ReadAlarms', Action: ['cloudwatch:DescribeAlarms'], Resource: ANYTHING },
    { use: 'run', Sid: 'MakeAlarms', Action: ['cloudwatch:PutMetricAlarm'], Resource },
    { use: 'run', Sid: 'EndClones', Action: ends, Resource: own },
    { use: 'run', Sid: 'EndAlarms', Action: ['cloudwatch:DeleteAlarms'], Resource },
  ];
}

/** Instances leave traffic through Standby; what else they are registered with is not their group's. */
function inPlace(own: readonly string[]): Grant {
  const names = ['EnterStandby', 'ExitStandby', 'SuspendProcesses', 'ResumeProcesses'];
  const Action = names.map((name) => `autoscaling:${name}`);
  return { use: 'run', Sid: 'DeployInPlace', Action, Resource: [...own] };
}

function imageParameter(config: Config): readonly Grant[] {
  const parameter = config.fleet.image?.parameter;
  if (parameter === undefined) return [];
  const name = parameter.replaceAll('{release}', '*').replace(/^\//, '');
  const Resource = [arn(config, 'ssm', `parameter/${name}`)];
  return [{ use: 'read', Sid: 'ImageParameter', Action: ['ssm:GetParameter'], Resource }];
}

function opsworks(config: Config): readonly Grant[] {
  const actions = (...names: readonly string[]) => names.map((name) => `opsworks:${name}`);
  const described = ['Stacks', 'Layers', 'Instances', 'Apps', 'ServiceErrors', 'LoadBasedAutoScaling'];
  const read = [...actions(...described.map((what) => `Describe${what}`)), 'opsworks:ListTags', 'ec2:DescribeImages'];
  const layers = actions('CreateLayer', 'UpdateLayer', 'DeleteLayer', 'SetLoadBasedAutoScaling', 'TagResource');
  const change = [...layers, ...actions('CreateInstance', 'StartInstance', 'StopInstance', 'DeleteInstance')];
  const Resource = [arn(config, 'opsworks', 'stack/*')];
  return [
    { use: 'read', Sid: 'Layers', Action: read, Resource: ANYTHING },
    ...imageParameter(config),
    { use: 'run', Sid: 'ChangeLayers', Action: change, Resource },
    ...(config.deploy === undefined ? [] : [notes(config)]),
    { use: 'adopt', Sid: 'TagLayer', Action: ['opsworks:TagResource'], Resource },
  ];
}

/** Notes on single instances, which no layer can hold. */
function notes(config: Config): Grant {
  return {
    use: 'run',
    Sid: 'NoteOnInstances',
    Action: ['ec2:CreateTags', 'ec2:DeleteTags'],
    Resource: [arn(config, 'ec2', 'instance/*')],
    Condition: { ...ownInstances(config), ...ownKeys(config) },
  };
}

/** By the kind in the config. */
export const FLEET_GRANTS: Readonly<Record<Config['fleet']['kind'], (config: Config) => readonly Grant[]>> = {
  ec2,
  opsworks,
  'auto-scaling': autoScaling,
};
