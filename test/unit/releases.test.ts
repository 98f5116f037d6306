import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { BucketOfReleases } from '../../src/releases/bucket.ts';
import { readPublicKey } from '../../src/releases/index.ts';
import type { Release } from '../../src/releases/records.ts';
import { nextPointer } from '../../src/releases/records.ts';
import { checkMinisign, isSignedBy, publicKey, signRelease } from '../../src/releases/signature.ts';
import { errorOf, expectAdvice } from '../support/expect-advice.ts';
import { bundleOf, signingKeys } from '../support/follow-world.ts';
import { MemoryObjects } from '../support/memory-objects.ts';
import { LEGACY, MINISIGNED, OTHER_PUB } from '../support/minisigned.ts';

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

  test('of minisign is as good, where its trusted comment names all of that', async () => {
    const { bytes, release: content, signature, pub } = MINISIGNED;
    const signed = { ...content, signature };
    expect(isSignedBy(signed, 'shop', pub)).toBe(true);
    expect(isSignedBy(signed, 'shop', pub.split('\n')[1]!)).toBe(true);
    expect(isSignedBy({ ...signed, release: '43' }, 'shop', pub)).toBe(false);
    expect(isSignedBy({ ...signed, sha256: '1'.repeat(64) }, 'shop', pub)).toBe(false);
    expect(isSignedBy(signed, 'staging', pub)).toBe(false);
    expect(isSignedBy(signed, 'shop', OTHER_PUB)).toBe(false);
    expect(isSignedBy(signed, 'shop', signingKeys().pub)).toBe(false);
    // A comment that was exchanged has not the signature of the key, though it says what is wanted.
    const exchanged = { ...signed, release: '43', signature: signature.replace('shop 42', 'shop 43') };
    expect(isSignedBy(exchanged, 'shop', pub)).toBe(false);
    for (const text of [signature, LEGACY]) checkMinisign({ ...content, signature: text }, bytes, 'shop', pub);
    const refused = [
      [signature, bytes, OTHER_PUB, /made with another key/],
      [signature, Buffer.from('bundle'), pub, /or of another bundle/],
      [signature.replace('shop 42', 'shop 43'), bytes, undefined, /has the trusted comment `turnout release shop 43/],
      ['x', bytes, undefined, /is not one of minisign/],
    ] as const;
    for (const [text, content_, key, says] of refused) {
      const error = await errorOf(
        new Promise(() => checkMinisign({ ...content, signature: text }, content_, 'shop', key)),
      );
      expect(error).toMatchObject({ code: 'bad-signature', message: says });
      expectAdvice(error);
    }
  });

  test('needs a key of that kind', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'pem' });
    for (const pem of ['', String(rsa), MINISIGNED.signature.split('\n')[1]!])
      expect((await errorOf(new Promise(() => publicKey(pem)))).code).toBe('bad-key');
  });

  test('whose key is not where the config says names that file', async () => {
    expect(await readPublicKey(undefined)).toBeUndefined();
    const error = await errorOf(readPublicKey('/nowhere/release.pub'));
    expect(error).toMatchObject({ code: 'file-unreadable', message: expect.stringContaining('/nowhere/release.pub') });
    expectAdvice(error);
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
