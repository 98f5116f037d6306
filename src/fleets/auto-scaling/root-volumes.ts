import { shell } from '../../domain/shell.ts';
import type { AutoScalingGroup } from '../../aws/autoscaling.ts';
import { imagesOf } from '../../aws/autoscaling.ts';
import type { Image } from '../../aws/ec2.ts';
import { list } from '../../domain/text.ts';
import { OperatorError } from '../../errors.ts';
import { membersOf, templateOf, templateText, typeOverridesOf, typesOf } from './groups.ts';

/** What AWS refuses to replace root volumes of (User guide, "Replace root volumes during instance refresh"), told before anything is changed. */

/** The record holds the images before and after, and has to fit into one tag. */
const IMAGES_MAX = 3;

function refused({ AutoScalingGroupName: name = '' }: AutoScalingGroup, why: string, next: string): OperatorError {
  return new OperatorError('no-root-volumes', `The root volumes of ${name} cannot be replaced: ${why}.`, {
    next: [next, '`turnout up --release R`, then `turnout promote`, brings the release to another group.'],
  });
}

/** @throws OperatorError `no-root-volumes` */
export function checkRootVolumes(group: AutoScalingGroup): void {
  checkImages(group);
  const { Version: version = '$Default' } = templateOf(group) ?? {};
  if (version.startsWith('$'))
    throw refused(
      group,
      `it launches from the version ${version} of its template`,
      'Let it launch from the version, by its number, that its instances have; then run this again.',
    );
  if (group.WarmPoolConfiguration !== undefined)
    throw refused(
      group,
      'it has a warm pool',
      `\`${shell`aws autoscaling delete-warm-pool --auto-scaling-group-name ${group.AutoScalingGroupName}`}\` ends it; then run this again.`,
    );
  checkMembers(group);
}

function checkImages(group: AutoScalingGroup): void {
  const overrides = typeOverridesOf(group);
  const bare = overrides.filter(({ ImageId }) => ImageId === undefined);
  if (overrides.length === 0 || bare.length > 0)
    throw refused(
      group,
      overrides.length === 0
        ? 'it has no mixed instances policy that names types and their images'
        : `its mixed instances policy names no image for ${typesOf(bare)}`,
      'Give each override of a mixed instances policy the ImageId that its instances have now; then run this again.',
    );
  if (new Set(imagesOf(group)).size > IMAGES_MAX)
    throw refused(
      group,
      `its types have more than ${IMAGES_MAX} images`,
      'Give types of the same architecture the same image; then run this again.',
    );
}

function checkMembers(group: AutoScalingGroup): void {
  const types = new Set(typeOverridesOf(group).map(({ InstanceType }) => InstanceType as string));
  const own = templateOf(group);
  const differing = membersOf(group).filter(
    ({ InstanceType = '', LaunchTemplate: one }) =>
      !types.has(InstanceType) || own === undefined || one === undefined || templateText(one) !== templateText(own),
  );
  if (differing.length === 0) return;
  const ids = differing.map(({ InstanceId = '' }) => InstanceId);
  throw refused(
    group,
    `${list(ids, 3)} ${ids.length === 1 ? 'is' : 'are'} of another type or template version than it launches`,
    `\`${shell`aws autoscaling terminate-instance-in-auto-scaling-group --no-should-decrement-desired-capacity --instance-id ${ids[0]}`}\` lets the group replace it; then run this again.`,
  );
}

/** Only images change then. @throws OperatorError `no-root-volumes` where the config names another version for the release */
export function checkSameVersion(group: AutoScalingGroup, version: string): void {
  if (version === templateOf(group)?.Version) return;
  throw refused(
    group,
    `the release is version ${version} of the launch template, and they would stay of version ${templateOf(group)?.Version}`,
    'Name the images alone, under `fleet.image` in the config, if nothing else differs; then run this again.',
  );
}

/** @throws OperatorError `no-root-volumes` where an image has more than a root volume */
export function checkRootDevices(group: AutoScalingGroup, images: readonly (Image | undefined)[]): void {
  const several = images.find((image) => (image?.BlockDeviceMappings ?? []).filter(({ Ebs }) => Ebs).length > 1);
  if (several === undefined) return;
  throw refused(
    group,
    `the image ${several.ImageId} has more than a root volume`,
    'Make the image with a root volume alone; then run this again.',
  );
}
