import { describe, expect, onTestFinished, test } from 'vitest';
import { copyOf } from '../../src/fleets/ec2/attributes.ts';
import { errorOf, expectAdvice } from '../support/expect-advice.ts';
import { poll } from '../support/poll.ts';
import { callEc2 } from '../support/quick-sandbox.ts';
import { openEc2Fleet, startEc2World, type Boot, type Ec2World } from './ec2-world.ts';
import { fleetOf, launchStep, launchRequestOf, ZONES } from './fleet-world.ts';

/** Without a launch template, new servers are like those that serve. */

const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/own';
const CUSTOM = {
  InstanceType: 'm7i.xlarge',
  KeyName: 'ops',
  EbsOptimized: true,
  Monitoring: { Enabled: true },
  IamInstanceProfile: { Arn: 'arn:aws:iam::123456789012:instance-profile/web' },
  InstanceMarketOptions: { MarketType: 'spot' },
  InstanceInitiatedShutdownBehavior: 'terminate',
  CpuOptions: { CoreCount: 2, ThreadsPerCore: 1 },
  MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 2, InstanceMetadataTags: 'enabled' },
  MaintenanceOptions: { AutoRecovery: 'disabled' },
  EnclaveOptions: { Enabled: true },
  PrivateDnsNameOptions: { HostnameType: 'resource-name' },
  Placement: { GroupName: 'near', Tenancy: 'dedicated', PartitionNumber: 2 },
  BlockDeviceMappings: [
    {
      DeviceName: '/dev/xvda',
      Ebs: { VolumeSize: 100, VolumeType: 'gp3', Iops: 5000, Throughput: 250, Encrypted: true, KmsKeyId: KEY },
    },
    { DeviceName: '/dev/sdf', Ebs: { VolumeSize: 500, VolumeType: 'gp2', DeleteOnTermination: false } },
  ],
};

const PROTECTED = {
  BlockDeviceMappings: CUSTOM.BlockDeviceMappings,
  DisableApiTermination: true,
  DisableApiStop: true,
};

/** A fleet `before` with these servers, in one zone. */
async function start(...servers: readonly object[]): Promise<Ec2World> {
  const world = await startEc2World();
  onTestFinished(async () => world.close());
  await callEc2(world.sandbox, 'CreateKeyPair', { KeyName: 'ops' });
  world.sandbox.ec2.profiles.create('web');
  for (const server of servers) bootOne(world, server);
  return world;
}

function bootOne({ sandbox, images }: Ec2World, server: object, image = 'shop-41'): void {
  const Tags = Object.entries({ environment: 'shop', fleet: 'before', release: '41' }).map(([key, Value]) => {
    return { Key: `turnout:${key}`, Value };
  });
  const request = { ImageId: images[image], MinCount: 1, MaxCount: 1, ...server };
  sandbox.ec2.run({ ...request, TagSpecifications: [{ ResourceType: 'instance', Tags }] }, 0);
}

const ONE_ZONE = { zones: { [ZONES[0]]: 2 } };

async function resolved(world: Ec2World, boot: Boot = {}, more: { readonly cloneFrom?: string } = {}) {
  const port = openEc2Fleet(world.sandbox.url, boot);
  const blue = await fleetOf(port, 'before');
  return port.resolve(await launchRequestOf(port, { blue, ...ONE_ZONE, ...more }));
}

async function describedOf(world: Ec2World, fleet: string) {
  const Filters = [{ Name: 'tag:turnout:fleet', Values: [fleet] }];
  const { Reservations } = await callEc2(world.sandbox, 'DescribeInstances', { Filters });
  return Reservations[0].Instances[0];
}

async function volumesOf(world: Ec2World, id: string): Promise<readonly Record<string, unknown>[]> {
  const Filters = [{ Name: 'attachment.instance-id', Values: [id] }];
  return (await callEc2(world.sandbox, 'DescribeVolumes', { Filters })).Volumes;
}

