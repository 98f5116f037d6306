import * as ec2 from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually, startCloud, type Cloud } from '../support/cloud.ts';
import { ec2Words, fails, where } from '../support/ec2-words.ts';

let cloud: Cloud;
beforeEach(async () => {
  cloud = await startCloud();
});
afterEach(() => cloud.close());
const { launch, launchIds, find, stateOf, untilState } = ec2Words(() => cloud);

describe('RunInstances', () => {
  test('boots HTTP servers: pending, then running, each with its own address', async () => {
    await cloud.ec2.send(new ec2.CreateKeyPairCommand({ KeyName: 'k' }));
    const [instance] = await launch({ SubnetId: cloud.subnets[1]!, InstanceType: 't3.small', KeyName: 'k' });
    expect(instance).toMatchObject({
      ImageId: cloud.image,
      InstanceType: 't3.small',
      KeyName: 'k',
      Placement: { AvailabilityZone: 'eu-west-1b' },
      State: { Code: 0, Name: 'pending' },
      SubnetId: cloud.subnets[1],
    });
    await untilState(instance!.InstanceId!, 'running');
    const [seen] = await find({ InstanceIds: [instance!.InstanceId!] });
    expect(seen?.State).toEqual({ Code: 16, Name: 'running' });
    expect(seen?.LaunchTime).toBeInstanceOf(Date);
    const response = await fetch(`http://${seen!.PrivateIpAddress}:8080/any/path`);
    expect(await response.json()).toEqual({ release: '41', instance: seen!.InstanceId });
    expect(response.headers.get('x-release')).toBe('41');
    expect(response.headers.get('x-instance')).toBe(seen!.InstanceId);
  });

  test('tags are set at launch, within limits', async () => {
    const tagged = (Key: string) => [{ ResourceType: 'instance' as const, Tags: [{ Key, Value: 'v' }] }];
    const [instance] = await launch({
      TagSpecifications: [...tagged('a'), { ResourceType: 'volume', Tags: [{ Key: 'b', Value: 'v' }] }],
    });
    expect(instance?.Tags).toEqual([{ Key: 'a', Value: 'v' }]);
    await expect(launch({ TagSpecifications: tagged('aws:x') })).rejects.toMatchObject(
      fails('InvalidParameterValue', /reserved/),
    );
    const many = Array.from({ length: 51 }, (_, n) => ({ Key: `k${n}`, Value: '' }));
    const tooMany = launch({ TagSpecifications: [{ ResourceType: 'instance', Tags: many }] });
    await expect(tooMany).rejects.toMatchObject(fails('TagLimitExceeded'));
  });

  test('the same token returns the same instances; with another request it is an error', async () => {
    const first = await launchIds({ ClientToken: 'one', MinCount: 2, MaxCount: 2 });
    expect(await launchIds({ ClientToken: 'one', MinCount: 2, MaxCount: 2 })).toEqual(first);
    const other = launch({ ClientToken: 'one', MinCount: 3, MaxCount: 3 });
    await expect(other).rejects.toMatchObject(fails('IdempotentParameterMismatch'));
    expect(cloud.instances.list()).toHaveLength(2);
    await cloud.ec2.send(new ec2.TerminateInstancesCommand({ InstanceIds: first }));
    await untilState(first[0]!, 'terminated');
    expect((await launch({ ClientToken: 'one', MinCount: 2, MaxCount: 2 }))[0]?.State?.Name).toBe('terminated');
  });

  test.each([
    ['InvalidAMIID.NotFound', { ImageId: 'ami-0123456789abcdef0' }],
    ['InvalidAMIID.Malformed', { ImageId: 'ami-x' }],
    ['InvalidSubnetID.NotFound', { SubnetId: 'subnet-0123456789abcdef0' }],
    ['InvalidGroup.NotFound', { SecurityGroupIds: ['sg-0123456789abcdef0'] }],
    ['InvalidParameterValue', { MinCount: 2, MaxCount: 1 }],
    ['InvalidParameterValue', { MinCount: 0, MaxCount: 0 }],
    ['InvalidParameterValue', { Placement: { AvailabilityZone: 'mars-1a' } }],
    ['InvalidParameterValue', { UserData: '{not base64}' }],
    ['InvalidLaunchTemplateName.NotFoundException', { LaunchTemplate: { LaunchTemplateName: 'none' } }],
    ['InvalidLaunchTemplateId.NotFound', { LaunchTemplate: { LaunchTemplateId: 'lt-0123456789abcdef0' } }],
  ])('refuses with %s, and boots nothing', async (name, input) => {
    await expect(launch(input)).rejects.toMatchObject(fails(name));
    expect(cloud.instances.list()).toEqual([]);
  });

  test('without an image the error names the missing parameter', async () => {
    const command = new ec2.RunInstancesCommand({ MinCount: 1, MaxCount: 1 });
    await expect(cloud.ec2.send(command)).rejects.toMatchObject(fails('MissingParameter', /ImageId/));
  });
});

