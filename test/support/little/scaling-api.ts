import { EPOCH } from './clock.ts';
import type { LittleCloud } from './cloud.ts';
import { ApiFailure } from './failure.ts';
import type { GroupTag, ScalingGroup, TemplateVersion } from './held-by.ts';
import { isRefreshing, launchingOf, refreshWrites, showRefreshes } from './refreshes.ts';
import { standbyWrites } from './scaling-standby.ts';
import { groupNamed, scalingOf, TEMPLATE, withGroup } from './scaling-state.ts';
import type { State } from './state.ts';

/** The APIs of Auto Scaling and of launch templates, as far as they are asked. */

type Reading = (cloud: LittleCloud, input: never, seen: State) => object;
type Writing = (cloud: LittleCloud, input: never) => object;

interface Named {
  readonly AutoScalingGroupName?: string;
  readonly AutoScalingGroupNames?: readonly string[];
}

interface TagInput {
  readonly ResourceId: string;
  readonly Key: string;
  readonly Value: string;
  readonly PropagateAtLaunch: boolean;
}

export interface UpdateInput extends Named {
  readonly MinSize?: number;
  readonly MaxSize?: number;
  readonly DesiredCapacity?: number;
  readonly LaunchTemplate?: { readonly LaunchTemplateId: string; readonly Version: string };
}

export interface SourcesInput extends Named {
  readonly TrafficSources?: readonly { readonly Identifier: string }[];
}

/** Names of the target groups that a group is attached to, or detached from. */
export function sourcesIn({ TrafficSources = [] }: SourcesInput): readonly string[] {
  return TrafficSources.map(({ Identifier }) => Identifier.replace('arn:', ''));
}

export const scalingReads: Readonly<Record<string, Reading>> = {
  DescribeAutoScalingGroups: (_cloud, { AutoScalingGroupNames: names = [] }: Named, seen) => ({
    AutoScalingGroups: [...(seen.scaling?.groups.values() ?? [])]
      .filter(({ name }) => names.length === 0 || names.includes(name))
      .map((group) => showGroup(seen, group)),
  }),
  DescribeInstanceRefreshes: (_cloud, input: Named, seen) => showRefreshes(seen, input),
  DescribeTrafficSources: (_cloud, { AutoScalingGroupName: name = '' }: Named, seen) => ({
    TrafficSources: groupNamed(seen, name).targetGroups.map((one) => ({
      Identifier: `arn:${one}`,
      State: 'InService',
    })),
  }),
  DescribeScalingActivities: () => ({ Activities: [] }),
  DescribeLifecycleHooks: () => ({ LifecycleHooks: [] }),
  DescribeSubnets: (_cloud, { SubnetIds = [] }: { SubnetIds?: readonly string[] }) => ({
    Subnets: SubnetIds.map((SubnetId) => ({ SubnetId, AvailableIpAddressCount: 100 })),
  }),
  DescribeLaunchTemplateVersions: (_cloud, { Versions }: { Versions?: readonly string[] }, seen) => ({
    LaunchTemplateVersions: scalingOf(seen)
      .versions.map(showVersion)
      .filter(({ VersionNumber }) => Versions?.includes(String(VersionNumber)) ?? true),
  }),
};

