import {
  imagesOf,
  targetGroupsOf,
  type AutoScaling,
  type AutoScalingGroup,
  type LifecycleHook,
} from '../../aws/autoscaling.ts';
import type { CloudWatch } from '../../aws/cloudwatch.ts';
import type { Refreshes } from '../../aws/refreshes.ts';
import type { Standby } from '../../aws/standby.ts';
import type { AutoScalingFleetConfig, TrafficConfig } from '../../config/config.ts';
import { defined } from '../../domain/defined.ts';
import type { Ownership } from '../../domain/owners.ts';
import { heldIn, type FleetGroup } from '../../domain/scaling.ts';
import { imagesIn, isUnderWay, refreshIn, withImages, type SeenRefresh } from '../../domain/refresh.ts';
import { preparedIn } from '../../domain/prepared.ts';
import type { Fleet, Marks } from '../../domain/snapshot.ts';
import { list } from '../../domain/text.ts';
import { OperatorError } from '../../errors.ts';
import type { Ec2FleetOptions } from '../ec2/request.ts';
import { marksIn, tagName, type Tags } from '../ec2/tags.ts';

export interface AutoScalingDeps extends Omit<Ec2FleetOptions, 'config'> {
  readonly config: AutoScalingFleetConfig;
  readonly scaling: AutoScaling;
  /** For the alarms of a clone alone. */
  readonly cloudwatch: () => Promise<CloudWatch>;
  /** Its groups are attached to the target groups of production or of test in turn. */
  readonly moves?: true;
  readonly standby: Standby;
  /** Decides what a clone's policies may count. */
  readonly traffic?: TrafficConfig['kind'];
  readonly refreshes: Refreshes;
}

type Member = NonNullable<AutoScalingGroup['Instances']>[number];
type Template = NonNullable<AutoScalingGroup['LaunchTemplate']>;
type Override = NonNullable<
  NonNullable<NonNullable<AutoScalingGroup['MixedInstancesPolicy']>['LaunchTemplate']>['Overrides']
>[number];

/** Tags of a group beside ownership tags and marks: what its release is launched from, and the minimum that is held. */
const CARRIES = 'template';
const HELD = 'minimum';
/** What a deploy in place has changed of it. */
const PREPARED = 'standby';
/** The group that turnout has made this one like: it is turnout's to delete. */
const CLONED = 'cloned-from';
/** What an instance refresh replaces, and with what. */
const REFRESHED = 'refresh';

export function tagsOf({ Tags: tags = [] }: AutoScalingGroup): Tags {
  return Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value]));
}

/** The fleet and the release that the group has by its tags, if it is this environment's. */
export function fleetTagsOf(
  owner: Ownership,
  group: AutoScalingGroup,
): { readonly fleet: string; readonly release: string } | undefined {
  const tags = tagsOf(group);
  const fleet = tags[tagName(owner, 'fleet')];
  if (tags[tagName(owner, 'environment')] !== owner.environment || fleet === undefined) return undefined;
  return { fleet, release: tags[tagName(owner, 'release')] ?? fleet };
}

export function groupMarks(owner: Ownership, group: AutoScalingGroup): Marks {
  const tags = tagsOf(group);
  return marksIn(owner, (key) => tags[key]);
}

/** Names of all tags of a fleet on its group, but that of the environment, which stays. */
export function fleetTagNames(owner: Ownership, group: AutoScalingGroup): readonly string[] {
  const prefix = `${owner.tagPrefix}:`;
  const kept = tagName(owner, 'environment');
  return Object.keys(tagsOf(group)).filter((key) => key.startsWith(prefix) && key !== kept);
}

export function carriesTag(owner: Ownership, template: string): Tags {
  return { [tagName(owner, CARRIES)]: template };
}

export function clonedTag(owner: Ownership, from: string): Tags {
  return { [tagName(owner, CLONED)]: from };
}

export function isClone(owner: Ownership, group: AutoScalingGroup): boolean {
  return tagName(owner, CLONED) in tagsOf(group);
}

