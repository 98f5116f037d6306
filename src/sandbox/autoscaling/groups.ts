import { randomUUID } from 'node:crypto';
import type {
  AutoScalingGroup,
  AutoScalingGroupNamesType,
  AutoScalingGroupsType,
  CreateAutoScalingGroupType,
  DeleteAutoScalingGroupType,
  DescribeAccountLimitsAnswer,
  DescribeScalingActivitiesType,
  ActivitiesType,
  SetDesiredCapacityType,
  UpdateAutoScalingGroupType,
} from '@aws-sdk/client-auto-scaling';
import type { Call } from '../service.ts';
import { call as invoke } from '../service.ts';
import { ACCOUNT } from '../ec2/state.ts';
import { deregisterMembers } from './balancer.ts';
import { scalingError } from './errors.ts';
import { reweigh, type ScalingGroup } from './model.ts';
import { pageByOffset } from './paging.ts';
import { startLoop } from './reconcile.ts';
import { activeRefresh } from './refresh.ts';
import { checkDesired, checkedSettings } from './settings.ts';
import { attach, checkedSources } from './sources.ts';
import { changeable, scalingGroupOf, publish, type AutoScalingState } from './state.ts';
import { mergedTags, tagsMatch } from './tags.ts';

/** Quotas of a region (the model's default; the account's own are what DescribeAccountLimits says). */
const GROUPS_MAX = 500;
const CONFIGURATIONS_MAX = 200;

export async function createGroup(state: AutoScalingState, input: CreateAutoScalingGroupType): Promise<object> {
  const { AutoScalingGroupName: name = '', Tags, LifecycleHookSpecificationList: hooks = [] } = input;
  const { TargetGroupARNs, TrafficSources, ...rest } = input;
  checkName(name);
  if (state.groups.has(name)) throw scalingError.exists(name);
  if (state.groups.size >= GROUPS_MAX) throw scalingError.limit('The maximum number of groups has been reached');
  const { Tags: _tags, LifecycleHookSpecificationList: _hooks, DesiredCapacity, ...given } = rest;
  const settings = await checkedSettings(state, given);
  const desired = DesiredCapacity ?? settings.MinSize ?? 0;
  checkDesired(desired, settings);
  const sources = await checkedSources(state, { TargetGroupARNs, TrafficSources });
  const arn = `arn:aws:autoscaling:${state.region}:${ACCOUNT}:autoScalingGroup:${randomUUID()}:autoScalingGroupName/${name}`;
  const group: ScalingGroup = {
    name,
    arn,
    createdAt: new Date(state.clock.now()),
    settings,
    desired,
    isDeleting: false,
    members: new Map(),
    sources: new Map(),
    suspended: new Map(),
    hooks: new Map(hooks.map((hook) => [hook.LifecycleHookName ?? '', { ...hook, AutoScalingGroupName: name }])),
    policies: new Map(),
    schedules: new Map(),
    metrics: new Set(),
    topics: new Map(),
    warm: new Map(),
    ranAt: new Map(),
    tags: mergedTags(name, [], Tags),
    activities: [],
    refreshes: [],
    retryAt: 0,
  };
  state.groups.set(name, group);
  await attach(state, group, sources);
  publish(state, group);
  startLoop(state, group);
  return {};
}

function checkName(name: string): void {
  if (!/^[!-9;-~]{1,255}$/.test(name))
    throw scalingError.invalid(`Group name '${name}' must have 1 to 255 printable ASCII characters without a colon`);
}

export async function updateGroup(state: AutoScalingState, input: UpdateAutoScalingGroupType): Promise<object> {
  const group = changeable(state, input.AutoScalingGroupName);
  const { DesiredCapacity, ...given } = input;
  const settings = await checkedSettings(state, given, group.settings);
  // The desired capacity follows sizes that do not allow it (API reference, UpdateAutoScalingGroup).
  const { MinSize: min = 0, MaxSize: max = 0 } = settings;
  const desired = DesiredCapacity ?? Math.min(Math.max(group.desired, min), max);
  checkDesired(desired, settings);
  if (activeRefresh(group)?.shape.DesiredConfiguration && (given.LaunchTemplate ?? given.MixedInstancesPolicy))
    throw scalingError.refreshing();
  Object.assign(group, { settings, desired });
  reweigh(group);
  publish(state, group);
  return {};
}

