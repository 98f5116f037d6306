import { randomUUID } from 'node:crypto';
import { call, ApiError } from '../service.ts';
import { deregisterMembers, isDrained, liveSources, registerMembers } from './balancer.ts';
import type { Member, ScalingGroup } from './model.ts';
import { endActivity, isSuspended, publish, startActivity, type AutoScalingState } from './state.ts';

/** How an instance of a group comes into service and leaves it (User guide, "Amazon EC2 Auto Scaling instance lifecycle"). */

export function changeState(state: AutoScalingState, group: ScalingGroup, member: Member, next: Member['state']): void {
  member.state = next;
  publish(state, group);
}

export function isGone(state: AutoScalingState, group: ScalingGroup, member: Member): boolean {
  const known = group.members.get(member.id) ?? group.warm.get(member.id);
  return known !== member || state.groups.get(group.name) !== group;
}

function pause({ scheduler, pollMs }: AutoScalingState): Promise<void> {
  return new Promise((resolve) => void scheduler.after(pollMs, resolve));
}

/** Pending → (hooks) → registered with the target groups → InService. */
export async function enterService(state: AutoScalingState, group: ScalingGroup, member: Member): Promise<void> {
  const abandoned = (await runHook(state, group, member, 'autoscaling:EC2_INSTANCE_LAUNCHING')) === 'ABANDON';
  if (isGone(state, group, member)) return;
  if (abandoned) return terminateMember(state, group, member, 'a lifecycle hook abandoned the launch');
  if (!isSuspended(group, 'AddToLoadBalancer')) await registerMembers(state, liveSources(group), [member.id]);
  member.inServiceAt = state.clock.now();
  changeState(state, group, member, 'InService');
  endActivity(state, member.activity, 'Successful');
}

/** Deregistered and drained first, then hooks, then terminated (User guide, "Amazon EC2 Auto Scaling lifecycle hooks"). */
export async function terminateMember(
  state: AutoScalingState,
  group: ScalingGroup,
  member: Member,
  cause: string,
): Promise<void> {
  if (member.state.startsWith('Terminating')) return;
  member.hook?.complete('CONTINUE');
  endActivity(state, member.activity, 'Cancelled');
  const activity = startActivity(state, group, `Terminating EC2 instance: ${member.id}`, cause);
  member.activity = activity;
  changeState(state, group, member, 'Terminating');
  activity.StatusCode = 'WaitingForELBConnectionDraining';
  await leaveTraffic(state, group, [member]);
  activity.StatusCode = 'InProgress';
  if (isGone(state, group, member)) return;
  await runHook(state, group, member, 'autoscaling:EC2_INSTANCE_TERMINATING');
  if (isGone(state, group, member)) return;
  await endMachine(state, member);
}

/** An instance that is gone already is no error. */
export async function endMachine({ ec2 }: AutoScalingState, { id }: Member): Promise<void> {
  try {
    await call(ec2, 'TerminateInstances', { InstanceIds: [id] });
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'InvalidInstanceID.NotFound') throw error;
  }
}

/** Deregisters instances everywhere; resolves when they are drained. */
export async function leaveTraffic(
  state: AutoScalingState,
  group: ScalingGroup,
  members: readonly Member[],
): Promise<void> {
  const ids = members.map(({ id }) => id);
  const sources = [...group.sources.values()];
  await deregisterMembers(state, sources, ids);
  while (!(await isDrained(state, sources, ids))) await pause(state);
}

/** An instance that EC2 has terminated. */
export async function removeMember(state: AutoScalingState, group: ScalingGroup, member: Member): Promise<void> {
  await deregisterMembers(state, [...group.sources.values()], [member.id]);
  member.hook?.complete('CONTINUE');
  group.members.delete(member.id);
  endActivity(state, member.activity, member.state.startsWith('Pending') ? 'Cancelled' : 'Successful');
  publish(state, group);
}

type Transition = 'autoscaling:EC2_INSTANCE_LAUNCHING' | 'autoscaling:EC2_INSTANCE_TERMINATING';
type Phase = 'Pending' | 'Terminating' | 'Warmed:Pending' | 'Warmed:Terminating' | 'ReplacingRootVolume';

/** Waits for each hook of the transition: its completion, or its default result after the heartbeat timeout. @returns the last result */
export async function runHook(
  state: AutoScalingState,
  group: ScalingGroup,
  member: Member,
  transition: Transition,
  phase: Phase = transition === 'autoscaling:EC2_INSTANCE_LAUNCHING' ? 'Pending' : 'Terminating',
): Promise<string> {
  let result = 'CONTINUE';
  for (const hook of group.hooks.values()) {
    if (hook.LifecycleTransition !== transition || result === 'ABANDON') continue;
    changeState(state, group, member, `${phase}:Wait`);
    if (member.activity) member.activity.StatusCode = 'MidLifecycleAction';
    result = await new Promise<string>((resolve) => {
      const expire = () => resolve(hook.DefaultResult ?? 'ABANDON');
      const start = () => state.scheduler.after((hook.HeartbeatTimeout ?? 3_600) * 1_000, expire);
      let cancel = start();
      member.hook = {
        name: hook.LifecycleHookName ?? '',
        token: randomUUID(),
        beat: () => {
          cancel();
          cancel = start();
        },
        complete: (given) => {
          cancel();
          resolve(given);
        },
      };
    });
    delete member.hook;
    if (isGone(state, group, member) || (!phase.endsWith('Terminating') && member.state.includes('Terminating')))
      return result;
    changeState(state, group, member, `${phase}:Proceed`);
    if (member.activity) member.activity.StatusCode = 'InProgress';
  }
  return result;
}

/** Out of traffic, still of the group, and not counted for its desired capacity. */
export async function standBy(state: AutoScalingState, group: ScalingGroup, members: readonly Member[]): Promise<void> {
  for (const member of members) changeState(state, group, member, 'EnteringStandby');
  await leaveTraffic(state, group, members);
  for (const member of members.filter((one) => !isGone(state, group, one) && one.state === 'EnteringStandby')) {
    changeState(state, group, member, 'Standby');
    endActivity(state, member.activity, 'Successful');
  }
}

/** Out of traffic, then no longer of the group; it runs on. */
export async function detach(state: AutoScalingState, group: ScalingGroup, members: readonly Member[]): Promise<void> {
  for (const member of members) changeState(state, group, member, 'Detaching');
  await leaveTraffic(state, group, members);
  for (const member of members) {
    group.members.delete(member.id);
    endActivity(state, member.activity, 'Successful');
  }
  publish(state, group);
}
