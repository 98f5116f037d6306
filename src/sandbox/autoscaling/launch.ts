import type {
  LaunchTemplateOverrides,
  LaunchTemplateSpecification,
  TagDescription,
} from '@aws-sdk/client-auto-scaling';
import type {
  _InstanceType,
  DescribeLaunchTemplateVersionsResult,
  LaunchTemplateVersion,
  Reservation,
  RunInstancesRequest,
} from '@aws-sdk/client-ec2';
import { messageOf } from '../../errors.ts';
import { call } from '../service.ts';
import type { Member, ScalingGroup, GroupSettings } from './model.ts';
import { endActivity, publish, startActivity, type AutoScalingState } from './state.ts';

/** Time until the next launch after one that failed, in milliseconds. */
const RETRY_MS = 2_000;

export type Launched = Pick<GroupSettings, 'LaunchTemplate' | 'MixedInstancesPolicy'>;

/** What new instances are launched from: that of a refresh in progress, which the group's own follows at its end. */
export function launchesFrom(group: ScalingGroup): Launched {
  const active = group.refreshes.find(({ shape }) => REFRESHING.has(shape.Status ?? ''));
  if (!active) return group.settings;
  if (active.shape.Status?.startsWith('Rollback')) return active.before;
  return active.shape.DesiredConfiguration ?? group.settings;
}

const REFRESHING: ReadonlySet<string> = new Set(['Pending', 'InProgress', 'Baking', 'RollbackInProgress']);

interface Choice {
  readonly template: LaunchTemplateSpecification;
  readonly override: LaunchTemplateOverrides;
}

/** The first instance type of a mixed instances policy, as the strategy `prioritized` takes it while there is capacity. */
function choiceOf({ LaunchTemplate: template, MixedInstancesPolicy: mixed }: Launched): Choice {
  const override = mixed?.LaunchTemplate?.Overrides?.[0] ?? {};
  const own = override.LaunchTemplateSpecification ?? mixed?.LaunchTemplate?.LaunchTemplateSpecification ?? template;
  return { template: own ?? {}, override };
}

/** The version that a specification stands for, by EC2. Throws EC2's errors. */
export async function resolveVersion(
  { ec2 }: AutoScalingState,
  { LaunchTemplateId, LaunchTemplateName, Version = '$Default' }: LaunchTemplateSpecification,
): Promise<LaunchTemplateVersion> {
  const input = { ...(LaunchTemplateId ? { LaunchTemplateId } : { LaunchTemplateName }), Versions: [Version] };
  const output = await call<DescribeLaunchTemplateVersionsResult>(ec2, 'DescribeLaunchTemplateVersions', input);
  return output.LaunchTemplateVersions![0]!;
}

/** Whether an instance was launched from what new ones are launched from. */
export async function matches(state: AutoScalingState, member: Member, from: Launched): Promise<boolean> {
  const { LaunchTemplateId, VersionNumber } = await resolveVersion(state, choiceOf(from).template);
  return member.template.LaunchTemplateId === LaunchTemplateId && member.template.Version === String(VersionNumber);
}

/** Launches one instance into a subnet, for the group or its warm pool. A failure is an activity that says why, in EC2's words. */
export async function launchMember(
  state: AutoScalingState,
  group: ScalingGroup,
  subnet: string,
  cause: string,
  to: 'members' | 'warm' = 'members',
): Promise<Member | undefined> {
  const into = to === 'warm' ? ' into warm pool' : '';
  const activity = startActivity(state, group, `Launching a new EC2 instance${into}`, cause);
  try {
    const { template, override } = choiceOf(launchesFrom(group));
    const version = await resolveVersion(state, template);
    const member: Member = { ...(await runOne(state, group, subnet, version, override)), activity };
    if (to === 'warm') member.state = 'Warmed:Pending';
    activity.Description = `Launching a new EC2 instance${into}: ${member.id}`;
    group[to].set(member.id, member);
    publish(state, group);
    return member;
  } catch (error) {
    const message = `Launching EC2 instance failed. ${messageOf(error)}`;
    activity.Description = message;
    endActivity(state, activity, 'Failed', message);
    group.retryAt = state.clock.now() + RETRY_MS;
    return undefined;
  }
}

/** RunInstances for one instance, wherever it goes. */
export function requestFor(version: LaunchTemplateVersion, override: LaunchTemplateOverrides): RunInstancesRequest {
  return {
    LaunchTemplate: { LaunchTemplateId: version.LaunchTemplateId, Version: String(version.VersionNumber) },
    MinCount: 1,
    MaxCount: 1,
    ...(override.InstanceType && { InstanceType: override.InstanceType as _InstanceType }),
    ...(override.ImageId && { ImageId: override.ImageId }),
  };
}

async function runOne(
  state: AutoScalingState,
  group: ScalingGroup,
  SubnetId: string,
  version: LaunchTemplateVersion,
  override: LaunchTemplateOverrides,
): Promise<Member> {
  const Tags = group.tags.filter(({ PropagateAtLaunch }) => PropagateAtLaunch).map(keyAndValue);
  const reservation = await call<Reservation>(state.ec2, 'RunInstances', {
    ...requestFor(version, override),
    SubnetId,
    ...(Tags.length > 0 && { TagSpecifications: [{ ResourceType: 'instance', Tags }] }),
  });
  const { InstanceId: id = '', InstanceType: type = '', ImageId: image = '', Placement } = reservation.Instances![0]!;
  state.ec2.setTags(id, { 'aws:autoscaling:groupName': group.name });
  return {
    id,
    type,
    image,
    zone: Placement?.AvailabilityZone ?? '',
    template: {
      LaunchTemplateId: version.LaunchTemplateId,
      LaunchTemplateName: version.LaunchTemplateName,
      Version: String(version.VersionNumber),
    },
    weight: Number(override.WeightedCapacity ?? 1),
    launchedAt: state.clock.now(),
    state: 'Pending',
    health: 'Healthy',
    isProtected: group.settings.NewInstancesProtectedFromScaleIn ?? false,
  };
}

function keyAndValue({ Key, Value }: TagDescription) {
  return { Key, Value: Value ?? '' };
}
