import type { StartInstanceRefreshType } from '@aws-sdk/client-auto-scaling';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { withoutAws } from '../support/aws.ts';
import { poll } from '../support/poll.ts';
import { callEc2, quickSandbox } from '../support/quick-sandbox.ts';
import { scalingOf, type Scaling } from '../support/scaling.ts';

/** Instance refreshes of the sandbox that replace root volumes in place. */

const TYPE = 'm5.large' as const;
let sandbox: Sandbox;
let scaling: Scaling;
let [old, next, wide] = ['', '', ''];
let name: string;
let count = 0;

beforeAll(async () => {
  withoutAws();
  sandbox = await quickSandbox({ instances: 1, boot: 400, releases: [{ release: '41' }, { release: '42' }] });
  scaling = scalingOf(sandbox, 'shop-web');
  const imageOf = async (release: string) => {
    const { Images } = await callEc2(sandbox, 'DescribeImages', {
      Filters: [{ Name: 'tag:Release', Values: [release] }],
    });
    return (Images as { ImageId: string }[])[0]?.ImageId ?? '';
  };
  [old, next] = [await imageOf('41'), await imageOf('42')];
  wide = sandbox.ec2.addImage('wide', {}, undefined, { '/dev/xvda': 8, '/dev/xvdb': 8 }).id;
});
afterAll(async () => {
  scaling.client.destroy();
  await sandbox.close();
});

const policy = (
  ImageId: string | undefined,
  more: { Version?: string; InstanceType?: 'm5.large' | 'm5.xlarge' } = {},
) => {
  const { Version = '1', InstanceType = TYPE } = more;
  const LaunchTemplateSpecification = { LaunchTemplateName: 'shop-web', Version };
  const Overrides = [{ InstanceType, ...(ImageId !== undefined && { ImageId }) }];
  return { MixedInstancesPolicy: { LaunchTemplate: { LaunchTemplateSpecification, Overrides } } };
};
const start = async (
  DesiredConfiguration: StartInstanceRefreshType['DesiredConfiguration'] = policy(next),
  Preferences: StartInstanceRefreshType['Preferences'] = {},
) =>
  scaling.client.startInstanceRefresh({
    AutoScalingGroupName: name,
    Strategy: 'ReplaceRootVolume',
    DesiredConfiguration,
    Preferences,
  });
const refresh = async () => {
  const { InstanceRefreshes } = await scaling.client.describeInstanceRefreshes({ AutoScalingGroupName: name });
  return InstanceRefreshes?.[0];
};
const reaches = async (status: string) => poll(async () => (await refresh())?.Status === status, status, 15_000);
const releases = async () => {
  const ids = await scaling.settled(name, 2);
  return ids.map((id) => sandbox.instances.find(id)?.release);
};
const images = async () => (await scaling.group(name)).Instances?.map(({ ImageId }) => ImageId);

describe('a refresh that replaces root volumes', () => {
  let before: readonly string[];

  beforeEach(async () => {
    count += 1;
    name = `root-${count}`;
    await scaling.create(name, { DesiredCapacity: 2, ...policy(old) });
    before = await scaling.settled(name, 2);
  });

  test('keeps instances and addresses, one at a time out of service, and changes the policy at its end', async () => {
    const addresses = before.map((id) => sandbox.instances.find(id)?.address);
    const { LaunchTemplate } = (await scaling.group(name)).Instances![0]!;
    await start(policy(next), { SkipMatching: true });
    const seen = new Set<string | undefined>();
    let least = 2;
    await poll(
      async () => {
        const { Instances = [] } = await scaling.group(name);
        for (const { LifecycleState } of Instances) seen.add(LifecycleState);
        least = Math.min(least, Instances.filter(({ LifecycleState }) => LifecycleState === 'InService').length);
        return (await refresh())?.Status === 'Successful';
      },
      'the refresh',
      15_000,
    );
    expect(least).toBe(1);
    expect(seen).toContain('ReplacingRootVolume');
    expect((await scaling.settled(name, 2)).toSorted()).toEqual(before.toSorted());
    expect(before.map((id) => sandbox.instances.find(id)?.address)).toEqual(addresses);
    expect([await releases(), await images()]).toEqual([
      ['42', '42'],
      [next, next],
    ]);
    const group = await scaling.group(name);
    expect(group.Instances?.[0]?.LaunchTemplate).toEqual(LaunchTemplate);
    expect(group.MixedInstancesPolicy?.LaunchTemplate?.Overrides?.[0]?.ImageId).toBe(next);
  });

  test('is rolled back in place, also what was at it meanwhile', async () => {
    await start();
    const replacing = async () =>
      (await scaling.group(name)).Instances?.some(({ LifecycleState = '' }) => LifecycleState.startsWith('Replacing'));
    await poll(async () => (await replacing()) === true, 'the first one is replaced', 10_000);
    await scaling.client.rollbackInstanceRefresh({ AutoScalingGroupName: name });
    await reaches('RollbackSuccessful');
    expect([await releases(), await images()]).toEqual([
      ['41', '41'],
      [old, old],
    ]);
    expect((await scaling.settled(name, 2)).toSorted()).toEqual(before.toSorted());
  });

  test.each<[string, () => StartInstanceRefreshType['DesiredConfiguration'], string]>([
    ['no image in an override', () => policy(undefined), 'an override without an ImageId'],
    ['no policy', () => ({ LaunchTemplate: { LaunchTemplateName: 'shop-web', Version: '1' } }), 'no mixed instances'],
    ['no number of a version', () => policy(next, { Version: '$Latest' }), '$Latest'],
    ['a type that is not in it', () => policy(next, { InstanceType: 'm5.xlarge' }), 'is not in the policy'],
    ['an image with more than a root volume', () => policy(wide), 'more than a root volume'],
  ])('is refused with %s', async (_, wanted, words) => {
    await expect(start(wanted())).rejects.toThrow(words);
    expect(await refresh()).toBeUndefined();
  });

  test('is refused where an instance is of another template version than the group', async () => {
    const LaunchTemplateData = { ImageId: old };
    await callEc2(sandbox, 'CreateLaunchTemplateVersion', { LaunchTemplateName: 'shop-web', LaunchTemplateData });
    await scaling.client.updateAutoScalingGroup({ AutoScalingGroupName: name, ...policy(old, { Version: '2' }) });
    await expect(start()).rejects.toThrow('does not match');
  });

  test('is refused where the group has a warm pool', async () => {
    const plain = `${name}-warm`;
    await scaling.create(plain, { LaunchTemplate: { LaunchTemplateName: 'shop-web', Version: '1' } });
    await scaling.client.putWarmPool({ AutoScalingGroupName: plain, MaxGroupPreparedCapacity: 0 });
    await scaling.client.updateAutoScalingGroup({ AutoScalingGroupName: plain, ...policy(old) });
    name = plain;
    await expect(start()).rejects.toThrow('has a warm pool');
  });
});
