import type { DescribeImagesResult } from '@aws-sdk/client-ec2';
import type { LaunchTemplateOverrides } from '@aws-sdk/client-auto-scaling';
import { ApiError, call } from '../service.ts';
import { scalingError } from './errors.ts';
import { launchesFrom, matches, type Launched } from './launch.ts';
import { changeState, enterService, isGone, leaveTraffic, runHook, terminateMember } from './members.ts';
import type { Member, ScalingGroup } from './model.ts';
import { endActivity, startActivity, type AutoScalingState } from './state.ts';

/** Instance refreshes of the strategy ReplaceRootVolume (User guide, "Replace root volumes during instance refresh"). */

function overridesOf({ MixedInstancesPolicy: mixed }: Launched): readonly LaunchTemplateOverrides[] {
  return mixed?.LaunchTemplate?.Overrides ?? [];
}

function imageFor(from: Launched, { type }: Member): string | undefined {
  return overridesOf(from).find(({ InstanceType }) => InstanceType === type)?.ImageId;
}

/** Whether its root volume is of the image that its type is to have. */
export function hasRootOf(from: Launched, member: Member): boolean {
  return imageFor(from, member) === member.image;
}

/** Out of traffic, hooks of terminating, another root volume, hooks of launching, and back into traffic. One that fails is replaced. */
export async function replaceRoot(state: AutoScalingState, group: ScalingGroup, member: Member): Promise<void> {
  const activity = startActivity(
    state,
    group,
    `Replacing root volume of EC2 instance: ${member.id}`,
    'a root volume was replaced in response to an instance refresh',
  );
  member.activity = activity;
  const isOff = () => isGone(state, group, member) || member.state.startsWith('Terminating');
  changeState(state, group, member, 'ReplacingRootVolume');
  await leaveTraffic(state, group, [member]);
  if (isOff()) return;
  await runHook(state, group, member, 'autoscaling:EC2_INSTANCE_TERMINATING', 'ReplacingRootVolume');
  if (isOff()) return;
  const image = imageFor(launchesFrom(group), member) ?? member.image;
  const why = await state.ec2.bootFrom(member.id, image).then(
    (isBooted) => (isBooted ? undefined : 'the instance does not run'),
    (error: unknown) => {
      if (error instanceof ApiError) return error.message;
      throw error;
    },
  );
  if (isOff()) return;
  if (why !== undefined) {
    endActivity(state, activity, 'Failed', why);
    return terminateMember(state, group, member, 'the replacement of its root volume failed');
  }
  member.image = image;
  changeState(state, group, member, 'RootVolumeReplaced');
  changeState(state, group, member, 'Pending');
  await enterService(state, group, member);
}

/** What AWS refuses (User guide, requirements and limitations). Its words are not documented. */
export async function refuseRootVolumes(
  state: AutoScalingState,
  group: ScalingGroup,
  wanted: Launched | undefined,
): Promise<void> {
  if (group.warmPool) throw refused('a group that has a warm pool');
  for (const from of [group.settings, wanted ?? {}]) checkPolicy(from);
  const types = new Set(overridesOf(wanted ?? {}).map(({ InstanceType }) => InstanceType as string));
  for (const member of group.members.values()) {
    if (!types.has(member.type)) throw refused(`${member.id}, whose type ${member.type} is not in the policy`);
    if (!(await matches(state, member, group.settings)))
      throw refused(`${member.id}, which does not match the group's launch template`);
  }
  const ImageIds = [...new Set(overridesOf(wanted ?? {}).map(({ ImageId = '' }) => ImageId))];
  const { Images = [] } = await call<DescribeImagesResult>(state.ec2, 'DescribeImages', { ImageIds });
  const several = Images.find(({ BlockDeviceMappings = [] }) => BlockDeviceMappings.length > 1);
  if (several) throw refused(`${several.ImageId}, which has more than a root volume`);
}

function checkPolicy(from: Launched): void {
  const overrides = overridesOf(from);
  if (overrides.length === 0) throw refused('what has no mixed instances policy with overrides');
  if (overrides.some(({ ImageId }) => ImageId === undefined)) throw refused('an override without an ImageId');
  const { Version = '$Default' } = from.MixedInstancesPolicy?.LaunchTemplate?.LaunchTemplateSpecification ?? {};
  if (Version.startsWith('$')) throw refused(`the launch template version ${Version}`);
}

function refused(what: string): ApiError {
  return scalingError.invalid(`ReplaceRootVolume is not supported for ${what}`);
}
