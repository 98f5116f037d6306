import type { LittleCloud } from './cloud.ts';
import { ApiFailure } from './failure.ts';
import type { Scaling, ScalingGroup, ScalingMember } from './held-by.ts';
import type { State } from './state.ts';

/** Auto Scaling groups of a little cloud, and what is asked and changed of them. */

export const TEMPLATE = 'lt-1';
export function scalingOf({ scaling }: State): Scaling {
  if (scaling === undefined) throw new Error('There is no Auto Scaling here.');
  return scaling;
}

export function groupNamed(state: State, name: string): ScalingGroup {
  const group = scalingOf(state).groups.get(name);
  if (group === undefined) throw new ApiFailure('ValidationError', 'AutoScalingGroup name not found - null');
  return group;
}

export function groupOfBox({ scaling }: State, id: string): ScalingGroup | undefined {
  return [...(scaling?.groups.values() ?? [])].find(({ members }) => members.has(id));
}

/**
 * It has ended, and its group has forgotten it. Where it was registered at a second port by hand, that target stays: nothing tells whose
 * it was, and ELB sends it nothing (`unused`, `Target.InvalidState`).
 */
export function isForgotten(state: State, id: string): boolean {
  const isGone = state.boxes.get(id)?.state === 'terminated';
  return state.scaling !== undefined && isGone && groupOfBox(state, id) === undefined;
}

/** The group with what is changed of it. */
export function withGroup(state: State, name: string, facts: Partial<ScalingGroup>): State {
  const scaling = scalingOf(state);
  const group = scaling.groups.get(name);
  if (group === undefined) throw new Error(`There is no Auto Scaling group ${name}.`);
  return { ...state, scaling: { ...scaling, groups: new Map(scaling.groups).set(name, { ...group, ...facts }) } };
}

export function withScalingMember(state: State, name: string, id: string, member: ScalingMember | undefined): State {
  const members = new Map(scalingOf(state).groups.get(name)?.members);
  if (member === undefined) members.delete(id);
  else members.set(id, member);
  return withGroup(state, name, { members });
}

/** ELB calls it healthy in every target group of the group. */
export function isHealthyIn({ groups }: State, { targetGroups }: ScalingGroup, id: string): boolean {
  return targetGroups.every((one) => groups.get(one)?.members.get(id)?.health === 'healthy');
}

export function inService({ members }: ScalingGroup): readonly ScalingMember[] {
  return [...members.values()].filter(({ state }) => state === 'InService');
}

/** It is taken out of its target group first, and ends when its requests have. */
export function letGo(cloud: LittleCloud, name: string, id: string): void {
  const { members, targetGroups } = scalingOf(cloud.state).groups.get(name) as ScalingGroup;
  const member = members.get(id) as ScalingMember;
  if (member.state === 'Terminating') return;
  cloud.change((state) => withScalingMember(state, name, id, { ...member, state: 'Terminating' }));
  for (const one of targetGroups) cloud.deregister(one, id);
  const drainMs = member.state === 'Pending' ? 0 : cloud.times.deregistrationDelayS * 1000;
  cloud.clock.after(drainMs, () => {
    if (cloud.state.boxes.get(id)?.state !== 'terminated') cloud.terminate(id);
  });
}