export const scalingWrites: Readonly<Record<string, Writing>> = {
  ...refreshWrites,
  ...standbyWrites,
  UpdateAutoScalingGroup: (cloud, input: UpdateInput) => {
    const { AutoScalingGroupName: name = '', MinSize, MaxSize, DesiredCapacity, LaunchTemplate } = input;
    const group = groupNamed(cloud.state, name);
    const minimum = MinSize ?? group.minimum;
    const maximum = MaxSize ?? group.maximum;
    // What it has is raised to the minimum where that is not asked for otherwise (API reference, UpdateAutoScalingGroup).
    const desired = DesiredCapacity ?? Math.min(maximum, Math.max(minimum, group.desired));
    if (minimum > maximum || desired < minimum || desired > maximum)
      throw new ApiFailure('ValidationError', `Desired capacity:${desired} must be between ${minimum} and ${maximum}`);
    const version = LaunchTemplate === undefined ? group.version : Number(LaunchTemplate.Version);
    cloud.change((state) => withGroup(state, name, { minimum, maximum, desired, version }));
    return {};
  },
  AttachTrafficSources: (cloud, input: SourcesInput) => {
    const { AutoScalingGroupName: name = '' } = input;
    const group = groupNamed(cloud.state, name);
    const { members, targetGroups } = group;
    if (isRefreshing(group)) throw new ApiFailure('InstanceRefreshInProgress', 'An instance refresh is in progress');
    for (const to of sourcesIn(input)) {
      cloud.change((state) => withGroup(state, name, { targetGroups: [...new Set([...targetGroups, to])] }));
      for (const { id, state } of members.values()) if (state === 'InService') cloud.register(to, id);
    }
    return {};
  },
  DetachTrafficSources: (cloud, input: SourcesInput) => {
    const { AutoScalingGroupName: name = '' } = input;
    const { members, targetGroups } = groupNamed(cloud.state, name);
    for (const from of sourcesIn(input)) {
      cloud.change((state) => withGroup(state, name, { targetGroups: targetGroups.filter((one) => one !== from) }));
      for (const id of members.keys()) cloud.deregister(from, id);
    }
    return {};
  },
  CreateOrUpdateTags: (cloud, { Tags }: { Tags: readonly TagInput[] }) => {
    for (const { ResourceId, Key, Value, PropagateAtLaunch } of Tags) {
      const { tags } = groupNamed(cloud.state, ResourceId);
      const tag: GroupTag = { value: Value, propagates: PropagateAtLaunch };
      cloud.change((state) => withGroup(state, ResourceId, { tags: { ...tags, [Key]: tag } }));
    }
    return {};
  },
  CreateLaunchTemplateVersion: (
    cloud,
    input: { VersionDescription: string; LaunchTemplateData: { ImageId: string } },
  ) => {
    const { VersionDescription: description, LaunchTemplateData } = input;
    const { versions } = scalingOf(cloud.state);
    // The program's tokens differ where its descriptions do.
    const known = versions.findIndex((one) => one.description === description);
    if (known >= 0) return { LaunchTemplateVersion: showVersion(versions[known]!, known) };
    const version = { image: LaunchTemplateData.ImageId, description };
    cloud.change((state) => ({
      ...state,
      scaling: { ...scalingOf(state), versions: [...scalingOf(state).versions, version] },
    }));
    return { LaunchTemplateVersion: showVersion(version, versions.length) };
  },
};

/** Auto Scaling's request of that name is about groups. */
export function removeGroupTags(cloud: LittleCloud, tags: readonly Pick<TagInput, 'ResourceId' | 'Key'>[]): object {
  for (const { ResourceId, Key } of tags) {
    const rest = Object.entries(groupNamed(cloud.state, ResourceId).tags).filter(([key]) => key !== Key);
    cloud.change((state) => withGroup(state, ResourceId, { tags: Object.fromEntries(rest) }));
  }
  return {};
}

function showVersion({ image, description }: TemplateVersion, index: number) {
  const data = { ImageId: image, InstanceType: 't3.micro' };
  return { VersionNumber: index + 1, VersionDescription: description, LaunchTemplateData: data };
}

function showGroup({ boxes }: State, group: ScalingGroup): object {
  const { name, minimum, maximum, desired, tags, targetGroups, members, suspended = [] } = group;
  return {
    AutoScalingGroupName: name,
    MinSize: minimum,
    MaxSize: maximum,
    DesiredCapacity: desired,
    CreatedTime: new Date(EPOCH),
    AvailabilityZones: ['a', 'b'],
    VPCZoneIdentifier: 'subnet-a,subnet-b',
    ...launchingOf(group),
    TargetGroupARNs: targetGroups.map((one) => `arn:${one}`),
    SuspendedProcesses: suspended.map((ProcessName) => ({ ProcessName })),
    Instances: [...members.values()].map(({ id, state, version: own }) => ({
      InstanceId: id,
      AvailabilityZone: boxes.get(id)?.zone,
      InstanceType: 't3.micro',
      ImageId: boxes.get(id)?.image,
      LifecycleState: state,
      LaunchTemplate: { LaunchTemplateId: TEMPLATE, Version: String(own) },
    })),
    Tags: Object.entries(tags).map(([Key, { value, propagates }]) => {
      return { ResourceId: name, Key, Value: value, PropagateAtLaunch: propagates };
    }),
  };
}