/** What two servers have in common if one is a clone of the other: all but this. */
const ITS_OWN =
  /^(InstanceId|ClientToken|LaunchTime|Tags|AmiLaunchIndex|BlockDeviceMappings|NetworkInterfaces|Private.*|State.*|SubnetId)$/;

function likeness(one: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(
    Object.entries(one).filter(([key]) => key === 'PrivateDnsNameOptions' || !ITS_OWN.test(key)),
  );
}

function sizes(volumes: readonly Record<string, unknown>[]) {
  return volumes.map(({ Size, VolumeType, Iops, Throughput, Encrypted, KmsKeyId, Attachments }) => {
    const [{ Device, DeleteOnTermination }] = Attachments as [Record<string, unknown>];
    return { Device, Size, VolumeType, Iops, Throughput, Encrypted, KmsKeyId, DeleteOnTermination };
  });
}

describe('a clone', () => {
  test('has all that the launch of the other can have asked for, its volumes too; what it lacks is named', async () => {
    const world = await start(CUSTOM);
    const spec = await resolved(world);
    const port = openEc2Fleet(world.sandbox.url, {});
    await port.launch(launchStep(spec));
    const [was, is] = [await describedOf(world, 'before'), await describedOf(world, 'green')];
    const { PartitionNumber, ...placement } = was.Placement;
    expect(likeness(is)).toEqual({ ...likeness(was), Placement: placement });
    expect(PartitionNumber).toBe(2);
    expect(sizes(await volumesOf(world, is.InstanceId))).toEqual(sizes(await volumesOf(world, was.InstanceId)));
    expect((await attributeOf(world, is.InstanceId)).InstanceInitiatedShutdownBehavior).toEqual({ Value: 'terminate' });
    const id = was.InstanceId as string;
    expect(spec.summary).toEqual([
      `cloned from ${id}: image ${world.images['shop-41']}, type m7i.xlarge`,
      'volumes: /dev/xvda 100 GB gp3, encrypted; /dev/sdf 500 GB gp2, empty, kept when the server ends',
      `not copied from ${id}: the options of its Spot request, such as the highest price; partition 2 (EC2 chooses)`,
      expect.stringMatching(/^Not compared .*vCPUs.* \(they are Spot Instances\)/),
    ]);
  });

  async function attributeOf(world: Ec2World, InstanceId: string) {
    return callEc2(world.sandbox, 'DescribeInstanceAttribute', {
      InstanceId,
      Attribute: 'instanceInitiatedShutdownBehavior',
    });
  }

  test('has the CPU credits of a burstable one, and a public address or none', async () => {
    const groups = [(await startEc2World()).sandbox.ec2.network.securityGroup];
    const world = await start({
      InstanceType: 't3.small',
      CreditSpecification: { CpuCredits: 'standard' },
      NetworkInterfaces: [{ DeviceIndex: 0, Groups: groups, AssociatePublicIpAddress: true }],
    });
    const { request } = await resolved(world);
    expect(request).toMatchObject({
      run: {
        CreditSpecification: { CpuCredits: 'standard' },
        NetworkInterfaces: [{ DeviceIndex: 0, Groups: groups, AssociatePublicIpAddress: true }],
      },
    });
    expect((await resolved(await start({}))).request).toMatchObject({
      run: { NetworkInterfaces: [{ AssociatePublicIpAddress: false }] },
    });
  });

  test("with another image has the root volume under that image's name, and as large as the image needs", async () => {
    const world = await start(CUSTOM);
    const { id } = world.sandbox.ec2.addImage('shop-43', {}, new Date(), { '/dev/sda1': 200, '/dev/sdf': 20 });
    const spec = await resolved(world, { image: { name: 'shop-43' } });
    expect(spec.summary.slice(0, 2)).toEqual([
      expect.stringMatching(/^cloned from i-\w+: type m7i\.xlarge$/) as string,
      'volumes: /dev/sda1 200 GB gp3, encrypted, as the image needs (it has 100 GB); /dev/sdf 500 GB gp2, kept when the server ends',
    ]);
    await openEc2Fleet(world.sandbox.url, {}).launch(launchStep(spec));
    const green = await describedOf(world, 'green');
    expect(green).toMatchObject({ ImageId: id, RootDeviceName: '/dev/sda1' });
    const volumes = await volumesOf(world, green.InstanceId);
    expect(volumes.map(({ SnapshotId }) => SnapshotId)).toEqual([
      expect.stringMatching(/^snap-/) as string,
      expect.stringMatching(/^snap-/) as string,
    ]);
  });

  test('carries the tags of volumes; tags that differ, protection, and attributes that are new to us are named', async () => {
    const world = await start(PROTECTED, PROTECTED);
    const [one, two] = (await fleetOf(openEc2Fleet(world.sandbox.url, {}), 'before')).instances.map(({ id }) => id);
    const tag = async (id: unknown, Key: string, Value: string) =>
      callEc2(world.sandbox, 'CreateTags', { Resources: [id], Tags: [{ Key, Value }] });
    await tag(one, 'Name', 'web-1');
    await tag(two, 'Name', 'web-2');
    const [root, data] = await volumesOf(world, one ?? '');
    await tag(root?.['VolumeId'], 'Backup', 'daily');
    await tag(data?.['VolumeId'], 'Backup', 'weekly');
    const { request, summary } = await resolved(world);
    expect(request).toMatchObject({
      run: {
        TagSpecifications: [
          { ResourceType: 'instance', Tags: [{ Key: 'Name', Value: 'web-1' }] },
          { ResourceType: 'volume', Tags: [{ Key: 'Backup', Value: 'daily' }] },
        ],
      },
    });
    expect(summary.at(-2)).toContain(
      `termination protection; stop protection; tags of the other servers where they differ (Name): all get those of ${one}; ` +
        'tags of its further volumes where they differ (Backup)',
    );
    const cpu = { CoreCount: 2, ThreadsPerCore: 2, AmdSevSnp: 'disabled' } as const;
    const type = { VCpuInfo: { DefaultCores: 2, DefaultThreadsPerCore: 2 } };
    expect(copyOf({ CpuOptions: cpu }, type)).toEqual({ run: {}, lost: [] });
    expect(copyOf({ CpuOptions: { ...cpu, AmdSevSnp: 'enabled' } }, type).run).toEqual({
      CpuOptions: { ...cpu, AmdSevSnp: 'enabled' },
    });
    const future = { Telepathy: { Enabled: true }, SourceDestCheck: false };
    expect(copyOf(future as object, {})).toEqual({
      run: {},
      lost: ['Telepathy, which turnout does not know', 'that the source/destination check is off'],
    });
  });

  test('of an image that is gone is refused before anything boots', async () => {
    const world = await start({});
    await callEc2(world.sandbox, 'DeregisterImage', { ImageId: world.images['shop-41'] });
    const error = await errorOf(resolved(world));
    expect(error).toMatchObject({
      code: 'no-such-image',
      message: expect.stringContaining('not there any more') as string,
    });
    expectAdvice(error);
    await resolved(world, { image: { name: 'shop-42' } });
  });
});