describe('launch templates', () => {
  const NAME = { LaunchTemplateName: 'web' };
  async function create(LaunchTemplateData: ec2.RequestLaunchTemplateData) {
    const { LaunchTemplate } = await cloud.ec2.send(
      new ec2.CreateLaunchTemplateCommand({ ...NAME, LaunchTemplateData }),
    );
    return LaunchTemplate!.LaunchTemplateId!;
  }
  async function addVersion(LaunchTemplateData: ec2.RequestLaunchTemplateData, SourceVersion?: string) {
    const input = { ...NAME, LaunchTemplateData, ...(SourceVersion && { SourceVersion }) };
    await cloud.ec2.send(new ec2.CreateLaunchTemplateVersionCommand(input));
  }
  const run = async (LaunchTemplate: ec2.LaunchTemplateSpecification, more = {}) => {
    const command = new ec2.RunInstancesCommand({ LaunchTemplate, MinCount: 1, MaxCount: 1, ...more });
    return (await cloud.ec2.send(command)).Instances![0]!;
  };

  test('complete the request, by default version, latest or number', async () => {
    const id = await create({ ImageId: cloud.image, InstanceType: 't3.nano' });
    await addVersion({ InstanceType: 't3.large' }, '1');
    expect((await run(NAME)).InstanceType).toBe('t3.nano');
    expect((await run({ LaunchTemplateId: id, Version: '$Latest' })).InstanceType).toBe('t3.large');
    expect((await run({ ...NAME, Version: '1' })).InstanceType).toBe('t3.nano');
    expect((await run(NAME, { InstanceType: 'm7g.large' })).InstanceType).toBe('m7g.large');
    const gone = run({ ...NAME, Version: '9' });
    await expect(gone).rejects.toMatchObject(fails('InvalidLaunchTemplateId.VersionNotFound'));
    await expect(run({ ...NAME, Version: 'x' })).rejects.toMatchObject(fails('InvalidParameterValue'));
  });

  test('add tags with their id and version; tags of the request replace their own', async () => {
    const spec = (Key: string, Value: string) => [{ ResourceType: 'instance' as const, Tags: [{ Key, Value }] }];
    const id = await create({ ImageId: cloud.image, TagSpecifications: spec('a', 'template') });
    const added = [
      { Key: 'aws:ec2launchtemplate:id', Value: id },
      { Key: 'aws:ec2launchtemplate:version', Value: '1' },
    ];
    const latest = { ...NAME, Version: '$Latest' };
    expect((await run(latest)).Tags).toEqual([{ Key: 'a', Value: 'template' }, ...added]);
    const instance = await run(latest, { TagSpecifications: spec('b', 'request') });
    expect(instance.Tags).toEqual([...added, { Key: 'b', Value: 'request' }]);
  });

  test('are described, with versions, and have one name each', async () => {
    const id = await create({ ImageId: cloud.image });
    await addVersion({ ImageId: cloud.image, InstanceType: 't3.large' });
    await expect(create({ ImageId: cloud.image })).rejects.toMatchObject(
      fails('InvalidLaunchTemplateName.AlreadyExistsException'),
    );
    const described = await cloud.ec2.send(new ec2.DescribeLaunchTemplatesCommand({ LaunchTemplateNames: ['web'] }));
    expect(described.LaunchTemplates).toMatchObject([
      { LaunchTemplateId: id, LatestVersionNumber: 2, DefaultVersionNumber: 1 },
    ]);
    const versions = async (input: object) => {
      const command = new ec2.DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: id, ...input });
      return (await cloud.ec2.send(command)).LaunchTemplateVersions?.map((version) => version.VersionNumber);
    };
    expect(await versions({})).toEqual([1, 2]);
    expect(await versions({ Versions: ['$Latest'] })).toEqual([2]);
    expect(await versions({ Versions: ['$Default', '2'] })).toEqual([1, 2]);
    const modify = new ec2.ModifyLaunchTemplateCommand({ LaunchTemplateId: id, DefaultVersion: '2' });
    await cloud.ec2.send(modify);
    expect(await versions({ Versions: ['$Default'] })).toEqual([2]);
    const none = new ec2.DescribeLaunchTemplatesCommand({ LaunchTemplateIds: ['lt-0123456789abcdef0'] });
    await expect(cloud.ec2.send(none)).rejects.toMatchObject(fails('InvalidLaunchTemplateId.NotFound'));
  });

  test('can refer to an image by a parameter', async () => {
    const { ssm } = cloud.service;
    await ssm.operations.PutParameter!({ Name: '/image', Value: cloud.image, Type: 'String' });
    await create({ ImageId: 'resolve:ssm:/image' });
    expect((await run(NAME)).ImageId).toBe(cloud.image);
  });
});