/** Those that the config names; of clones, those that have the tag of this environment, and the one that is cloned. */
export async function ourGroups({ scaling, config, owner }: AutoScalingDeps): Promise<readonly AutoScalingGroup[]> {
  if (config.clone === undefined) return scaling.existing(config.groups ?? []);
  return scaling.groupsWith(tagName(owner, 'environment'), owner.environment, config.clone);
}

export function heldTagName(owner: Ownership): string {
  return tagName(owner, HELD);
}

export function refreshTagName(owner: Ownership): string {
  return tagName(owner, REFRESHED);
}

export function preparedTagName(owner: Ownership): string {
  return tagName(owner, PREPARED);
}

export function nameOf({ id, group }: Fleet): string {
  if (group !== undefined) return group.name;
  throw new Error(`The fleet ${id} is no Auto Scaling group.`);
}

/** Of a mixed instances policy, its main template. */
export function templateOf({ LaunchTemplate, MixedInstancesPolicy }: AutoScalingGroup): Template | undefined {
  return LaunchTemplate ?? MixedInstancesPolicy?.LaunchTemplate?.LaunchTemplateSpecification;
}

/** `lt-0123 version 7`. A version that is left out is the default one (API reference, LaunchTemplateSpecification). */
export function templateText(template: Template): string {
  return `${template.LaunchTemplateId ?? template.LaunchTemplateName} version ${template.Version ?? '$Default'}`;
}

/** In the units of the group's sizes: the weight of its type, or one. */
export function weightOf({ WeightedCapacity }: Member): number {
  return Number(WeightedCapacity ?? 1);
}

/** Instances that are of the group, or end with it; those that a warm pool keeps ready are not (API reference, LifecycleState). */
export function membersOf({ Instances = [] }: AutoScalingGroup): readonly Member[] {
  return Instances.filter(({ LifecycleState = '' }) => !/^(Warmed|Detach)/.test(LifecycleState));
}

export function inServiceOf(group: AutoScalingGroup): readonly Member[] {
  return membersOf(group).filter(({ LifecycleState }) => LifecycleState === 'InService');
}

/** When its size was set for what it launches now, in milliseconds since the epoch: what failed before is of another release. */
export function heldSince(owner: Ownership, group: AutoScalingGroup): number {
  return Date.parse(heldIn(tagsOf(group)[heldTagName(owner)])?.since ?? '') || 0;
}

/** What is asked for beside the description of a group. */
export interface GroupFacts {
  readonly newest: SeenRefresh | undefined;
  readonly failures: readonly string[];
  readonly targetGroups: readonly string[];
  /** Asked for only while an instance waits for one. */
  readonly hooks: readonly LifecycleHook[];
}

/** CodeDeploy puts it into the groups of its deployment groups, to deploy to each instance that they launch (CodeDeploy user guide, Auto Scaling). */
export function isCodeDeploys({ LifecycleHookName: name = '' }: LifecycleHook): boolean {
  return name.startsWith('CodeDeploy-managed-');
}

/** ARNs of the target groups that it registers its instances with; one request where groups move. */
export async function attachmentsOf(
  { scaling, moves }: AutoScalingDeps,
  group: AutoScalingGroup,
): Promise<readonly string[]> {
  return moves ? scaling.attachments(group.AutoScalingGroupName ?? '') : targetGroupsOf(group);
}

