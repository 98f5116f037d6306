import type { LittleCloud } from './cloud.ts';
import { ApiFailure } from './failure.ts';
import type { ScalingMember } from './held-by.ts';
import { groupNamed, withGroup, withScalingMember } from './scaling-state.ts';

/** What deploys in place ask of a group: Standby, and processes that are suspended (User guide, "Temporarily remove instances"). */

interface MovedInput {
  readonly AutoScalingGroupName: string;
  readonly InstanceIds: readonly string[];
}

interface ProcessesInput {
  readonly AutoScalingGroupName: string;
  readonly ScalingProcesses: readonly string[];
}

function move(
  cloud: LittleCloud,
  { AutoScalingGroupName: name, InstanceIds }: MovedInput,
  state: 'Standby' | 'Pending',
): void {
  const { members, desired, minimum, maximum } = groupNamed(cloud.state, name);
  const from = state === 'Standby' ? 'InService' : 'Standby';
  const wrong = InstanceIds.find((id) => members.get(id)?.state !== from);
  if (wrong !== undefined) throw new ApiFailure('ValidationError', `The instance ${wrong} is not in ${from}.`);
  const then = desired + (state === 'Standby' ? -1 : 1) * InstanceIds.length;
  if (then < minimum || then > maximum)
    throw new ApiFailure('ValidationError', `AutoScalingGroup ${name} has min-size=${minimum} and max-size=${maximum}`);
  cloud.change((before) =>
    InstanceIds.reduce(
      (world, id) =>
        withScalingMember(world, name, id, { ...(members.get(id) as ScalingMember), state: enteringOf(state) }),
      withGroup(before, name, { desired: then }),
    ),
  );
}

/** It is deregistered first, and drains. */
function enteringOf(state: 'Standby' | 'Pending'): ScalingMember['state'] {
  return state === 'Standby' ? 'EnteringStandby' : state;
}

export const standbyWrites: Readonly<Record<string, (cloud: LittleCloud, input: never) => object>> = {
  EnterStandby: (cloud, input: MovedInput) => {
    const { AutoScalingGroupName: name, InstanceIds } = input;
    move(cloud, input, 'Standby');
    const { targetGroups } = groupNamed(cloud.state, name);
    for (const id of InstanceIds) for (const one of targetGroups) cloud.deregister(one, id);
    cloud.clock.after(cloud.times.deregistrationDelayS * 1000, () => {
      for (const id of InstanceIds) {
        const member = groupNamed(cloud.state, name).members.get(id);
        if (member?.state !== 'EnteringStandby') continue;
        cloud.change((state) => withScalingMember(state, name, id, { ...member, state: 'Standby' }));
      }
    });
    return {};
  },
  ExitStandby: (cloud, input: MovedInput) => {
    move(cloud, input, 'Pending');
    return {};
  },
  SuspendProcesses: (cloud, { AutoScalingGroupName: name, ScalingProcesses }: ProcessesInput) => {
    const { suspended = [] } = groupNamed(cloud.state, name);
    cloud.change((state) => withGroup(state, name, { suspended: [...new Set([...suspended, ...ScalingProcesses])] }));
    return {};
  },
  ResumeProcesses: (cloud, { AutoScalingGroupName: name, ScalingProcesses }: ProcessesInput) => {
    const { suspended = [] } = groupNamed(cloud.state, name);
    const rest = suspended.filter((one) => !ScalingProcesses.includes(one));
    cloud.change((state) => withGroup(state, name, { suspended: rest }));
    return {};
  },
};
