import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, linkSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { signRelease } from '../../src/releases/signature.ts';
import { archived, bundleOf, freshFolder, permitted, signingKeys } from '../support/follow-world.ts';

/** A bundle that `fill` has put something into. */
function bundleWith(fill: (folder: string) => void, more: readonly string[] = []): ReturnType<typeof bundleOf> {
  const folder = freshFolder();
  mkdirSync(path.join(folder, 'app'));
  writeFileSync(path.join(folder, 'app/release'), '42');
  fill(folder);
  return archived(folder, '42', more);
}

const outside = path.join(freshFolder(), 'outside');
writeFileSync(outside, 'of others');

describe('a bundle that must not run', () => {
  test.each([
    [
      'leads out by a link',
      bundleWith((at) => symlinkSync('../../../outside', path.join(at, 'app/link'))),
      /the link app\/link to \.\.\/\.\./,
    ],
    [
      'leads out by an absolute link',
      bundleWith((at) => symlinkSync('/etc', path.join(at, 'etc'))),
      /the link etc to \/etc leads out/,
    ],
    [
      'leads out by a link over a link',
      bundleWith((at) => {
        symlinkSync('.', path.join(at, 'here'));
        symlinkSync('here/..', path.join(at, 'up'));
      }),
      /the link up to here\/\.\. leads out/,
    ],
    ['has a link to nowhere', bundleWith((at) => symlinkSync('none', path.join(at, 'link'))), /leads nowhere/],
    [
      'has a file that runs as its owner',
      bundleWith((at) => chmodSync(path.join(at, 'app/release'), 0o4755)),
      /app\/release would run as its owner/,
    ],
    [
      'has a pipe',
      bundleWith((at) => execFileSync('mkfifo', [path.join(at, 'pipe')])),
      /pipe is a device, a pipe or a socket/,
    ],
    ['has absolute paths', bundleWith(() => {}, ['-P', outside]), /absolute paths/],
    ['leaves its folder', bundleWith(() => {}, ['--transform', 's,^./app/release,../../evil,']), /cannot be unpacked/],
    [
      'is no archive',
      ((bytes: Buffer) => ({
        ...bundleOf('x'),
        bytes,
        content: { release: '42', sha256: '7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730', size: 4 },
      }))(Buffer.from('bar\n')),
      /cannot be unpacked/,
    ],
  ])('one that %s', async (_, bundle, why) => {
    const { follower, app, folder, report } = await permitted(bundle);
    await follower.look();
    expect((await report())?.progress).toMatchObject({ kind: 'permit', number: 1, state: 'failed', why });
    expect([app.answers, follower.runs?.release, app.begun]).toEqual(['41', '41', ['41']]);
    expect(readdirSync(path.join(folder, 'releases'))).toHaveLength(1);
    expect(existsSync(path.join(folder, 'evil'))).toBe(false);
    await follower.look();
    expect(app.begun).toEqual(['41']);
  });

  test('a link that stays inside is one of many in any app', async () => {
    const { follower, app } = await permitted(
      bundleWith((at) => {
        symlinkSync('app/release', path.join(at, 'link'));
        linkSync(path.join(at, 'app/release'), path.join(at, 'hard'));
      }),
    );
    await follower.look();
    expect(app.answers).toBe('42');
  });

  test('one whose content is not what was published is never unpacked', async () => {
    const bundle = bundleOf('42');
    const { objects, follower, app, report } = await permitted(bundle);
    const evil = Buffer.from(bundle.bytes);
    evil[evil.length - 1] = (evil.at(-1) ?? 0) ^ 1;
    objects.contents.set(`shop/bundles/${bundle.content.sha256}`, evil);
    await follower.look();
    expect((await report())?.progress?.why).toMatch(/is not the one that was published: its SHA-256 differs/);
    expect([app.answers, app.begun]).toEqual(['41', ['41']]);
  });

  test('one that is longer than what was published is not read to its end', async () => {
    const bundle = bundleOf('42');
    const { objects, follower, report } = await permitted(bundle);
    objects.contents.set(`shop/bundles/${bundle.content.sha256}`, Buffer.concat([bundle.bytes, bundle.bytes]));
    await follower.look();
    expect((await report())?.progress?.why).toMatch(/its SHA-256 differs/);
  });

  test('one that is missing', async () => {
    const bundle = bundleOf('42');
    const { objects, follower, app, report } = await permitted(bundle);
    objects.contents.delete(`shop/bundles/${bundle.content.sha256}`);
    await follower.look();
    expect((await report())?.progress?.why).toMatch(/The bundle of release 42 is missing in s3:\/\/releases\/shop/);
    expect(app.answers).toBe('41');
  });

  test('one that nobody signed, and one that somebody else signed', async () => {
    const { pub, key } = signingKeys();
    const bundle = bundleOf('42');
    const unsigned = await permitted(bundle, { signedBy: pub });
    await unsigned.follower.look();
    expect((await unsigned.report())?.progress?.why).toBe('Release 42 is not signed.');
    const others = { ...bundle.content, signature: signRelease(bundle.content, 'shop', signingKeys().key) };
    const wrong = await permitted({ ...bundle, content: others }, { signedBy: pub });
    await wrong.follower.look();
    expect((await wrong.report())?.progress?.why).toBe('Release 42 is not signed with the key of this instance.');
    expect([unsigned.app.answers, wrong.app.answers]).toEqual(['41', '41']);
    const own = { ...bundle.content, signature: signRelease(bundle.content, 'shop', key) };
    const right = await permitted({ ...bundle, content: own }, { signedBy: pub });
    await right.follower.look();
    expect(right.app.answers).toBe('42');
  });
});
