import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { BucketOfReleases } from '../../src/releases/bucket.ts';
import type { Release } from '../../src/releases/records.ts';
import { nextPointer } from '../../src/releases/records.ts';
import { isSignedBy, publicKey, signRelease } from '../../src/releases/signature.ts';
import { errorOf } from '../support/expect-advice.ts';
import { bundleOf, signingKeys } from '../support/follow-world.ts';
import { MemoryObjects } from '../support/memory-objects.ts';

const release = (name: string): Release => ({ release: name, sha256: '0'.repeat(64), size: 1 });

test('the pointer counts its moves, and keeps them', () => {
  const first = nextPointer(release('41'), undefined, { at: '1', by: 'a' });
  const second = nextPointer(release('42'), first, { at: '2', by: 'b' });
  expect(first).toMatchObject({ number: 1, release: '41', history: [] });
  expect(second).toMatchObject({ number: 2, release: '42', history: [{ number: 1, release: '41', at: '1', by: 'a' }] });
});

describe('a signature', () => {
  test('is of this release, this content, this place and this key', async () => {
    const { pub, key } = signingKeys();
    const signed = { ...release('42'), signature: signRelease(release('42'), 'shop', key) };
    expect(isSignedBy(signed, 'shop', pub)).toBe(true);
    expect(isSignedBy({ ...signed, release: '43' }, 'shop', pub)).toBe(false);
    expect(isSignedBy({ ...signed, sha256: '1'.repeat(64) }, 'shop', pub)).toBe(false);
    expect(isSignedBy(signed, 'staging', pub)).toBe(false);
    expect(isSignedBy(signed, 'shop', signingKeys().pub)).toBe(false);
    expect(isSignedBy(release('42'), 'shop', pub)).toBe(false);
  });

  test('needs a key of that kind', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'pem' });
    for (const pem of ['', String(rsa)])
      expect((await errorOf(new Promise(() => publicKey(pem)))).code).toBe('bad-key');
  });
});

describe('a bucket', () => {
  test('keeps a release as it was published, and refuses another one of its name', async () => {
    const bucket = new BucketOfReleases(new MemoryObjects(), 'shop');
    const { bytes, content } = bundleOf('42');
    expect(await bucket.publish(content, bytes)).toBe('release');
    expect(await bucket.publish(content, bytes)).toBe('nothing');
    const other = bundleOf('other');
    const error = await errorOf(bucket.publish({ ...other.content, release: '42' }, other.bytes));
    expect(error.code).toBe('release-published');
    expect(await bucket.release('42')).toEqual(content);
  });

  test('lets the pointer move from where it was seen only', async () => {
    const bucket = new BucketOfReleases(new MemoryObjects(), 'shop');
    await bucket.movePointer(release('41'), undefined, { at: '1', by: 'a' });
    const seen = await bucket.pointer();
    if (seen === undefined || seen === 'same') throw new Error('no pointer');
    const both = await Promise.allSettled(
      ['42', '43'].map(async (name) => bucket.movePointer(release(name), seen, { at: name, by: 'b' })),
    );
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'pointer-moved' } });
    expect(await bucket.pointer()).toMatchObject({ value: { number: 2, history: [{ release: '41' }] } });
    expect(await bucket.pointer(seen.object)).not.toBe('same');
  });

  test('says which object is not its own', async () => {
    const objects = new MemoryObjects();
    const bucket = new BucketOfReleases(objects, 'shop');
    for (const text of ['', '[]', '{"release": 1}']) {
      await objects.overwrite('shop/pointer.json', text);
      expect(await errorOf(bucket.pointer())).toMatchObject({ code: 'not-ours', message: /shop\/pointer\.json/ });
    }
  });
});
