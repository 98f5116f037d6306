import { describe, expect, test } from 'vitest';
import type { AutoScaling, AutoScalingGroup } from '../../src/aws/autoscaling.ts';
import type { Ec2, Image } from '../../src/aws/ec2.ts';
import type { AutoScalingFleetConfig } from '../../src/config/config.ts';
import { launchFrom, type AutoScalingDeps } from '../../src/fleets/auto-scaling/groups.ts';
import { imagesFor } from '../../src/fleets/auto-scaling/images.ts';
import { launchGroup } from '../../src/fleets/auto-scaling/launch.ts';
import { resolveRefresh } from '../../src/fleets/auto-scaling/refresh.ts';
import { errorOf, expectAdvice } from '../support/expect-advice.ts';
import { scaledWorld } from '../support/scaled-worlds.ts';

/** Types of a mixed instances policy with an image of their own: one for each architecture. */

const RELEASES = { 41: ['x86_64', 'arm64'], 42: ['x86_64', 'arm64'], 43: ['x86_64'] } as const;
const ALL = Object.entries(RELEASES).flatMap(([release, all]) =>
  all.map((Architecture): Image => {
    const name = `${release}-${Architecture}`;
    return { ImageId: `ami-${name}`, Name: `shop-${name}`, Architecture };
  }),
);
const BY_NAME = { image: { name: 'shop-{release}-*', owner: 'self' } };
const ARM = { InstanceType: 'm7g.large', ImageId: 'ami-41-arm64' };
const PLAIN = { InstanceType: 'm7i.large' };
const TEMPLATE = { LaunchTemplateId: 'lt-1', Version: '7' };

function groupWith(Overrides: readonly object[]): AutoScalingGroup {
  const LaunchTemplate = { LaunchTemplateSpecification: TEMPLATE, Overrides: [...Overrides] };
  return { AutoScalingGroupName: 'shop-a', MixedInstancesPolicy: { LaunchTemplate } } as unknown as AutoScalingGroup;
}

/** EC2 has the images of `ALL`; the launch template names this one. */
function depsWith(config: Partial<AutoScalingFleetConfig>, main: string | undefined, group = groupWith([])) {
  return {
    config,
    ssm: async () => Promise.reject(new Error('There is no SSM here.')),
    scaling: { groups: async () => [group] } as Partial<AutoScaling> as AutoScaling,
    ec2: {
      image: async (id) => ALL.find(({ ImageId }) => ImageId === id),
      images: async (filters) => {
        const valueOf = (name: string) => filters.find(({ Name }) => Name === name)?.Values?.[0];
        return ALL.filter(
          ({ Name, Architecture }) =>
            Name?.startsWith(valueOf('name')?.replace('*', '') ?? '') &&
            Architecture === (valueOf('architecture') ?? Architecture),
        );
      },
      launchTemplateVersions: async () => [{ LaunchTemplateData: main === undefined ? {} : { ImageId: main } }],
    } satisfies Partial<Ec2> as Partial<Ec2> as Ec2,
  } as Partial<AutoScalingDeps> as AutoScalingDeps;
}

interface Case {
  readonly overrides?: readonly object[];
  readonly config?: Partial<AutoScalingFleetConfig>;
  readonly main?: string | undefined;
  readonly release?: string;
}

async function chosen(one: Case = {}) {
  const { overrides = [PLAIN, ARM], config = BY_NAME, release = '42' } = one;
  const main = 'main' in one ? one.main : 'ami-41-x86_64';
  return imagesFor(depsWith(config, main), groupWith(overrides), { template: { id: 'lt-1', version: '7' }, release });
}