test('volumes that outlive a server are read with their sizes, once; without the permission, without sizes', async () => {
  const world = await start(CUSTOM, {});
  const port = openEc2Fleet(world.sandbox.url, {});
  const kept = async (of = port) =>
    (await fleetOf(of, 'before')).instances.flatMap(({ keptVolumes }) =>
      keptVolumes === undefined ? [] : [keptVolumes],
    );
  world.requests();
  const first = await kept();
  expect(first).toEqual([[{ id: expect.stringMatching(/^vol-/) as string, sizeGb: 500 }]]);
  await port.readFleets(['before']);
  expect(world.requests().reads.filter((name) => name === 'DescribeVolumes')).toHaveLength(1);
  const denied = { kind: 'error', code: 'UnauthorizedOperation', status: 403, message: 'no' } as const;
  world.sandbox.faults.add({ ...denied, operation: 'DescribeVolumes' });
  expect(await kept(openEc2Fleet(world.sandbox.url, {}))).toEqual(first.map((all) => all.map(({ id }) => ({ id }))));
  const id = first.flat()[0]?.id;
  const { instances } = await fleetOf(port, 'before');
  await callEc2(world.sandbox, 'TerminateInstances', { InstanceIds: instances.map((one) => one.id) });
  const left = async () => (await callEc2(world.sandbox, 'DescribeVolumes', { VolumeIds: [id] })).Volumes[0].State;
  await poll(async () => (await left()) === 'available', 'the volume is left');
});

