import { createPrivateKey } from 'node:crypto';
import * as ec2 from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startCloud, type Cloud } from '../support/cloud.ts';
import { ec2Words } from '../support/ec2-words.ts';

let cloud: Cloud;
beforeEach(async () => {
  cloud = await startCloud();
});
afterEach(() => cloud.close());
const { launchIds } = ec2Words(() => cloud);
const releaseOf = async (input: Partial<ec2.RunInstancesCommandInput>) => {
  const [id] = await launchIds(input);
  return cloud.instances.find(id!)?.release;
};
const userData = (text: string) => Buffer.from(text).toString('base64');

const PROFILES = 'arn:aws:iam::123456789012:instance-profile';

describe('what EC2 refuses, and answers', () => {
  test('a type that there is not', async () => {
    const type = 't9.huge' as ec2._InstanceType;
    await expect(launchIds({ InstanceType: type })).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    const described = cloud.ec2.send(new ec2.DescribeInstanceTypesCommand({ InstanceTypes: [type] }));
    await expect(described).rejects.toMatchObject({ name: 'InvalidInstanceType' });
  });

  test('a key pair, a profile, or a security group that there is not', async () => {
    const said = async (input: Partial<ec2.RunInstancesCommandInput>) =>
      launchIds(input).then(
        () => 'launched',
        (error: Error) => `${error.name}: ${error.message}`,
      );
    const profile = (by: string, value: string, noun: string) =>
      `InvalidParameterValue: Value (${value}) for parameter iamInstanceProfile.${by} is invalid. Invalid IAM Instance Profile ${noun}`;
    expect(await said({ KeyName: 'ops' })).toBe("InvalidKeyPair.NotFound: The key pair 'ops' does not exist");
    expect(await said({ KeyName: 'ops', DryRun: true })).toMatch(/^InvalidKeyPair.NotFound: /);
    expect(await said({ DryRun: true })).toMatch(/^DryRunOperation: /);
    expect(await said({ IamInstanceProfile: { Name: 'web' } })).toBe(profile('name', 'web', 'name'));
    expect(await said({ IamInstanceProfile: { Arn: `${PROFILES}/web` } })).toBe(
      profile('arn', `${PROFILES}/web`, 'ARN'),
    );
    expect(await said({ SecurityGroups: ['web'] })).toMatch(
      /^InvalidGroup.NotFound: .*'web' does not exist in default VPC/,
    );
    expect(await said({ SecurityGroupIds: ['sg-0123456789abcdef0'] })).toMatch(/^InvalidGroup.NotFound: /);
  });

  test('those that there are', async () => {
    const { KeyMaterial } = await cloud.ec2.send(new ec2.CreateKeyPairCommand({ KeyName: 'ops' }));
    expect(createPrivateKey(KeyMaterial ?? '').asymmetricKeyType).toBe('rsa');
    await expect(cloud.ec2.send(new ec2.CreateKeyPairCommand({ KeyName: 'ops' }))).rejects.toMatchObject({
      name: 'InvalidKeyPair.Duplicate',
    });
    cloud.service.profiles.create('web');
    const [id = ''] = await launchIds({
      KeyName: 'ops',
      IamInstanceProfile: { Name: 'web' },
      SecurityGroups: ['default'],
    });
    const { Reservations } = await cloud.ec2.send(new ec2.DescribeInstancesCommand({ InstanceIds: [id] }));
    expect(Reservations?.[0]?.Instances).toMatchObject([
      { KeyName: 'ops', IamInstanceProfile: { Arn: `${PROFILES}/web` } },
    ]);
    const named = new ec2.DescribeKeyPairsCommand({ KeyNames: ['ops'] });
    expect((await cloud.ec2.send(named)).KeyPairs).toMatchObject([{ KeyName: 'ops' }]);
    await cloud.ec2.send(new ec2.DeleteKeyPairCommand({ KeyName: 'ops' }));
    await expect(cloud.ec2.send(named)).rejects.toMatchObject({ name: 'InvalidKeyPair.NotFound' });
  });

  test('a client token is of a zone where the request names a subnet', async () => {
    const [one, two] = await Promise.all(
      cloud.subnets.slice(0, 2).map(async (SubnetId) => launchIds({ ClientToken: 'zonal', SubnetId })),
    );
    expect(one).not.toEqual(two);
    expect(await launchIds({ ClientToken: 'zonal', SubnetId: cloud.subnets[0] })).toEqual(one);
  });

  test('network interfaces and regions', async () => {
    const [id = ''] = await launchIds({});
    const Filters = [{ Name: 'attachment.instance-id', Values: [id] }];
    const { NetworkInterfaces } = await cloud.ec2.send(new ec2.DescribeNetworkInterfacesCommand({ Filters }));
    expect(NetworkInterfaces).toMatchObject([{ Attachment: { InstanceId: id }, Status: 'in-use' }]);
    const { Regions } = await cloud.ec2.send(new ec2.DescribeRegionsCommand({}));
    expect(Regions?.map(({ RegionName }) => RegionName)).toEqual(['eu-west-1']);
    const face = { NetworkInterfaceIds: ['eni-0'] };
    await expect(cloud.ec2.send(new ec2.DescribeNetworkInterfacesCommand(face))).rejects.toMatchObject({
      name: 'InvalidNetworkInterfaceID.NotFound',
    });
  });
});

describe('an image of an instance', () => {
  test('keeps its release, and so does a copy; names are unique', async () => {
    const [id = ''] = await launchIds({
      ImageId: cloud.service.addImage('bare', {}).id,
      UserData: userData('RELEASE=9'),
    });
    const { ImageId } = await cloud.ec2.send(new ec2.CreateImageCommand({ InstanceId: id, Name: 'web-9' }));
    expect(await releaseOf({ ImageId })).toBe('9');
    const copy = { SourceImageId: ImageId, SourceRegion: 'eu-west-1', Name: 'web-9 copy' };
    expect(await releaseOf({ ImageId: (await cloud.ec2.send(new ec2.CopyImageCommand(copy))).ImageId })).toBe('9');
    const again = cloud.ec2.send(new ec2.CreateImageCommand({ InstanceId: id, Name: 'web-9' }));
    await expect(again).rejects.toMatchObject({ name: 'InvalidAMIName.Duplicate' });
    const elsewhere = cloud.ec2.send(new ec2.CopyImageCommand({ ...copy, SourceRegion: 'eu-west-2', Name: 'other' }));
    await expect(elsewhere).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    const short = cloud.ec2.send(new ec2.CreateImageCommand({ InstanceId: id, Name: 'w' }));
    await expect(short).rejects.toMatchObject({ name: 'InvalidAMIName.Malformed' });
  });
});