export function toFleetGroup(
  { owner, moves }: Pick<AutoScalingDeps, 'owner' | 'moves'>,
  group: AutoScalingGroup,
  { newest, failures, targetGroups }: GroupFacts,
): FleetGroup {
  const { AutoScalingGroupName: name = '', MinSize = 0, MaxSize = 0, DesiredCapacity = 0 } = group;
  const template = templateOf(group);
  const tags = tagsOf(group);
  const inService = inServiceOf(group);
  const carries = tags[tagName(owner, CARRIES)];
  const recorded = refreshIn(tags[refreshTagName(owner)]);
  const isByImage = [carries, recorded?.to.template].some((text = '') => imagesIn(text).length > 0);
  return {
    name,
    minimum: MinSize,
    maximum: MaxSize,
    desired: DesiredCapacity,
    capacity: inService.reduce((sum, one) => sum + weightOf(one), 0),
    inService: inService.length,
    zones: group.AvailabilityZones ?? [],
    targetGroups,
    protects: membersOf(group).flatMap(({ ProtectedFromScaleIn: is, InstanceId = '' }) => (is ? [InstanceId] : [])),
    suspended: (group.SuspendedProcesses ?? []).flatMap(({ ProcessName }) => ProcessName ?? []),
    failures,
    ...suspendedByAws(group),
    ...(isClone(owner, group) && { clone: true as const }),
    ...defined({
      moves,
      launches: template && withImages(templateText(template), isByImage ? imagesOf(group) : []),
      boots: fleetTagsOf(owner, group)?.release,
      carries,
      held: heldIn(tags[heldTagName(owner)]),
      prepared: preparedIn(tags[preparedTagName(owner)]),
      newest,
      recorded,
      refresh: isUnderWay(newest) ? newest.status : undefined,
      managedBy: group.Operator?.Principal,
      warm: group.WarmPoolConfiguration && (group.WarmPoolSize ?? 0),
      status: group.Status,
    }),
  };
}

/** A person's are `User suspended at ...`; what AWS writes of its own is not documented (user guide, administrative suspension). */
function suspendedByAws({ SuspendedProcesses: all = [] }: AutoScalingGroup): Pick<FleetGroup, 'suspendedByAws'> {
  const own = all.filter(({ SuspensionReason: why = 'User' }) => !why.startsWith('User'));
  return own.length === 0 ? {} : { suspendedByAws: own.flatMap(({ ProcessName }) => ProcessName ?? []) };
}

/** The types of its mixed instances policy, if it has one. */
export function typeOverridesOf({ MixedInstancesPolicy: mixed }: AutoScalingGroup): readonly Override[] {
  return mixed?.LaunchTemplate?.Overrides ?? [];
}

/** Of overrides, in words. Those that are chosen by requirements have no name. */
export function typesOf(overrides: readonly Override[]): string {
  return list([...new Set(overrides.map(({ InstanceType = 'some types' }) => InstanceType))]);
}

/**
 * A mixed instances policy keeps all but the version and the images (API reference, UpdateAutoScalingGroup: it is replaced as a whole).
 * @param images the image to come of each that a type has of its own, which outweighs the template's
 * @throws OperatorError where a type has another one
 */
export function launchFrom(
  group: AutoScalingGroup,
  template: { readonly LaunchTemplateId: string; readonly Version: string },
  images: Readonly<Record<string, string>> = {},
): Pick<AutoScalingGroup, 'LaunchTemplate' | 'MixedInstancesPolicy'> {
  const { MixedInstancesPolicy: mixed } = group;
  if (mixed === undefined) return { LaunchTemplate: template };
  const Overrides = typeOverridesOf(group).map((override) => {
    const { ImageId: own } = override;
    return own === undefined ? override : { ...override, ImageId: imageAfter(group, own, images) };
  });
  return {
    MixedInstancesPolicy: {
      ...mixed,
      LaunchTemplate: { ...mixed.LaunchTemplate, LaunchTemplateSpecification: template, Overrides },
    },
  };
}

/** A launch that is begun again finds what it has set. */
function imageAfter(
  { AutoScalingGroupName: name }: AutoScalingGroup,
  own: string,
  images: Readonly<Record<string, string>>,
): string {
  if (Object.values(images).includes(own)) return own;
  if (images[own] !== undefined) return images[own];
  throw new OperatorError(
    'own-image',
    `An override of ${name} has been given the image ${own} since this was planned: what the new release is there is not known.`,
    {
      next: [
        'Give it the image back that it had; or `turnout abandon` ends this, and what is run then is planned anew.',
      ],
    },
  );
}