describe('a fleet whose servers differ', () => {
  const LARGE = { ...CUSTOM, InstanceType: 'm7i.2xlarge', BlockDeviceMappings: [], InstanceMarketOptions: undefined };

  test('is not cloned from any of them: what differs is listed, with the option that says which', async () => {
    const world = await start(CUSTOM, LARGE, CUSTOM);
    const { instances } = await fleetOf(openEc2Fleet(world.sandbox.url, {}), 'before');
    const idsOf = (type: string) => instances.filter((one) => one.type === type).map(({ id }) => id);
    const [usual, large] = [idsOf('m7i.xlarge').join(' and '), idsOf('m7i.2xlarge').join()];
    const error = await errorOf(resolved(world));
    expect(error.code).toBe('mixed-fleet');
    expect(error.message).toBe(
      'The servers of 41 differ, and new ones would all be clones of one. ' +
        `Spot: spot (${usual}) and none (${large}); type: m7i.xlarge (${usual}) and m7i.2xlarge (${large}); ` +
        `volumes: /dev/xvda 100 GB gp3, encrypted and /dev/sdf 500 GB gp2 (${usual}) and /dev/xvda 8 GB gp2 (${large}).`,
    );
    expectAdvice(error);
    expect(error.next[0]).toContain(`\`--clone-from ${instances[0]?.id}\``);
    expect((await resolved(world, {}, { cloneFrom: large })).request).toMatchObject({
      run: { InstanceType: 'm7i.2xlarge' },
      userData: { from: large },
    });
  });

  test('may differ in what the config names, and in what a template says', async () => {
    const world = await start({});
    bootOne(world, {}, 'shop-42');
    await expect(resolved(world)).rejects.toMatchObject({ code: 'mixed-fleet' });
    await resolved(world, { image: { name: 'shop-{release}' } });
    const mixed = await start(CUSTOM, LARGE);
    const { summary } = await resolved(mixed, { launchTemplate: { name: 'shop-web' } });
    expect(summary.at(-2)).toMatch(
      /^41 has servers of m7i\.2?xlarge \(1\) and m7i\.2?xlarge \(1\); the new ones are all as the template says$/,
    );
  });

  test('may be in several subnets of a zone; the plan says which one the new ones are in', async () => {
    const world = await start({});
    const [subnet] = world.sandbox.ec2.network.subnets;
    expect((await resolved(world)).summary.join()).not.toContain('subnet');
    const second = { ...subnet, id: 'subnet-0second' };
    (world.sandbox.ec2.network.subnets as unknown[]).push(second);
    bootOne(world, { SubnetId: 'subnet-0second' });
    expect((await resolved(world)).summary.at(-2)).toBe(
      `in ${ZONES[0]}, 41 is in ${subnet?.id} and subnet-0second; the new servers are all in ${subnet?.id}`,
    );
  });

  test('is cloned only from a server that serves, and not where a template says what boots', async () => {
    const world = await start({});
    const [id] = (await fleetOf(openEc2Fleet(world.sandbox.url, {}), 'before')).instances.map((one) => one.id);
    const stranger = await errorOf(resolved(world, {}, { cloneFrom: 'i-0123456789abcdef0' }));
    expect(stranger).toMatchObject({
      code: 'not-cloned',
      message: expect.stringContaining('i-0123456789abcdef0') as string,
    });
    expectAdvice(stranger);
    const templated = await errorOf(
      resolved(world, { launchTemplate: { name: 'shop-web' } }, { cloneFrom: id as string }),
    );
    expect(templated).toMatchObject({
      code: 'not-cloned',
      message: expect.stringContaining('launch template') as string,
    });
  });
});
