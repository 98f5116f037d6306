import { CloudWatch } from '../../src/aws/cloudwatch.ts';
import { Ec2 } from '../../src/aws/ec2.ts';
import { Ssm } from '../../src/aws/ssm.ts';
import type { Ec2FleetConfig } from '../../src/config/config.ts';
import { createEc2Fleet } from '../../src/fleets/ec2/index.ts';
import type { FleetPort } from '../../src/fleets/fleet.ts';
import type { FaultSpec } from '../../src/sandbox/api/faults.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { openSession } from '../support/aws.ts';
import { callEc2, quickSandbox } from '../support/quick-sandbox.ts';
import type { Fault, FleetWorld, FleetWorldOptions, Request, Way } from './fleet-world.ts';

const USER_DATA = '#!/bin/sh\nRELEASE={release}\nexec start';

export type Boot = Omit<Ec2FleetConfig, 'kind' | 'tagPrefix'>;

/** What the config says, by name of the way. */
const BOOTS: Readonly<Record<string, Boot>> = {
  'an image by name': { image: { name: 'shop-{release}' } },
  'an image by tag': { image: { tag: { Release: '{release}' } } },
  'an image by SSM parameter': { image: { parameter: '/shop/image/{release}' } },
  'a template version by number': { launchTemplate: { name: 'shop-web', version: '2' } },
  'a template version by release': { launchTemplate: { name: 'shop-web', version: '{release}' } },
  'the latest template version': { launchTemplate: { name: 'shop-web', version: '$Latest' } },
  'a template version by description': { launchTemplate: { name: 'shop-web', versionDescription: 'build {release}' } },
  'a template and an image': { launchTemplate: { name: 'shop-web' }, image: { name: 'shop-{release}' } },
  'user data': { image: { name: 'base' }, userData: USER_DATA },
};

const OPERATIONS: Readonly<Record<Request, string>> = {
  read: 'DescribeInstances',
  launch: 'RunInstances',
  tag: 'CreateTags',
  terminate: 'TerminateInstances',
};

const FAULTS: Readonly<Record<Fault, FaultSpec>> = {
  throttled: { kind: 'throttle' },
  broken: { kind: 'error' },
  refused: {
    kind: 'error',
    code: 'InsufficientInstanceCapacity',
    status: 400,
    message: 'There is not enough capacity.',
  },
  lost: { kind: 'error-after' },
  stale: { kind: 'stale', ms: 3_600_000 },
  slow: { kind: 'delay', ms: 100 },
};

export interface Ec2World extends FleetWorld {
  readonly sandbox: Sandbox;
  /** Ids of images by name. */
  readonly images: Readonly<Record<string, string>>;
  /** Id of the launch template. */
  readonly template: string;
}

export async function startEc2World({ blue = 3 }: FleetWorldOptions = {}): Promise<Ec2World> {
  const sandbox = await quickSandbox({ instances: blue });
  const images = await imagesOf(sandbox);
  const template = await addVersions(sandbox, images);
  const boot = (count: number, tags: object): readonly string[] => {
    const request = { ImageId: images['shop-41'], MinCount: count, MaxCount: count, ...tags };
    return (sandbox.ec2.run(request, 0).Instances ?? []).map(({ InstanceId }) => InstanceId as string);
  };
  let seen = 0;
  return {
    sandbox,
    images,
    template,
    blue: sandbox.blue,
    open: (way = 'an image by name') => openEc2Fleet(sandbox.url, BOOTS[way] as Boot),
    unmanaged: async (count) => boot(count, {}),
    neighbour: async () => boot(1, { TagSpecifications: [{ ResourceType: 'instance', Tags: NEIGHBOUR }] })[0] as string,
    living: async () => living(sandbox),
    lose: (id) => sandbox.instances.loseHost(id),
    protect: async (id, on) => {
      await callEc2(sandbox, 'ModifyInstanceAttribute', { InstanceId: id, DisableApiTermination: { Value: on } });
    },
    fault: (kind, on, times) => {
      sandbox.faults.add({ ...FAULTS[kind], operation: OPERATIONS[on], ...(times && { count: times }) });
    },
    heal: () => sandbox.faults.clear(),
    requests: () => {
      const names = sandbox.requests.all.slice(seen).map(({ operation }) => operation);
      seen += names.length;
      return { changes: names.filter((name) => !READ.test(name)), reads: names.filter((name) => READ.test(name)) };
    },
    close: async () => sandbox.close(),
  };
}

const READ = /^(Describe|Get)/;
const NEIGHBOUR = [
  { Key: 'turnout:environment', Value: 'cafe' },
  { Key: 'turnout:fleet', Value: 'shop-41' },
  { Key: 'turnout:release', Value: '41' },
];

export function openEc2Fleet(url: string, boot: Boot): FleetPort {
  const session = openSession(url);
  return createEc2Fleet({
    owner: { environment: 'shop', tagPrefix: 'turnout' },
    config: { kind: 'ec2', tagPrefix: 'turnout', ...boot },
    ec2: new Ec2(session),
    ssm: async () => new Ssm(session),
    cloudwatch: async () => new CloudWatch(session),
  });
}

async function imagesOf(sandbox: Sandbox): Promise<Record<string, string>> {
  const { Images } = await callEc2(sandbox, 'DescribeImages', {});
  return Object.fromEntries(Images.map(({ Name, ImageId }: { Name: string; ImageId: string }) => [Name, ImageId]));
}

/** Versions 2 to 42 of the template: 2 and the latest boot release 42. Returns the template's id. */
async function addVersions(sandbox: Sandbox, images: Readonly<Record<string, string>>): Promise<string> {
  for (let version = 2; version <= 42; version += 1) {
    const release = version === 2 || version === 42 ? '42' : '41';
    await callEc2(sandbox, 'CreateLaunchTemplateVersion', {
      LaunchTemplateName: 'shop-web',
      SourceVersion: '1',
      VersionDescription: `build ${version}`,
      LaunchTemplateData: { ImageId: images[`shop-${release}`] },
    });
  }
  const { LaunchTemplates } = await callEc2(sandbox, 'DescribeLaunchTemplates', {});
  return LaunchTemplates[0].LaunchTemplateId;
}

async function living(sandbox: Sandbox): Promise<readonly { id: string; release: string }[]> {
  return sandbox.instances.list().filter(({ state }) => state === 'pending' || state === 'running');
}

const image = (name: string) => (world: FleetWorld) => ({ run: { ImageId: (world as Ec2World).images[name] } });
const version = (number: string) => (world: FleetWorld) => ({
  run: { LaunchTemplate: { LaunchTemplateId: (world as Ec2World).template, Version: number } },
});

/** Every way that the config has for EC2, clones excepted: they boot what blue has. */
export const WAYS: readonly Way[] = [
  { name: 'an image by name', pins: image('shop-42'), missing: 'no-such-image' },
  { name: 'an image by tag', pins: image('shop-42'), missing: 'no-such-image' },
  { name: 'an image by SSM parameter', pins: image('shop-42'), missing: 'parameter-not-found' },
  { name: 'a template version by number', pins: version('2') },
  { name: 'a template version by release', pins: version('42'), missing: 'no-such-version' },
  { name: 'the latest template version', pins: version('42') },
  { name: 'a template version by description', pins: version('42'), missing: 'no-such-version' },
  {
    name: 'a template and an image',
    pins: (world) => ({ run: { ...version('1')(world).run, ...image('shop-42')(world).run } }),
    missing: 'no-such-image',
  },
  { name: 'user data', pins: (world) => ({ ...image('base')(world), userData: 'config' }) },
];
