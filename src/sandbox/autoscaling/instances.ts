import type {
  ActivitiesType,
  Activity,
  ActivityType,
  AttachInstancesQuery,
  AutoScalingInstancesType,
  DescribeAutoScalingInstancesType,
  DetachInstancesQuery,
  EnterStandbyQuery,
  ExitStandbyQuery,
  SetInstanceHealthQuery,
  SetInstanceProtectionQuery,
  TerminateInstanceInAutoScalingGroupType,
} from '@aws-sdk/client-auto-scaling';
import type { DescribeInstancesResult } from '@aws-sdk/client-ec2';
import { call, type Call } from '../service.ts';
import { scalingError } from './errors.ts';
import { detach, enterService, standBy, terminateMember } from './members.ts';
import type { Member, ScalingGroup } from './model.ts';
import { pageByOffset } from './paging.ts';
import { detailsShape } from './shapes.ts';
import { changeable, publish, startActivity, type AutoScalingState } from './state.ts';

/** Limits of one request (Service quotas). */
const AT_ONCE = 20;
const PROTECTED_AT_ONCE = 50;

/** The instances of a request. Throws `ValidationError` when one is not of the group, or not in the state that is needed. */
function membersOf(
  group: ScalingGroup,
  ids: readonly string[] | undefined,
  needed: string | undefined,
  most = AT_ONCE,
): readonly Member[] {
  if (!ids?.length) throw scalingError.invalid('At least one instance id is required');
  if (ids.length > most) throw scalingError.invalid(`At most ${most} instances can be given at once`);
  return ids.map((id) => {
    const member = group.members.get(id);
    if (!member) throw scalingError.invalid(`The instance ${id} is not part of Auto Scaling group ${group.name}.`);
    if (needed !== undefined && member.state !== needed)
      throw scalingError.invalid(`The instance ${id} is not in ${needed}.`);
    return member;
  });
}

/** In units of the group's sizes. */
function weightOf(members: readonly Member[]): number {
  return members.reduce((sum, { weight }) => sum + weight, 0);
}

function shrink(group: ScalingGroup, by: number): void {
  const next = group.desired - by;
  if (next < (group.settings.MinSize ?? 0))
    throw scalingError.invalid(
      `AutoScalingGroup ${group.name} has min size = ${group.settings.MinSize}, max size = ${group.settings.MaxSize}, and desired size = ${group.desired}. To place into standby or detach ${by} instances, please reduce the min size accordingly, or do not decrement the desired capacity.`,
    );
  group.desired = next;
}

function grow(group: ScalingGroup, by: number): void {
  const next = group.desired + by;
  if (next > (group.settings.MaxSize ?? 0))
    throw scalingError.invalid(
      `AutoScalingGroup ${group.name} has max size = ${group.settings.MaxSize} and desired size = ${group.desired}: adding ${by} instances would exceed the max size.`,
    );
  group.desired = next;
}

function starts(
  state: AutoScalingState,
  group: ScalingGroup,
  members: readonly Member[],
  what: string,
): readonly Activity[] {
  return members.map((member) => {
    member.activity = startActivity(
      state,
      group,
      `${what}: ${member.id}`,
      'instances were changed in response to a user request',
    );
    return member.activity;
  });
}

const ENDED = 'an instance was taken out of service in response to an EC2 health check';

function background(state: AutoScalingState, work: Promise<void>): void {
  void work.catch(state.onError);
}

export function enterStandby(state: AutoScalingState, input: EnterStandbyQuery): ActivitiesType {
  const group = changeable(state, input.AutoScalingGroupName);
  const members = membersOf(group, input.InstanceIds, 'InService');
  if (input.ShouldDecrementDesiredCapacity) shrink(group, weightOf(members));
  const Activities = [...starts(state, group, members, 'Moving EC2 instance to Standby')];
  background(state, standBy(state, group, members));
  return { Activities };
}

export function exitStandby(state: AutoScalingState, input: ExitStandbyQuery): ActivitiesType {
  const group = changeable(state, input.AutoScalingGroupName);
  const members = membersOf(group, input.InstanceIds, 'Standby');
  grow(group, weightOf(members));
  const Activities = [...starts(state, group, members, 'Moving EC2 instance out of Standby')];
  for (const member of members) {
    member.state = 'Pending';
    const isRunning = state.instances.find(member.id)?.state === 'running';
    background(state, isRunning ? enterService(state, group, member) : terminateMember(state, group, member, ENDED));
  }
  return { Activities };
}

