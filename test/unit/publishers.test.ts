/** `publish` against the sandbox's S3: signatures, and two of them at once. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { publishRelease } from '../../src/commands/publish.ts';
import type { BucketOfReleases } from '../../src/releases/bucket.ts';
import { openBucket } from '../../src/releases/index.ts';
import { ApiError, type Operation } from '../../src/sandbox/service.ts';
import { pointedProblems } from '../../src/releases/state.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { openSession } from '../support/aws.ts';
import { isSignedBy } from '../../src/releases/signature.ts';
import { errorOf, expectAdvice } from '../support/expect-advice.ts';
import { freshFolder, signingKeys } from '../support/follow-world.ts';
import { MINISIGNED } from '../support/minisigned.ts';
import { quickSandbox } from '../support/quick-sandbox.ts';

let sandbox: Sandbox;
let bucket: BucketOfReleases;
let folder: string;
let tests = 0;

beforeAll(async () => {
  sandbox = await quickSandbox({ instances: 0 });
  vi.spyOn(process.stdout, 'write').mockImplementation((_text, ended?: unknown) => {
    if (typeof ended === 'function') ended();
    return true;
  });
});
afterAll(async () => {
  vi.restoreAllMocks();
  await sandbox.close();
});
beforeEach(async () => {
  tests += 1;
  folder = freshFolder();
  const name = `releases-${tests}`;
  await sandbox.s3.operations['CreateBucket']?.({ Bucket: name });
  bucket = openBucket(openSession(sandbox.url), { bucket: name, prefix: 'shop' });
});

function file(name: string, content: string | Buffer): string {
  writeFileSync(path.join(folder, name), content);
  return path.join(folder, name);
}

/** @param more keys of `deploy` */
function configFile(more = ''): string {
  return file(
    'shop.yml',
    `environment: shop
region: eu-west-1
endpoint: ${sandbox.url}
fleet: { kind: ec2, image: { name: 'shop-{release}' } }
traffic: { kind: target-groups, production: [{ targetGroup: a }], test: [{ targetGroup: b }] }
deploy: { kind: pull, bucket: releases-${tests}, prefix: shop${more} }
instanceCheck: { url: 'http://{address}/', contains: '{release}' }
`,
  );
}

/** Holds the first two requests that put that object until both are there: each has seen what was before. */
function together(key: string): void {
  const operations: Record<string, Operation> = sandbox.s3.operations;
  const put = operations['PutObject']!;
  const both = Promise.withResolvers<void>();
  let waiting = 0;
  operations['PutObject'] = async (input: { readonly Key: string }, request) => {
    if (input.Key === key && (waiting += 1) <= 2) {
      if (waiting === 2) {
        operations['PutObject'] = put;
        both.resolve();
      }
      await both.promise;
    }
    return put(input, request);
  };
}

