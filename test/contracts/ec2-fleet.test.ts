import { describe, expect, onTestFinished, test } from 'vitest';
import { isOwned } from '../../src/fleets/ec2/tags.ts';
import type { FleetPort } from '../../src/fleets/fleet.ts';
import { startFakeAws } from '../support/fake-aws.ts';
import { ExitCode } from '../../src/errors.ts';
import { errorOf, expectAdvice } from '../support/expect-advice.ts';
import { callEc2, quickSandbox } from '../support/quick-sandbox.ts';
import { openEc2Fleet, startEc2World, WAYS, type Boot, type Ec2World } from './ec2-world.ts';
import { fleetContract } from './fleet.contract.ts';
import { fleetOf, launchGreen, launchStep, launchRequestOf, ZONES } from './fleet-world.ts';

/** Launching reads the user data that is cloned. Batches: 250 results a page, 200 ids a filter. */
const SMALL = { launch: 3, read: 1, mark: 1, terminate: 2, unmanaged: 2, claim: 1 };
const LARGE = { ...SMALL, read: 5, unmanaged: 5 + 5 };

fleetContract('ec2', {
  setup: startEc2World,
  ways: WAYS,
  requests: { 10: SMALL, 1_000: LARGE },
  changes: { launch: 2, terminate: 2, refused: 2 },
  refused: 'zone-is-full',
  protects: true,
});

