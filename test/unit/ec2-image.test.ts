import { describe, expect, test } from 'vitest';
import type { Ec2 } from '../../src/aws/ec2.ts';
import type { ImageConfig } from '../../src/config/config.ts';
import { fromImage } from '../../src/fleets/ec2/image.ts';
import type { Ec2FleetOptions } from '../../src/fleets/ec2/request.ts';
import { fromTemplate } from '../../src/fleets/ec2/template.ts';

/** EC2 has matched these images with the filters, which are patterns to it. */
async function imageOf(config: Partial<ImageConfig>, release: string, ...names: readonly string[]) {
  const images = names.map((name, n) => {
    const [Name, Value] = name.split('|');
    const Tags = Value === undefined ? [] : [{ Key: 'Release', Value }];
    return { ImageId: `ami-${n}`, Name, Tags, CreationDate: `2026-11-2${n}T00:00:00.000Z` };
  });
  const ec2 = { images: async () => images } as unknown as Ec2;
  const { run } = await fromImage(ec2, async () => expect.unreachable(), { owner: 'self', ...config }, release);
  return run['ImageId'];
}

const refused = (message: string) => ({ code: 'ambiguous-image', message: expect.stringContaining(message) as string });

describe('the image of a release', () => {
  test.each([
    ['one of exactly that name', { name: 'shop-{release}' }, ['shop-4']],
    ['one after a separator', { name: 'shop-{release}-*' }, ['shop-4-20261122']],
    ['one with nothing in the place of the wildcard', { name: 'shop-{release}*' }, ['shop-4']],
    ['the newest with exactly that tag', { tag: { Release: '{release}' } }, ['b|4', 'a|4']],
    ['the newest with that tag, of those with any other', { tag: { Release: '{release}', App: '*' } }, ['b|4', 'a|4']],
    ['the newest, where the release is not in its name', { name: 'ubuntu-*' }, ['ubuntu-1', 'ubuntu-2']],
  ] as const)('is %s', async (_what, config, names) => {
    expect(await imageOf(config, '4', ...names)).toBe(`ami-${names.length - 1}`);
  });

  test.each([
    [{ name: 'shop-{release}*' }, ['shop-4', 'shop-45'], 'Different images have name shop-4*: shop-4 and shop-45.'],
    [{ name: 'shop-{release}-*' }, ['shop-4-a', 'shop-4-b'], 'Different images have name shop-4-*'],
    [{ name: 'shop-{release}?' }, ['shop-45'], 'The only image with name shop-4? is shop-45, which may be of another'],
    [{ name: 'shop-{release}*' }, ['shop-4.1'], 'which may be of another release than 4.'],
    [{ name: '*{release}' }, ['shop-14'], 'The only image with name *4 is shop-14'],
    [{ tag: { Release: '{release}*' } }, ['a|4', 'b|45'], 'Different images have tag:Release 4*: 4 and 45.'],
  ] as const)('is not guessed by %j', async (config, names, message) => {
    await expect(imageOf(config, '4', ...names)).rejects.toMatchObject(refused(message));
  });

  test('is not guessed among those of several architectures', async () => {
    const images = ['arm64', 'x86_64', 'x86_64'].map((Architecture, n) => ({ ImageId: `ami-${n}`, Architecture }));
    const ec2 = { images: async () => images } as unknown as Ec2;
    const chosen = fromImage(ec2, async () => expect.unreachable(), { tag: { Release: '{release}' } }, '4');
    await expect(chosen).rejects.toMatchObject(
      refused('Images of the architectures arm64 and x86_64 have tag:Release 4.'),
    );
  });

  test('is named by its whole name in the advice', async () => {
    const wanted = expect.arrayContaining([expect.stringContaining("'shop-{release}'")]) as string[];
    await expect(imageOf({ name: 'shop-{release}-*' }, '4', 'shop-4-a', 'shop-4-b')).rejects.toMatchObject({
      next: wanted,
    });
  });
});

test('a launch template says in the plan that its servers cannot be ended', async () => {
  const template = async (DisableApiTermination: boolean) => {
    const versions = [{ VersionNumber: 7, LaunchTemplateData: { InstanceType: 'm7g.large', DisableApiTermination } }];
    const ec2 = { launchTemplateVersions: async () => versions } as unknown as Ec2;
    const owner = { environment: 'shop', tagPrefix: 'turnout' };
    const { summary } = await fromTemplate({ ec2, owner } as Ec2FleetOptions, { id: 'lt-1' }, '42');
    return summary;
  };
  const shown = ['launch template lt-1 version 7 (lt-1)', 'type m7g.large'];
  expect(await template(false)).toEqual(shown);
  expect(await template(true)).toEqual([
    ...shown,
    'termination protection: `turnout cleanup` cannot end these servers until it is turned off',
  ]);
});