describe('the release of an instance', () => {
  const releaseOf = async (input: Partial<ec2.RunInstancesCommandInput>) => {
    const [id] = await launchIds(input);
    return cloud.instances.find(id!)?.release;
  };
  const userData = (text: string) => Buffer.from(text).toString('base64');

  test('its image’s tag, else its user data, else its template’s tag', async () => {
    const plain = cloud.service.addImage('plain', {}, new Date(0)).id;
    await cloud.ec2.send(
      new ec2.CreateLaunchTemplateCommand({
        LaunchTemplateName: 'web',
        LaunchTemplateData: { ImageId: plain },
        TagSpecifications: [{ ResourceType: 'launch-template', Tags: [{ Key: 'Release', Value: '7' }] }],
      }),
    );
    const template = { ImageId: plain, LaunchTemplate: { LaunchTemplateName: 'web' } };
    expect(await releaseOf({ UserData: userData('RELEASE=9') })).toBe('41');
    expect(await releaseOf({ ...template, UserData: userData('#!/bin/sh\nexport RELEASE="9"\nrun') })).toBe('9');
    expect(await releaseOf({ ...template, UserData: userData('#!/bin/sh\n( cd /srv && RELEASE=9 ./run )') })).toBe('9');
    expect(await releaseOf(template)).toBe('7');
    expect(await releaseOf({ ImageId: plain })).toBe('unknown');
  });
});

describe('DescribeInstances', () => {
  test('filters by tags, states, zones, addresses and more, with wildcards', async () => {
    const spec = (Value: string) => [{ ResourceType: 'instance' as const, Tags: [{ Key: 'role', Value }] }];
    const [a] = await launchIds({ TagSpecifications: spec('web-1'), SubnetId: cloud.subnets[0]! });
    const [b] = await launchIds({ TagSpecifications: spec('db'), SubnetId: cloud.subnets[1]! });
    const [c] = await launchIds();
    await Promise.all([a, b, c].map((id) => untilState(id!, 'running')));
    const ids = async (name: string, ...values: string[]) =>
      (await find(where(name, ...values))).map((each) => each.InstanceId);
    expect(await ids('tag:role', 'web-*')).toEqual([a]);
    expect(await ids('tag:role', 'web-?', 'db')).toEqual([a, b]);
    expect(await ids('tag-key', 'role')).toEqual([a, b]);
    expect(await ids('availability-zone', 'eu-west-1b')).toEqual([b]);
    expect(await ids('instance-state-name', 'running')).toEqual([a, b, c]);
    expect(await ids('instance-state-name', 'stopped')).toEqual([]);
    expect(await ids('private-ip-address', cloud.instances.find(c!)!.address)).toEqual([c]);
    expect(await ids('vpc-id', cloud.service.network.vpc)).toEqual([a, b, c]);
    expect(await ids('instance-id', a!, c!)).toEqual([a, c]);
    await expect(ids('colour', 'blue')).rejects.toMatchObject(fails('InvalidParameterValue', /'colour' is invalid/));
    await expect(ids('constructor', 'blue')).rejects.toMatchObject(fails('InvalidParameterValue'));
    await expect(find({ Filters: [{ Name: 'vpc-id' }] })).rejects.toMatchObject(fails('InvalidParameterValue'));
  });

  test('returns small pages', async () => {
    const ids = await launchIds({ MinCount: 12, MaxCount: 12 });
    const page = (input: object) => cloud.ec2.send(new ec2.DescribeInstancesCommand(input));
    const first = await page({});
    expect(first.Reservations?.[0]?.Instances).toHaveLength(5);
    expect(first.NextToken).toBeDefined();
    expect((await find({})).map((each) => each.InstanceId)).toEqual(ids);
    expect((await page({ MaxResults: 11 })).Reservations?.[0]?.Instances).toHaveLength(11);
    expect((await page({ InstanceIds: ids })).Reservations?.[0]?.Instances).toHaveLength(12);
    await expect(page({ MaxResults: 4 })).rejects.toMatchObject(fails('InvalidParameterValue'));
    await expect(page({ NextToken: 'x' })).rejects.toMatchObject(fails('InvalidParameterValue'));
    await expect(page({ MaxResults: 5, InstanceIds: ids })).rejects.toMatchObject(fails('InvalidParameterCombination'));
  });

  test('reports unknown ids', async () => {
    const unknown = find({ InstanceIds: ['i-0123456789abcdef0'] });
    await expect(unknown).rejects.toMatchObject(
      fails('InvalidInstanceID.NotFound', /'i-0123456789abcdef0' does not exist/),
    );
    await expect(find({ InstanceIds: ['server'] })).rejects.toMatchObject(fails('InvalidInstanceID.Malformed'));
  });

  test('status includes running instances only, unless all are requested', async () => {
    const [a, b] = await launchIds({ MinCount: 2, MaxCount: 2 });
    await untilState(a!, 'running');
    await untilState(b!, 'running');
    await cloud.ec2.send(new ec2.StopInstancesCommand({ InstanceIds: [b!] }));
    const status = async (input: object) => {
      const output = await cloud.ec2.send(new ec2.DescribeInstanceStatusCommand(input));
      return output.InstanceStatuses?.map((each) => [each.InstanceId, each.InstanceStatus?.Status]);
    };
    expect(await status({})).toEqual([[a, 'ok']]);
    expect(await status({ IncludeAllInstances: true })).toEqual([
      [a, 'ok'],
      [b, 'not-applicable'],
    ]);
  });
});