describe("what is EC2's own", () => {
  const start = async (): Promise<Ec2World> => {
    const world = await startEc2World();
    onTestFinished(async () => world.close());
    return world;
  };
  const described = async ({ sandbox }: Ec2World, id: string) => {
    const { Reservations } = await callEc2(sandbox, 'DescribeInstances', { InstanceIds: [id] });
    return Reservations[0].Instances[0];
  };
  const open = (world: Ec2World, boot: Boot): FleetPort => openEc2Fleet(world.sandbox.url, boot);

  test('a clone of blue has its image, type, network and tags, but its own fleet and release', async () => {
    const world = await start();
    const port = open(world, {});
    const [blue] = world.blue as [string];
    await callEc2(world.sandbox, 'CreateTags', { Resources: world.blue, Tags: [{ Key: 'Team', Value: 'shop' }] });
    await port.launch(launchStep(await port.resolve(await launchRequestOf(port))));
    const { instances } = await fleetOf(port, 'green');
    const [was, is] = [await described(world, blue), await described(world, instances[0]?.id ?? '')];
    expect(is).toMatchObject({
      ImageId: was.ImageId,
      InstanceType: was.InstanceType,
      SecurityGroups: was.SecurityGroups,
    });
    expect(Object.fromEntries(is.Tags.map(({ Key, Value }: { Key: string; Value: string }) => [Key, Value]))).toEqual({
      Name: 'shop-web',
      Team: 'shop',
      'turnout:environment': 'shop',
      'turnout:fleet': 'green',
      'turnout:release': '42',
    });
  });

  test('a clone takes the user data along, which no store gets to see', async () => {
    const world = await start();
    const before = open(world, { userData: 'PASSWORD=secret' });
    await before.launch(launchStep(await before.resolve(await launchRequestOf(before)), 'before'));
    const port = open(world, {});
    const blue = await fleetOf(port, 'before');
    const spec = await port.resolve(await launchRequestOf(port, { blue }));
    const secret = Buffer.from('PASSWORD=secret').toString('base64');
    expect(JSON.stringify(spec)).not.toMatch(new RegExp(`secret|${secret}`));
    await port.launch(launchStep(spec));
    const { instances } = await fleetOf(port, 'green');
    const InstanceId = instances[0]?.id;
    const { UserData } = await callEc2(world.sandbox, 'DescribeInstanceAttribute', {
      InstanceId,
      Attribute: 'userData',
    });
    expect(UserData.Value).toBe(secret);
  });

  test('what was pinned is not launched with other user data', async () => {
    const world = await start();
    const before = open(world, { userData: 'ONE={release}' });
    const step = launchStep(await before.resolve(await launchRequestOf(before)));
    const error = await errorOf(open(world, { userData: 'TWO={release}' }).launch(step));
    expect(error).toMatchObject({ code: 'user-data-changed', exitCode: ExitCode.refused });
    expect(error.message).toContain('`fleet.userData` in the config has changed');
    expectAdvice(error);
    await before.launch(step);
    expect((await fleetOf(before, 'green')).instances.length).toBeGreaterThan(0);
  });

  test('user data gets the release in the place of {release}, and keeps ${release} for the shell', async () => {
    const world = await start();
    const port = open(world, { image: { name: 'base' }, userData: 'RELEASE={release}\necho ${release}' });
    await port.launch(launchStep(await port.resolve(await launchRequestOf(port))));
    const { instances } = await fleetOf(port, 'green');
    const InstanceId = instances[0]?.id;
    const { UserData } = await callEc2(world.sandbox, 'DescribeInstanceAttribute', {
      InstanceId,
      Attribute: 'userData',
    });
    expect(Buffer.from(UserData.Value, 'base64').toString()).toBe('RELEASE=42\necho ${release}');
  });

  test('what was resolved stays, when a newer image or template version comes', async () => {
    const world = await start();
    const boot = { launchTemplate: { name: 'shop-web', version: '$Latest' }, image: { name: 'shop-{release}' } };
    const port = open(world, boot);
    const step = launchStep(await port.resolve(await launchRequestOf(port)));
    world.sandbox.addRelease('42');
    await callEc2(world.sandbox, 'CreateLaunchTemplateVersion', {
      LaunchTemplateName: 'shop-web',
      SourceVersion: '1',
      LaunchTemplateData: { InstanceType: 'm7g.large' },
    });
    await port.launch(step);
    const { instances } = await fleetOf(port, 'green');
    expect(await described(world, instances[0]?.id ?? '')).toMatchObject({
      ImageId: world.images['shop-42'],
      InstanceType: 't3.micro',
    });
  });

  test('of several images that match, the newest boots, with a note', async () => {
    const world = await start();
    const newest = world.sandbox.addRelease('42');
    const port = world.open();
    const { summary, request } = await port.resolve(await launchRequestOf(port));
    expect(request).toMatchObject({ run: { ImageId: newest } });
    expect(summary.join()).toContain('the newest of 2 that match');
  });

  test('a template that has network interfaces gets the subnet on the first of them', async () => {
    const world = await start();
    const group = world.sandbox.ec2.network.securityGroup;
    await callEc2(world.sandbox, 'CreateLaunchTemplateVersion', {
      LaunchTemplateName: 'shop-web',
      LaunchTemplateData: {
        ImageId: world.images['shop-42'],
        NetworkInterfaces: [{ DeviceIndex: 0, Groups: [group], AssociatePublicIpAddress: true }],
      },
    });
    const port = open(world, { launchTemplate: { name: 'shop-web', version: '$Latest' } });
    await port.launch(launchStep(await port.resolve(await launchRequestOf(port))));
    const { instances } = await fleetOf(port, 'green');
    expect(instances.map(({ zone }) => zone).toSorted()).toEqual([ZONES[0], ZONES[0], ZONES[1]]);
  });

  test("a template's tags are sent along with ours, for each kind of resource, except those in our name", async () => {
    const aws = await startFakeAws('ok');
    onTestFinished(async () => aws.close());
    const world = await start();
    const tags = (...keys: readonly string[]) => keys.map((Key) => ({ Key, Value: 'theirs' }));
    await callEc2(world.sandbox, 'CreateLaunchTemplateVersion', {
      LaunchTemplateName: 'shop-web',
      LaunchTemplateData: {
        ImageId: world.images['shop-42'],
        TagSpecifications: [
          { ResourceType: 'instance', Tags: tags('Team', 'turnout:fleet') },
          { ResourceType: 'volume', Tags: tags('Backup') },
          { ResourceType: 'network-interface', Tags: tags('Net') },
        ],
      },
    });
    const boot = { launchTemplate: { name: 'shop-web', version: '$Latest' } };
    const port = open(world, boot);
    const step = launchStep(await port.resolve(await launchRequestOf(port)));
    await openEc2Fleet(aws.url, boot).launch(step);
    const { query = {} } = aws.attempts[0] ?? {};
    const sent = [1, 2, 3].map((n) => {
      const of = (name: string) => query[`TagSpecification.${n}.${name}`];
      return [of('ResourceType'), ...[1, 2, 3, 4].map((m) => of(`Tag.${m}.Key`))].join(' ').trim();
    });
    const ours = 'turnout:environment turnout:fleet turnout:release';
    expect(sent).toEqual([`instance Team ${ours}`, `volume Backup ${ours}`, 'network-interface Net']);
    await port.launch(step);
    const { instances } = await fleetOf(port, 'green');
    expect((await described(world, instances[0]?.id ?? '')).Tags).toContainEqual({ Key: 'Team', Value: 'theirs' });
  });

  test.each([
    ['the launch template', { launchTemplate: { name: 'shop-web', version: '$Latest' } }],
    ['i-', {}],
  ])("the config's user data replaces that of %s, and the plan says how much", async (of, boot) => {
    const world = await start();
    const userData = 'one\ntwo\nthree\n';
    await callEc2(world.sandbox, 'CreateLaunchTemplateVersion', {
      LaunchTemplateName: 'shop-web',
      SourceVersion: '1',
      LaunchTemplateData: { UserData: Buffer.from(userData).toString('base64') },
    });
    const before = open(world, { userData });
    await before.launch(launchStep(await before.resolve(await launchRequestOf(before)), 'before'));
    const port = open(world, { ...boot, userData: 'RELEASE={release}' });
    const blue = await fleetOf(port, 'before');
    const { summary } = await port.resolve(await launchRequestOf(port, { blue }));
    expect(summary.at(-2)).toMatch(
      new RegExp(`^user data of the config, 1 line: it replaces that of ${of}.*, 3 lines$`),
    );
  });

  test('a template that does not exist is refused by its name', async () => {
    const world = await start();
    const port = open(world, { launchTemplate: { name: 'shop-wed', version: '1' } });
    await expect(port.resolve(await launchRequestOf(port))).rejects.toMatchObject({
      code: 'launch-template-not-found',
      message: expect.stringContaining('shop-wed') as string,
    });
  });

  test('a mark that not every living instance carries does not count, and of several times the first counts', async () => {
    const world = await start();
    const port = await launchGreen(world);
    const [first, ...others] = (await fleetOf(port, 'green')).instances.map(({ id }) => id) as [string, ...string[]];
    const tag = async (Resources: readonly string[], Value: string): Promise<void> =>
      callEc2(world.sandbox, 'CreateTags', { Resources, Tags: [{ Key: 'turnout:promoted', Value }] });
    await tag(others, '2026-02-03T00:00:00.000Z');
    expect((await fleetOf(port, 'green')).marks).toEqual({});
    await tag([first], '2026-02-04T00:00:00.000Z');
    expect((await fleetOf(port, 'green')).marks).toEqual({ promoted: '2026-02-03T00:00:00.000Z' });
  });

  test('a launch is all or nothing in a zone, tagged with its volumes, under a token of its own', async () => {
    const aws = await startFakeAws('ok');
    onTestFinished(async () => aws.close());
    const batches = [
      { zone: 'eu-west-1a', subnet: 'subnet-a', count: 2 },
      { zone: 'eu-west-1b', subnet: 'subnet-b', count: 1 },
    ];
    await openEc2Fleet(aws.url, {}).launch(
      launchStep({ kind: 'ec2', summary: [], batches, request: { run: { ImageId: 'ami-1' } } }),
    );
    const sent = aws.attempts.map(({ query }) => query);
    expect(
      sent
        .map((query) => ['SubnetId', 'MinCount', 'MaxCount', 'ImageId'].map((name) => query[name]).join(' '))
        .toSorted(),
    ).toEqual(['subnet-a 2 2 ami-1', 'subnet-b 1 1 ami-1']);
    expect(new Set(sent.map(({ ClientToken }) => ClientToken)).size).toBe(2);
    for (const query of sent) {
      expect(query['ClientToken']).toMatch(/^[\x21-\x7e]{1,64}$/);
      const resources = ['1', '2'].map((n) => query[`TagSpecification.${n}.ResourceType`]);
      expect(resources).toEqual(['instance', 'volume']);
      for (const n of ['1', '2']) {
        expect(query[`TagSpecification.${n}.Tag.1.Key`]).toBe('turnout:environment');
        expect(query[`TagSpecification.${n}.Tag.2.Value`]).toBe('green');
      }
    }
  });

  test('half of the ownership tags does not count', async () => {
    const world = await start();
    const [id] = (await world.unmanaged(1)) as [string];
    await callEc2(world.sandbox, 'CreateTags', {
      Resources: [id],
      Tags: [{ Key: 'turnout:environment', Value: 'shop' }],
    });
    const { fleets, unmanaged } = await world.open().read([id]);
    expect(fleets.map((fleet) => fleet.id)).toEqual(['shop-41']);
    expect(unmanaged.map((instance) => instance.id)).toEqual([id]);
  });

  test('an instance is owned by the environment that its tags name, whatever was asked of EC2', () => {
    const tagged = (tags: Readonly<Record<string, string>>) => ({
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    });
    const owner = { environment: 'shop', tagPrefix: 'turnout' };
    expect(isOwned(owner, tagged({ 'turnout:environment': 'shop', 'turnout:fleet': 'f' }))).toBe(true);
    expect(isOwned(owner, tagged({ 'turnout:environment': 'Shop', 'turnout:fleet': 'f' }))).toBe(false);
    expect(isOwned(owner, tagged({ 'other:environment': 'shop', 'turnout:fleet': 'f' }))).toBe(false);
    expect(isOwned(owner, tagged({ 'turnout:environment': 'shop' }))).toBe(false);
    expect(isOwned(owner, {})).toBe(false);
  });

  test('pages of EC2 are put together', async () => {
    const sandbox = await quickSandbox({ instances: 12, pageSize: 5 });
    onTestFinished(async () => sandbox.close());
    const { fleets } = await openEc2Fleet(sandbox.url, {}).read([]);
    expect(fleets[0]?.instances).toHaveLength(12);
  });
});