export function detachInstances(state: AutoScalingState, input: DetachInstancesQuery): ActivitiesType {
  const group = changeable(state, input.AutoScalingGroupName);
  const members = membersOf(group, input.InstanceIds, undefined);
  if (input.ShouldDecrementDesiredCapacity) shrink(group, members.length);
  const Activities = [...starts(state, group, members, 'Detaching EC2 instance')];
  background(state, detach(state, group, members));
  return { Activities };
}

/** Running instances of no group; the desired capacity grows by their number. */
export async function attachInstances(state: AutoScalingState, input: AttachInstancesQuery): Promise<object> {
  const group = changeable(state, input.AutoScalingGroupName);
  const ids = input.InstanceIds ?? [];
  const owned = ids.find((id) => [...state.groups.values()].some(({ members }) => members.has(id)));
  if (owned !== undefined) throw scalingError.invalid(`Instance ${owned} is already part of an AutoScalingGroup`);
  const { Reservations = [] } = await call<DescribeInstancesResult>(state.ec2, 'DescribeInstances', {
    InstanceIds: ids,
  });
  const found = Reservations.flatMap(({ Instances = [] }) => Instances);
  const idle = found.find(({ State }) => State?.Name !== 'running');
  if (idle)
    throw scalingError.invalid(
      `Instance ${idle.InstanceId} is not in correct state. Instance(s) must be in 'running' state.`,
    );
  grow(group, ids.length);
  for (const { InstanceId: id = '', InstanceType: type = '', ImageId: image = '', Placement } of found) {
    const zone = Placement?.AvailabilityZone ?? '';
    const isProtected = group.settings.NewInstancesProtectedFromScaleIn ?? false;
    const member: Member = {
      id,
      zone,
      type,
      image,
      isProtected,
      template: {},
      weight: 1,
      launchedAt: state.clock.now(),
      state: 'Pending',
      health: 'Healthy',
    };
    group.members.set(id, member);
    state.ec2.setTags(id, { 'aws:autoscaling:groupName': group.name });
    starts(state, group, [member], 'Attaching an existing EC2 instance');
    background(state, enterService(state, group, member));
  }
  return {};
}

export function terminateInstance(
  state: AutoScalingState,
  input: TerminateInstanceInAutoScalingGroupType,
): ActivityType {
  const id = input.InstanceId ?? '';
  const group = [...state.groups.values()].find(({ members }) => members.has(id));
  const member = group?.members.get(id);
  if (!group || !member)
    throw scalingError.invalid(`Instance Id not found - No managed instance found for instance ID: ${id}`);
  if (input.ShouldDecrementDesiredCapacity) shrink(group, 1);
  background(
    state,
    terminateMember(state, group, member, 'an instance was taken out of service in response to a user request'),
  );
  return { Activity: { ...member.activity! } };
}

export function setInstanceHealth(state: AutoScalingState, input: SetInstanceHealthQuery): object {
  const id = input.InstanceId ?? '';
  const group = [...state.groups.values()].find(({ members }) => members.has(id));
  const member = group?.members.get(id);
  if (!group || !member) throw scalingError.invalid(`Instance Id not found - ${id}`);
  if (input.HealthStatus !== 'Healthy' && input.HealthStatus !== 'Unhealthy')
    throw scalingError.invalid(`Instance health status ${input.HealthStatus} is not valid`);
  const graceMs = (group.settings.HealthCheckGracePeriod ?? 0) * 1_000;
  const inGrace = state.clock.now() - (member.inServiceAt ?? 0) < graceMs;
  if (input.ShouldRespectGracePeriod === false || !inGrace) member.health = input.HealthStatus;
  publish(state, group);
  return {};
}

export function setInstanceProtection(state: AutoScalingState, input: SetInstanceProtectionQuery): object {
  const group = changeable(state, input.AutoScalingGroupName);
  for (const member of membersOf(group, input.InstanceIds, undefined, PROTECTED_AT_ONCE))
    member.isProtected = input.ProtectedFromScaleIn ?? false;
  publish(state, group);
  return {};
}

export function describeMembers(
  state: AutoScalingState,
  input: DescribeAutoScalingInstancesType,
  request?: Call,
): AutoScalingInstancesType {
  const all = state.published
    .values(request?.lagMs)
    .flatMap(({ AutoScalingGroupName: name = '', Instances = [] }) => Instances.map((one) => detailsShape(name, one)));
  const wanted = input.InstanceIds;
  const selected = all.filter(({ InstanceId }) => !wanted?.length || wanted.includes(InstanceId ?? ''));
  const { items, next } = pageByOffset(selected, input, state.pageSize, 50);
  return { AutoScalingInstances: items, ...next };
}
