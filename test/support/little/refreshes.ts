import { EPOCH } from './clock.ts';
import type { LittleCloud } from './cloud.ts';
import { ApiFailure } from './failure.ts';
import type { Launches, Refresh, ScalingGroup, ScalingMember } from './held-by.ts';
import {
  groupNamed,
  inService,
  isHealthyIn,
  letGo,
  scalingOf,
  TEMPLATE,
  withGroup,
  withScalingMember,
} from './scaling-state.ts';
import { withBox, type State } from './state.ts';

/** Instance refreshes of a little cloud's groups, which replace instances or root volumes, one at a time. Rules as in the sandbox. */

/** States of one that has not ended. */
const UNDER_WAY: ReadonlySet<string> = new Set(['InProgress', 'Cancelling', 'RollbackInProgress']);

export function isRefreshing({ refresh }: ScalingGroup): boolean {
  return refresh !== undefined && UNDER_WAY.has(refresh.status);
}

/** What the group has its instances replaced by; absent where none are, or nothing says by what. */
function goal({ refresh }: ScalingGroup): Launches | undefined {
  if (refresh?.status === 'InProgress') return refresh.wanted;
  return refresh?.status === 'RollbackInProgress' ? refresh.from : undefined;
}

/** Scale-outs meanwhile are of the new one already (User guide, "How an instance refresh works"). */
export function launchesOf(group: ScalingGroup): Launches {
  return goal(group) ?? group;
}

function isOf({ boxes }: State, { version, ownImage }: Launches, member: ScalingMember): boolean {
  return member.version === version && (ownImage === undefined || boxes.get(member.id)?.image === ownImage);
}

/** What is to be replaced goes before what has replaced it. */
export function isToReplace(state: State, group: ScalingGroup, member: ScalingMember): boolean {
  const wanted = goal(group);
  return wanted !== undefined && !isOf(state, wanted, member);
}

/** What the refresh that is under way does next, if it can do something now. */
export function replaceNext(cloud: LittleCloud, name: string): void {
  const group = scalingOf(cloud.state).groups.get(name) as ScalingGroup;
  const { refresh, desired, members } = group;
  if (refresh === undefined || !isRefreshing(group)) return;
  const end = (status: string, facts: Partial<ScalingGroup> = {}): void =>
    cloud.change((state) => withGroup(state, name, { ...facts, refresh: { ...refresh, status } }));
  const all = [...members.values()];
  const isQuiet = all.every(({ state }) => state === 'InService');
  if (refresh.status === 'Cancelling') return isQuiet ? end('Cancelled') : undefined;
  const wanted = goal(group);
  if (wanted === undefined) return;
  const healthy = inService(group).filter(({ id }) => isHealthyIn(cloud.state, group, id));
  const left = inService(group).filter((one) => !isOf(cloud.state, wanted, one));
  const [next] = left;
  if (next === undefined) {
    if (!isQuiet || healthy.length < desired) return;
    return refresh.status === 'InProgress' ? end('Successful', wanted) : end('RollbackSuccessful');
  }
  const least = Math.ceil((desired * refresh.minPercent) / 100);
  const isSpare = !healthy.some(({ id }) => id === next.id);
  const mayLeave = refresh.keepsInstances ? Math.min(least, desired - 1) : least;
  if (healthy.length - (isSpare ? 0 : 1) < mayLeave) return;
  if (refresh.keepsInstances) replaceRoot(cloud, group, next);
  else letGo(cloud, name, next.id);
}

/** How many more than are desired there may be, so that one is in service before another one leaves. */
export function surplusOf(state: State, group: ScalingGroup): number {
  const wanted = goal(group);
  const left = inService(group).filter((one) => wanted !== undefined && !isOf(state, wanted, one));
  const { keepsInstances = true, maxPercent = 100 } = group.refresh ?? {};
  return keepsInstances || left.length === 0 ? 0 : Math.floor((group.desired * (maxPercent - 100)) / 100);
}

/** Out of traffic, another root volume, and back into traffic. */
function replaceRoot(cloud: LittleCloud, { name, targetGroups }: ScalingGroup, { id }: ScalingMember): void {
  const set = (member: ScalingMember): void => cloud.change((state) => withScalingMember(state, name, id, member));
  const now = (): ScalingGroup => scalingOf(cloud.state).groups.get(name) as ScalingGroup;
  set({ ...(now().members.get(id) as ScalingMember), state: 'ReplacingRootVolume' });
  for (const one of targetGroups) cloud.deregister(one, id);
  const { bootMs, deregistrationDelayS } = cloud.times;
  cloud.clock.after(deregistrationDelayS * 1000 + bootMs, () => {
    const member = now().members.get(id);
    const box = cloud.state.boxes.get(id);
    if (member?.state !== 'ReplacingRootVolume' || box?.state !== 'running') return;
    const image = launchesOf(now()).ownImage ?? box.image;
    cloud.change((state) => withBox(state, { ...box, image, fit: !image.endsWith('-sick') }));
    set({ ...member, state: 'InService' });
    for (const one of now().targetGroups) cloud.register(one, id);
  });
}