describe('the images of a release', () => {
  test('are one for each architecture, which is that of the image which a type has now', async () => {
    const { request, summary } = await chosen();
    expect(request).toEqual({ image: 'ami-42-x86_64', images: { 'ami-41-arm64': 'ami-42-arm64' } });
    expect(summary).toEqual([
      'image ami-42-x86_64 (shop-42-x86_64)',
      'image ami-42-arm64 (shop-42-arm64) for m7g.large',
    ]);
  });

  test('need none in the template where each type has its own', async () => {
    const { request } = await chosen({ overrides: [ARM], main: undefined });
    expect(request).toEqual({ image: 'ami-42-arm64', images: { 'ami-41-arm64': 'ami-42-arm64' } });
  });

  const refused: Readonly<Record<string, readonly [code: string, given: Case, says: RegExp]>> = {
    'where the config names none': ['own-image', { config: {} }, /m7g\.large .*the config names no image/],
    'by a parameter': ['own-image', { config: { image: { parameter: '/shop/{release}' } } }, /one image alone/],
    'where that of a type is gone': [
      'own-image',
      { overrides: [{ ...ARM, ImageId: 'ami-gone' }] },
      /m7g\.large launch from ami-gone now/,
    ],
    'where the template names none for the other types': [
      'own-image',
      { main: undefined },
      /the other types launch from lt-1 version 7 now/,
    ],
    'where the release lacks one': ['no-such-image', { release: '43' }, /name shop-43-\* .*architecture arm64/],
  };
  test.each(Object.entries(refused))('are refused %s', async (_name, [code, given, says]) => {
    const error = await errorOf(chosen(given));
    expect(error).toMatchObject({ code, message: expect.stringMatching(says) as string });
    expectAdvice(error);
  });
});

describe('a launch', () => {
  const images = { 'ami-41-arm64': 'ami-42-arm64' };
  const set = (ImageId: string) =>
    launchFrom(groupWith([PLAIN, { ...ARM, ImageId }]), { ...TEMPLATE, Version: '8' }, images);

  test('replaces the images of types, and finds its own when it is begun again', () => {
    const Overrides = [PLAIN, { ...ARM, ImageId: 'ami-42-arm64' }];
    expect(set('ami-41-arm64').MixedInstancesPolicy?.LaunchTemplate?.Overrides).toEqual(Overrides);
    expect(set('ami-42-arm64')).toEqual(set('ami-41-arm64'));
  });

  test('of an empty group sets them in the request that sets its size', async () => {
    const sent: object[] = [];
    const group = { ...groupWith([PLAIN, ARM]), MaxSize: 9 };
    const plain = depsWith(BY_NAME, 'ami-41-x86_64', group);
    const scaling: Partial<AutoScaling> = {
      groups: async () => [group],
      tag: async () => {},
      update: async (input) => void sent.push(input),
    };
    const made = [{ VersionDescription: 'turnout f', VersionNumber: 8 }];
    const ec2: Partial<Ec2> = { launchTemplateVersions: async () => made };
    const owner = { environment: 'shop', tagPrefix: 'turnout' };
    const deps = { ...plain, owner, scaling: scaling as AutoScaling, ec2: ec2 as Ec2 };
    const request = { template: { id: 'lt-1', version: '7' }, image: 'ami-42-x86_64', images };
    const target = { name: 'shop-a', count: 2, capacity: 2, minimum: 1, targetGroups: [], subnets: [] };
    const spec = { kind: 'auto-scaling', summary: [], batches: [], group: target, request } as const;
    await launchGroup(deps, { fleet: 'f', release: '42', spec });
    expect(sent).toMatchObject([{ ...set('ami-42-arm64'), DesiredCapacity: 2 }]);
  });

  test('is refused where a type has got another one since', async () => {
    const error = await errorOf((async () => set('ami-40-arm64'))());
    expect(error).toMatchObject({ code: 'own-image', message: expect.stringContaining('ami-40-arm64') as string });
    expectAdvice(error);
  });
});

test('a refresh is refused where a type has an image of its own', async () => {
  const [blue] = scaledWorld([{ id: 'A', size: 3 }]).fleets;
  const error = await errorOf(
    resolveRefresh(depsWith(BY_NAME, 'ami-41-x86_64', groupWith([PLAIN, ARM])), {
      release: '42',
      zones: { a: 3 },
      blue: blue!,
    }),
  );
  expect(error).toMatchObject({ code: 'own-image', message: expect.stringContaining('m7g.large') as string });
  expectAdvice(error);
});