describe('two publishers at once', () => {
  test('of the same release with the same bundle: both end well, and it is there once', async () => {
    const args = { config: configFile(), bundle: file('b', 'one'), current: true };
    together('shop/releases/42.json');
    await Promise.all([publishRelease(args, { release: '42' }), publishRelease(args, { release: '42' })]);
    expect(await bucket.pointer()).toMatchObject({ value: { number: 1, release: '42' } });
  });

  test('the pointer that both want to move to the same release is moved once', async () => {
    const args = { config: configFile(), bundle: file('b', 'one'), current: true };
    together('shop/pointer.json');
    await Promise.all([publishRelease(args, { release: '42' }), publishRelease(args, { release: '42' })]);
    expect(await bucket.pointer()).toMatchObject({ value: { number: 1, release: '42' } });
  });

  test('of the same release with other bundles: one wins, and the other is told so', async () => {
    const config = configFile();
    const bundles = ['one', 'other'].map((content) => ({ config, bundle: file(content, content) }));
    together('shop/releases/42.json');
    const ended = await Promise.allSettled(bundles.map(async (args) => publishRelease(args, { release: '42' })));
    expect(ended.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const won = ended.findIndex(({ status }) => status === 'fulfilled');
    const { size, sha256 } = await bucket.release('42');
    expect(size).toBe(['one', 'other'][won]!.length);
    const error = await errorOf(publishRelease(bundles[1 - won]!, { release: '42' }));
    expect((ended[1 - won] as PromiseRejectedResult).reason).toMatchObject({
      code: error.code,
      message: error.message,
    });
    expect(error).toMatchObject({
      code: 'release-published',
      message: `Release 42 was published before, with another bundle (${sha256}).`,
    });
    expectAdvice(error);
  });

  test('of two releases: both are there, and one has moved the pointer', async () => {
    const args = { config: configFile(), bundle: file('b', 'one'), current: true };
    together('shop/pointer.json');
    const ended = await Promise.allSettled(['42', '43'].map(async (release) => publishRelease(args, { release })));
    expect(ended.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const won = ended.findIndex(({ status }) => status === 'fulfilled');
    expect(await bucket.pointer()).toMatchObject({ value: { number: 1, release: ['42', '43'][won] } });
    const { reason } = ended[1 - won] as PromiseRejectedResult;
    expect(reason).toMatchObject({ code: 'pointer-moved', message: /was moved by somebody else meanwhile/ });
    expectAdvice(reason);
    expect((await bucket.release(['43', '42'][won]!)).size).toBe(3);
  });
});

test('what lies in the bucket is compared without downloading it, and what is wrong is told', async () => {
  await publishRelease({ config: configFile(), bundle: file('b', 'one'), current: true }, { release: '42' });
  const release = await bucket.release('42');
  // As `doctor` asks: in a session that sends no changes.
  const reads = openSession(sandbox.url, { dryRuns: () => undefined });
  const looked = openBucket(reads, { bucket: `releases-${tests}`, prefix: 'shop' });
  expect(await pointedProblems(looked, undefined)).toEqual([]);
  const Key = `shop/bundles/${release.sha256}`;
  const at = { Bucket: `releases-${tests}`, Key };
  const { operations } = sandbox.s3;
  const put = async (text: string, more: object = {}) =>
    operations['PutObject']?.({ ...at, Body: Buffer.from(text), ...more });
  const other = createHash('sha256').update('two');
  for (const [spoil, says] of [
    [async () => put('two', { ChecksumSHA256: other.digest('base64') }), /is not the one that was published/],
    [async () => put('one', { Metadata: { sha256: '0'.repeat(64) } }), /is not the one that was published/],
    [async () => put('one'), /has no SHA-256 in .*: it was not uploaded by turnout/],
    [async () => operations['DeleteObject']?.(at), /^The bundle of release 42 is missing in s3:/],
  ] as const) {
    await spoil();
    expect(await pointedProblems(looked, undefined)).toEqual([expect.stringMatching(says)]);
  }
  const head = operations['HeadObject']!;
  (operations as Record<string, Operation>)['HeadObject'] = () => {
    throw new ApiError('AccessDenied', 'Access Denied', 403);
  };
  const error = await errorOf(pointedProblems(looked, undefined));
  expect(error).toMatchObject({ code: 'access-denied', message: expect.stringContaining('call s3:GetObject') });
  (operations as Record<string, Operation>)['HeadObject'] = head;
  expect(await pointedProblems(bucket, MINISIGNED.pub)).toEqual([
    expect.stringMatching(/missing/),
    'Release 42, which new instances boot, is not signed with the key of `deploy.publicKey`.',
  ]);
});

describe('a signature', () => {
  const made = () => ({ bundle: file('b', MINISIGNED.bytes), signature: file('b.minisig', MINISIGNED.signature) });

  test('that minisign made of the bundle is published with it', async () => {
    const config = configFile(`, publicKey: ./release.pub`);
    file('release.pub', MINISIGNED.pub);
    await publishRelease({ config, ...made() }, { release: '42' });
    expect(await bucket.release('42')).toEqual({ ...MINISIGNED.release, signature: MINISIGNED.signature });
    expect(isSignedBy(await bucket.release('42'), 'shop', MINISIGNED.pub)).toBe(true);
  });

  test.each([
    ['of another release', {}, '43', /has the trusted comment `turnout release shop 42 .*, and must have/],
    ['that is missing', { signature: undefined }, '42', /^Release 42 is not signed: instances would refuse it\.$/],
  ])('%s is refused, and nothing is uploaded', async (_, change, release, says) => {
    const config = configFile(`, publicKey: ./release.pub`);
    file('release.pub', MINISIGNED.pub);
    const error = await errorOf(publishRelease({ config, ...made(), ...change }, { release }));
    expect(error).toMatchObject({ code: 'bad-signature', message: says });
    expectAdvice(error);
    expect((await errorOf(bucket.release(release))).code).toBe('not-published');
  });

  test('by another key than the one that instances have is refused', async () => {
    const { pub, key } = signingKeys();
    const config = configFile(`, publicKey: ./release.pub`);
    file('release.pub', MINISIGNED.pub);
    const args = { config, bundle: file('b', 'one'), 'sign-with': file('key.pem', key) };
    const error = await errorOf(publishRelease(args, { release: '42' }));
    expect(error).toMatchObject({ code: 'bad-signature', message: /is not signed with the key of `deploy.publicKey`/ });
    file('release.pub', pub);
    await publishRelease(args, { release: '42' });
  });
});