interface Named {
  readonly AutoScalingGroupName?: string;
}

interface Specification {
  readonly Version?: string;
}

interface Configuration {
  readonly LaunchTemplate?: Specification;
  readonly MixedInstancesPolicy?: {
    readonly LaunchTemplate: {
      readonly LaunchTemplateSpecification: Specification;
      readonly Overrides?: readonly { readonly ImageId?: string }[];
    };
  };
}

interface StartInput extends Named {
  readonly Strategy?: string;
  readonly DesiredConfiguration: Configuration;
  readonly Preferences: { readonly MinHealthyPercentage?: number; readonly MaxHealthyPercentage?: number };
}

function launchesIn({ LaunchTemplate, MixedInstancesPolicy }: Configuration): Launches {
  const { LaunchTemplateSpecification, Overrides = [] } = MixedInstancesPolicy?.LaunchTemplate ?? {};
  const ownImage = Overrides[0]?.ImageId;
  const version = Number((LaunchTemplate ?? LaunchTemplateSpecification)?.Version);
  return { version, ...(ownImage !== undefined && { ownImage }) };
}

/** What launches, as Auto Scaling's API has it. */
export function launchingOf({ version, ownImage }: Launches): Configuration {
  const specification = { LaunchTemplateId: TEMPLATE, Version: String(version) };
  if (ownImage === undefined) return { LaunchTemplate: specification };
  const Overrides = [{ InstanceType: 't3.micro', ImageId: ownImage }];
  return { MixedInstancesPolicy: { LaunchTemplate: { LaunchTemplateSpecification: specification, Overrides } } };
}

export function showRefreshes(state: State, input: Named): object {
  const group = groupNamed(state, input.AutoScalingGroupName ?? '');
  const { refresh } = group;
  if (refresh === undefined) return { InstanceRefreshes: [] };
  const { status, startedAt, wanted, keepsInstances } = refresh;
  const left = [...group.members.values()].filter((one) => isToReplace(state, group, one)).length;
  const done = Math.floor((100 * (group.members.size - left)) / Math.max(1, group.members.size));
  const shape = {
    InstanceRefreshId: `refresh-${startedAt}`,
    Status: status,
    StartTime: new Date(EPOCH + startedAt),
    Strategy: keepsInstances ? 'ReplaceRootVolume' : 'Rolling',
    PercentageComplete: status === 'RollbackInProgress' ? 100 - done : done,
    ...(wanted && { DesiredConfiguration: launchingOf(wanted) }),
  };
  return { InstanceRefreshes: [shape] };
}

function change(cloud: LittleCloud, input: Named, make: (refresh: Refresh) => Refresh): object {
  const group = groupNamed(cloud.state, input.AutoScalingGroupName ?? '');
  const { name, refresh } = group;
  if (refresh === undefined || !isRefreshing(group))
    throw new ApiFailure('ActiveInstanceRefreshNotFound', 'There is no active instance refresh');
  cloud.change((state) => withGroup(state, name, { refresh: make(refresh) }));
  return {};
}

export const refreshWrites = {
  StartInstanceRefresh: (cloud: LittleCloud, input: StartInput) => {
    const { Strategy, DesiredConfiguration, Preferences } = input;
    const group = groupNamed(cloud.state, input.AutoScalingGroupName ?? '');
    if (isRefreshing(group))
      throw new ApiFailure('InstanceRefreshInProgress', 'An instance refresh is in progress already');
    const refresh: Refresh = {
      status: 'InProgress',
      startedAt: cloud.clock.now,
      from: { version: group.version, ...(group.ownImage !== undefined && { ownImage: group.ownImage }) },
      wanted: launchesIn(DesiredConfiguration),
      keepsInstances: Strategy === 'ReplaceRootVolume',
      minPercent: Preferences.MinHealthyPercentage ?? 90,
      maxPercent: Preferences.MaxHealthyPercentage ?? 100,
    };
    cloud.change((state) => withGroup(state, group.name, { refresh }));
    return {};
  },
  RollbackInstanceRefresh: (cloud: LittleCloud, input: Named) =>
    change(cloud, input, (refresh) => {
      if (refresh.wanted === undefined)
        throw new ApiFailure('IrreversibleInstanceRefresh', 'It has no desired configuration');
      return { ...refresh, status: 'RollbackInProgress' };
    }),
  CancelInstanceRefresh: (cloud: LittleCloud, input: Named) =>
    change(cloud, input, (refresh) => ({ ...refresh, status: 'Cancelling' })),
};