export function setDesiredCapacity(state: AutoScalingState, input: SetDesiredCapacityType): object {
  const group = changeable(state, input.AutoScalingGroupName);
  const desired = input.DesiredCapacity ?? 0;
  checkDesired(desired, group.settings);
  group.desired = desired;
  publish(state, group);
  return {};
}

/** ForceDelete terminates the instances at once, without hooks; without it the group must be empty. */
export async function deleteGroup(state: AutoScalingState, input: DeleteAutoScalingGroupType): Promise<object> {
  const group = scalingGroupOf(state, input.AutoScalingGroupName);
  const protection = group.settings.DeletionProtection ?? 'none';
  if (protection === 'prevent-all-deletion' || (protection === 'prevent-force-deletion' && input.ForceDelete))
    throw scalingError.invalid(`AutoScalingGroup ${group.name} has deletion protection ${protection}`);
  const ids = [...group.members.keys(), ...group.warm.keys()];
  if (group.members.size > 0 && !input.ForceDelete) {
    if ([...group.members.values()].some(({ state: one }) => one.startsWith('Terminating')))
      throw scalingError.activity(
        'You cannot delete an AutoScalingGroup while there are scaling activities in progress for that group.',
      );
    throw scalingError.inUse(
      'You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.',
    );
  }
  if (group.warmPool && !input.ForceDelete)
    throw scalingError.inUse('You cannot delete an AutoScalingGroup while it has a warm pool.');
  group.isDeleting = true;
  group.desired = 0;
  state.loops.get(group.name)?.();
  state.loops.delete(group.name);
  for (const { cancel } of group.schedules.values()) cancel();
  if (ids.length > 0) await invoke(state.ec2, 'TerminateInstances', { InstanceIds: ids });
  await deregisterMembers(state, [...group.sources.values()], ids);
  state.groups.delete(group.name);
  publish(state, group);
  return {};
}

export function describeGroups(
  state: AutoScalingState,
  input: AutoScalingGroupNamesType,
  call?: Call,
): AutoScalingGroupsType {
  const all = state.published.values(call?.lagMs);
  const names = input.AutoScalingGroupNames ?? [];
  const selected = all
    .filter(({ AutoScalingGroupName: name = '' }) => names.length === 0 || names.includes(name))
    .filter(({ Tags }) => tagsMatch(Tags ?? [], input.Filters));
  const { items, next } = pageByOffset(selected, input, state.pageSize);
  const bare = ({ Instances: _instances, ...group }: AutoScalingGroup): AutoScalingGroup => group;
  return { AutoScalingGroups: input.IncludeInstances === false ? items.map(bare) : items, ...next };
}

/** Newest first. */
export function describeActivities(state: AutoScalingState, input: DescribeScalingActivitiesType): ActivitiesType {
  const groups =
    input.AutoScalingGroupName === undefined
      ? state.groups.values()
      : [scalingGroupOf(state, input.AutoScalingGroupName)];
  const wanted = input.ActivityIds;
  const all = [...groups].flatMap(({ activities }) => activities);
  const selected = all
    .filter(({ ActivityId }) => !wanted || wanted.includes(ActivityId ?? ''))
    .toSorted((a, b) => Number(b.StartTime) - Number(a.StartTime));
  const { items, next } = pageByOffset(selected, input, state.pageSize);
  return { Activities: items.map((activity) => ({ ...activity })), ...next };
}

export function describeAccountLimits(state: AutoScalingState): DescribeAccountLimitsAnswer {
  return {
    MaxNumberOfAutoScalingGroups: GROUPS_MAX,
    MaxNumberOfLaunchConfigurations: CONFIGURATIONS_MAX,
    NumberOfAutoScalingGroups: state.groups.size,
    NumberOfLaunchConfigurations: 0,
  };
}