describe('images and the network', () => {
  test('images are found by name pattern, tag, owner and id', async () => {
    const second = cloud.service.addImage('shop-42', { Release: '42' }, new Date()).id;
    const images = async (input: ec2.DescribeImagesCommandInput) =>
      (await cloud.ec2.send(new ec2.DescribeImagesCommand(input))).Images?.map((image) => image.ImageId);
    expect(await images({ Owners: ['self'], ...where('name', 'shop-*') })).toEqual([cloud.image, second]);
    expect(await images(where('tag:Release', '42'))).toEqual([second]);
    expect(await images({ Owners: ['amazon'] })).toEqual([]);
    expect(await images({ ImageIds: [second] })).toEqual([second]);
    await expect(images({ ImageIds: ['ami-0123456789abcdef0'] })).rejects.toMatchObject(fails('InvalidAMIID.NotFound'));
  });

  test('subnets, zones, the VPC and its security group exist', async () => {
    const { Subnets } = await cloud.ec2.send(new ec2.DescribeSubnetsCommand(where('availability-zone', 'eu-west-1b')));
    expect(Subnets).toMatchObject([
      { SubnetId: cloud.subnets[1], VpcId: cloud.service.network.vpc, State: 'available' },
    ]);
    const zones = await cloud.ec2.send(new ec2.DescribeAvailabilityZonesCommand({}));
    expect(zones.AvailabilityZones?.map((zone) => [zone.ZoneName, zone.ZoneId])).toEqual([
      ['eu-west-1a', 'euw1-az1'],
      ['eu-west-1b', 'euw1-az2'],
    ]);
    expect((await cloud.ec2.send(new ec2.DescribeVpcsCommand({}))).Vpcs).toHaveLength(1);
    expect((await cloud.ec2.send(new ec2.DescribeSecurityGroupsCommand({}))).SecurityGroups).toHaveLength(1);
    const unknown = new ec2.DescribeSubnetsCommand({ SubnetIds: ['subnet-0'] });
    await expect(cloud.ec2.send(unknown)).rejects.toMatchObject(fails('InvalidSubnetID.NotFound'));
  });
});

describe('a thousand instances', () => {
  test('boot, and are described in one page', async () => {
    const ids = await launchIds({ MinCount: 1000, MaxCount: 1000 });
    await eventually('all running', () => ids.every((id) => stateOf(id) === 'running'), 15_000);
    const seen = await find({ MaxResults: 1000 });
    expect(new Set(seen.map((each) => each.PrivateIpAddress)).size).toBe(1000);
    const record = cloud.log.all.findLast(({ operation }) => operation === 'DescribeInstances');
    // Tens of milliseconds on an idle machine; the bound leaves room for a busy one.
    expect(record?.ms).toBeLessThan(1_000);
    expect(cloud.errors).toEqual([]);
  });
});
