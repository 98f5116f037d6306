import { call } from '../service.ts';
import { launchMember } from './launch.ts';
import { changeState, isGone, runHook, endMachine } from './members.ts';
import type { Member, ScalingGroup } from './model.ts';
import { emptiest, subnetsOf, whenIn } from './places.ts';
import { endActivity, isSuspended, publish, startActivity, type AutoScalingState } from './state.ts';

/** What a warm pool keeps ready (User guide, "Decrease latency for applications with long boot times using warm pools"). */

const READY: ReadonlySet<string> = new Set(['Warmed:Stopped', 'Warmed:Running', 'Warmed:Hibernated']);

/** What is missing from the group to its maximum, or to what the pool is to prepare; at least its minimum. */
function sizeOf({ warmPool, desired, settings: { MaxSize = 0 } }: ScalingGroup): number {
  if (!warmPool || warmPool.Status === 'PendingDelete') return 0;
  const { MaxGroupPreparedCapacity: prepared = -1, MinSize = 0 } = warmPool;
  return Math.max((prepared < 0 ? MaxSize : prepared) - desired, MinSize, 0);
}

/** Launches into the pool what it lacks, and ends what it has too many of; the oldest first. */
export async function keepWarm(state: AutoScalingState, group: ScalingGroup): Promise<void> {
  for (const member of group.warm.values()) {
    const machine = state.instances.find(member.id);
    if (machine && machine.state !== 'terminated') continue;
    member.hook?.complete('CONTINUE');
    group.warm.delete(member.id);
    endActivity(state, member.activity, member.state === 'Warmed:Terminating' ? 'Successful' : 'Cancelled');
    publish(state, group);
  }
  if (group.warmPool?.Status === 'PendingDelete' && group.warm.size === 0) {
    delete group.warmPool;
    publish(state, group);
  }
  const kept = [...group.warm.values()].filter((one) => !one.state.includes('Terminating'));
  const wanted = sizeOf(group);
  if (!isSuspended(group, 'Launch') && state.clock.now() >= group.retryAt)
    for (let n = kept.length; n < wanted; n += 1) if (!(await launchWarm(state, group))) break;
  if (isSuspended(group, 'Terminate')) return;
  const surplus = kept.toSorted((a, b) => a.launchedAt - b.launchedAt).slice(0, Math.max(0, kept.length - wanted));
  for (const member of surplus) void endWarm(state, group, member).catch(state.onError);
}

async function launchWarm(state: AutoScalingState, group: ScalingGroup): Promise<boolean> {
  const subnet = emptiest(await subnetsOf(state, group), [...group.warm.values()]);
  const cause = 'an instance was started in response to a difference between desired and actual warm pool capacity';
  const member = await launchMember(state, group, subnet, cause, 'warm');
  if (member) whenIn(state, member, 'running', () => void settle(state, group, member).catch(state.onError));
  return member !== undefined;
}

/** It has been set up once: hooks of launching run here, and again when the group takes it. */
async function settle(state: AutoScalingState, group: ScalingGroup, member: Member): Promise<void> {
  if (member.state !== 'Warmed:Pending') return;
  const result = await runHook(state, group, member, 'autoscaling:EC2_INSTANCE_LAUNCHING', 'Warmed:Pending');
  if (isGone(state, group, member) || member.state.includes('Terminating')) return;
  if (result === 'ABANDON') return endWarm(state, group, member);
  const { PoolState = 'Stopped' } = group.warmPool ?? {};
  const rest = () => {
    changeState(state, group, member, `Warmed:${PoolState}`);
    endActivity(state, member.activity, 'Successful');
  };
  if (PoolState === 'Running') return rest();
  if (state.instances.find(member.id)?.state !== 'running') return;
  await call(state.ec2, 'StopInstances', { InstanceIds: [member.id] });
  whenIn(state, member, 'stopped', rest);
}

async function endWarm(state: AutoScalingState, group: ScalingGroup, member: Member): Promise<void> {
  member.hook?.complete('CONTINUE');
  endActivity(state, member.activity, 'Cancelled');
  const cause = 'an instance was taken out of the warm pool';
  member.activity = startActivity(state, group, `Terminating EC2 instance from warm pool: ${member.id}`, cause);
  changeState(state, group, member, 'Warmed:Terminating');
  await endMachine(state, member);
}

/** Of what is ready, the one in the zone with the fewest of these; it is of the group from now on, and boots again where it was stopped. */
export async function takeWarm(
  state: AutoScalingState,
  group: ScalingGroup,
  members: readonly Member[],
  cause: string,
): Promise<Member | undefined> {
  const size = (zone: string) => members.filter((one) => one.zone === zone).length;
  const lives = ({ id }: Member) => ['running', 'stopped'].includes(state.instances.find(id)?.state ?? '');
  const ready = [...group.warm.values()].filter((one) => READY.has(one.state) && lives(one));
  const [member] = ready.toSorted((a, b) => size(a.zone) - size(b.zone));
  if (!member) return undefined;
  group.warm.delete(member.id);
  group.members.set(member.id, member);
  member.activity = startActivity(state, group, `Launching a new EC2 instance from warm pool: ${member.id}`, cause);
  const isStopped = member.state !== 'Warmed:Running';
  changeState(state, group, member, 'Pending');
  if (isStopped) await call(state.ec2, 'StartInstances', { InstanceIds: [member.id] });
  return member;
}
