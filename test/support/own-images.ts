import type { _InstanceType } from '@aws-sdk/client-ec2';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { callEc2 } from './quick-sandbox.ts';
import { scalingOf } from './scaling.ts';

/**
 * Gives a group a mixed instances policy whose one type has the image of a release of its own; `none`: no image.
 * @returns the images, by release
 */
export async function ownImages(
  sandbox: Sandbox,
  name: string,
  release = '41',
): Promise<Readonly<Record<string, string>>> {
  const { Images } = await callEc2(sandbox, 'DescribeImages', {});
  const all = (Images as { ImageId: string; Name?: string }[]).map(({ ImageId, Name = '' }) => [
    Name.replace('shop-', ''),
    ImageId,
  ]);
  const images = Object.fromEntries(all) as Record<string, string>;
  const scaling = scalingOf(sandbox, 'shop-web');
  const { Instances = [] } = await scaling.group(name);
  const { InstanceType, LaunchTemplate } = Instances[0]!;
  const override = { InstanceType: InstanceType as _InstanceType };
  const Overrides = [release === 'none' ? override : { ...override, ImageId: images[release] }];
  const { LaunchTemplateId, Version } = LaunchTemplate!;
  const LaunchTemplateSpecification = { LaunchTemplateId, Version };
  const MixedInstancesPolicy = { LaunchTemplate: { LaunchTemplateSpecification, Overrides } };
  // In process: not in the log of requests.
  await sandbox.autoscaling.operations['UpdateAutoScalingGroup']?.({
    AutoScalingGroupName: name,
    MixedInstancesPolicy,
  });
  scaling.client.destroy();
  return images;
}
