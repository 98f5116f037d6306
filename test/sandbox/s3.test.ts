/** The sandbox's S3, with the SDK and with the AWS CLI. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startSandbox, type Sandbox } from '../../src/sandbox/index.ts';
import { aws, needsCli, refusal } from '../support/aws-cli.ts';

// Each command of the CLI starts a Python process.
vi.setConfig({ testTimeout: 90_000 });

let sandbox: Sandbox;
let s3: S3Client;
let folder: string;
beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, productionPort: 0, testPort: 0, environment: 'shop', instances: 0 });
  folder = await mkdtemp(path.join(tmpdir(), 'turnout-s3-'));
  const credentials = { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' };
  s3 = new S3Client({ endpoint: sandbox.url, region: 'eu-west-1', credentials, maxAttempts: 1 });
  await s3.send(new CreateBucketCommand({ Bucket: 'releases' }));
});
afterAll(async () => {
  s3.destroy();
  await sandbox.close();
  await rm(folder, { recursive: true });
});

const at = (Key: string) => ({ Bucket: 'releases', Key });
const md5 = (text: string) => `"${createHash('md5').update(text).digest('hex')}"`;
const sha256 = (text: string) => createHash('sha256').update(text).digest('base64');
const put = async (Key: string, Body: string, more: object = {}) =>
  s3.send(new PutObjectCommand({ ...at(Key), Body, ...more }));

describe('objects', () => {
  test('are read as they were written, bytes, type and metadata', async () => {
    const Body = Uint8Array.from({ length: 300 }, (_, n) => n % 256);
    const Metadata = { sha256: 'abc', release: '42' };
    await s3.send(new PutObjectCommand({ ...at('a b/ü+1.tar.gz'), Body, Metadata, ContentType: 'application/gzip' }));
    const read = await s3.send(new GetObjectCommand(at('a b/ü+1.tar.gz')));
    expect(await read.Body?.transformToByteArray()).toEqual(Body);
    expect(read).toMatchObject({ Metadata, ContentType: 'application/gzip', ContentLength: 300 });
    const head = await s3.send(new HeadObjectCommand(at('a b/ü+1.tar.gz')));
    expect(head).toMatchObject({ Metadata, ContentLength: 300, ETag: read.ETag });
    await s3.send(new DeleteObjectCommand(at('a b/ü+1.tar.gz')));
    await expect(s3.send(new GetObjectCommand(at('a b/ü+1.tar.gz')))).rejects.toMatchObject({ name: 'NoSuchKey' });
    await expect(s3.send(new HeadObjectCommand(at('none')))).rejects.toMatchObject({ name: 'NotFound' });
  });

  test('belong to a bucket that exists', async () => {
    await s3.send(new HeadBucketCommand({ Bucket: 'releases' }));
    await expect(s3.send(new HeadBucketCommand({ Bucket: 'none' }))).rejects.toMatchObject({ name: 'NotFound' });
    const nowhere = s3.send(new PutObjectCommand({ Bucket: 'none', Key: 'a', Body: 'x' }));
    await expect(nowhere).rejects.toMatchObject({ name: 'NoSuchBucket' });
    const again = s3.send(new CreateBucketCommand({ Bucket: 'releases' }));
    await expect(again).rejects.toMatchObject({ name: 'BucketAlreadyOwnedByYou' });
    const wrong = s3.send(new CreateBucketCommand({ Bucket: 'Not_A_Name' }));
    await expect(wrong).rejects.toMatchObject({ name: 'InvalidBucketName' });
  });

  test('what is not implemented is refused, and changes nothing', async () => {
    await put('source', 'x');
    const copy = new CopyObjectCommand({ ...at('target'), CopySource: 'releases/source' });
    await expect(s3.send(copy)).rejects.toMatchObject({ name: 'NotImplemented' });
    const range = new GetObjectCommand({ ...at('source'), Range: 'bytes=0-1' });
    await expect(s3.send(range)).rejects.toMatchObject({ name: 'NotImplemented' });
    await expect(s3.send(new HeadObjectCommand(at('target')))).rejects.toMatchObject({ name: 'NotFound' });
  });
});

test('keys are listed by prefix, page by page, and by folder', async () => {
  await s3.send(new CreateBucketCommand({ Bucket: 'listed' }));
  for (const Key of ['shop/pointer.json', 'shop/reports/i-2.json', 'shop/reports/i-1.json', 'shop/a b&ü', 'other']) {
    await s3.send(new PutObjectCommand({ Bucket: 'listed', Key, Body: 'x' }));
  }
  const list = async (more: object) =>
    s3.send(new ListObjectsV2Command({ Bucket: 'listed', Prefix: 'shop/', ...more }));
  const keys = ({ Contents = [] }: Awaited<ReturnType<typeof list>>) => Contents.map(({ Key }) => Key);
  const all = ['shop/a b&ü', 'shop/pointer.json', 'shop/reports/i-1.json', 'shop/reports/i-2.json'];
  expect(keys(await list({}))).toEqual(all);
  const first = await list({ MaxKeys: 3 });
  expect(first).toMatchObject({ IsTruncated: true, KeyCount: 3 });
  const second = await list({ MaxKeys: 3, ContinuationToken: first.NextContinuationToken });
  expect([...keys(first), ...keys(second)]).toEqual(all);
  const folders = await list({ Delimiter: '/' });
  expect([keys(folders), folders.CommonPrefixes]).toEqual([all.slice(0, 2), [{ Prefix: 'shop/reports/' }]]);
  const none = s3.send(new ListObjectsV2Command({ Bucket: 'none' }));
  await expect(none).rejects.toMatchObject({ name: 'NoSuchBucket' });
});

test('with versioning what was written over, or deleted, can still be read', async () => {
  const at1 = { Bucket: 'versioned', Key: 'pointer' };
  const put1 = async (Body: string) => s3.send(new PutObjectCommand({ ...at1, Body }));
  const read = async (more: object = {}) =>
    (await s3.send(new GetObjectCommand({ ...at1, ...more }))).Body?.transformToString();
  await s3.send(new CreateBucketCommand({ Bucket: 'versioned' }));
  expect((await put1('before')).VersionId).toBeUndefined();
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await s3.send(new PutBucketVersioningCommand({ Bucket: 'versioned', VersioningConfiguration }));
  expect(await s3.send(new GetBucketVersioningCommand({ Bucket: 'versioned' }))).toMatchObject({ Status: 'Enabled' });
  const [one, two] = [await put1('1'), await put1('2')];
  expect([await read(), await read({ VersionId: one.VersionId }), await read({ VersionId: 'null' })]).toEqual([
    '2',
    '1',
    'before',
  ]);
  const gone = await s3.send(new DeleteObjectCommand(at1));
  expect(gone).toMatchObject({ DeleteMarker: true });
  await expect(read()).rejects.toMatchObject({ name: 'NoSuchKey' });
  await expect(read({ VersionId: 'none' })).rejects.toMatchObject({ name: 'NoSuchVersion' });
  const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: 'versioned' }));
  expect(Versions.map(({ VersionId }) => VersionId)).toEqual([two.VersionId, one.VersionId, 'null']);
  expect(DeleteMarkers).toMatchObject([{ VersionId: gone.VersionId, IsLatest: true }]);
  await s3.send(new DeleteObjectCommand({ ...at1, VersionId: gone.VersionId }));
  expect(await read()).toBe('2');
});

test('a request that was signed more than 15 minutes ago, or ahead, is refused; the SDK signs the next one by the time of S3', async () => {
  await put('timed', 'x');
  for (const systemClockOffset of [16 * 60_000, -5 * 3_600_000]) {
    const credentials = { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' };
    const config = { endpoint: sandbox.url, region: 'eu-west-1', systemClockOffset, credentials };
    const skewed = new S3Client({ ...config, maxAttempts: 1 });
    const read = async () => skewed.send(new GetObjectCommand(at('timed')));
    await expect(read()).rejects.toMatchObject({ name: 'RequestTimeTooSkewed' });
    expect((await read()).ContentLength).toBe(1);
    skewed.destroy();
  }
});

describe('conditions', () => {
  test('If-None-Match lets only the first of two writers through', async () => {
    const both = await Promise.allSettled([
      put('once', 'a', { IfNoneMatch: '*' }),
      put('once', 'b', { IfNoneMatch: '*' }),
    ]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { name: 'PreconditionFailed', $metadata: { httpStatusCode: 412 } },
    });
  });

  test('If-Match writes over what was read, and over nothing else', async () => {
    const { ETag = '' } = await put('pointer', '1');
    expect(ETag).toBe(md5('1'));
    await expect(put('none', '2', { IfMatch: ETag })).rejects.toMatchObject({ name: 'NoSuchKey' });
    await put('pointer', '2', { IfMatch: ETag });
    await expect(put('pointer', '3', { IfMatch: ETag })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    const read = await s3.send(new GetObjectCommand(at('pointer')));
    expect(await read.Body?.transformToString()).toBe('2');
  });

  test('a reader that has the newest object gets 304', async () => {
    const { ETag } = await put('polled', '1');
    const again = s3.send(new GetObjectCommand({ ...at('polled'), IfNoneMatch: ETag }));
    await expect(again).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
    await put('polled', '2');
    const next = await s3.send(new GetObjectCommand({ ...at('polled'), IfNoneMatch: ETag }));
    expect(await next.Body?.transformToString()).toBe('2');
    const old = s3.send(new HeadObjectCommand({ ...at('polled'), IfMatch: ETag }));
    await expect(old).rejects.toMatchObject({ $metadata: { httpStatusCode: 412 } });
  });
});

test('a body that does not have the checksum of its request is not stored', async () => {
  const wrong = put('sum', 'x', { ChecksumSHA256: sha256('y') });
  await expect(wrong).rejects.toMatchObject({ name: 'BadDigest' });
  await expect(put('sum', 'x', { ContentMD5: 'AAAA' })).rejects.toMatchObject({ name: 'BadDigest' });
  await expect(s3.send(new HeadObjectCommand(at('sum')))).rejects.toMatchObject({ name: 'NotFound' });
  await put('sum', 'x', { ChecksumSHA256: sha256('x') });
  const head = await s3.send(new HeadObjectCommand({ ...at('sum'), ChecksumMode: 'ENABLED' }));
  expect(head.ChecksumSHA256).toBe(sha256('x'));
});

test('aws s3api', async (context) => {
  needsCli(context);
  const call = async (...words: string[]) => aws(sandbox.url, 's3api', ...words, '--bucket', 'by-cli');
  const refused = async (...words: string[]) => refusal(sandbox.url, 's3api', ...words, '--bucket', 'by-cli');
  const [file, read] = [path.join(folder, 'bundle'), path.join(folder, 'read')];
  await writeFile(file, 'of the CLI');
  const region = ['--create-bucket-configuration', 'LocationConstraint=eu-west-1'];
  expect(await call('create-bucket', ...region)).toEqual({ Location: '/by-cli' });
  const sum = ['--checksum-sha256', sha256('of the CLI')];
  const put42 = ['put-object', '--key', 'bundles/42', '--body', file, '--metadata', 'release=42', ...sum];
  expect(await call(...put42)).toMatchObject({ ETag: md5('of the CLI'), ChecksumSHA256: sha256('of the CLI') });
  const wrong = ['put-object', '--key', 'wrong', '--body', file, '--checksum-sha256', sha256('else')];
  expect(await refused(...wrong)).toContain('(BadDigest)');
  const head = await call('head-object', '--key', 'bundles/42', '--checksum-mode', 'ENABLED');
  expect(head).toMatchObject({ Metadata: { release: '42' }, ContentLength: 10, ChecksumSHA256: sha256('of the CLI') });
  await aws(sandbox.url, 's3api', 'get-object', '--bucket', 'by-cli', '--key', 'bundles/42', read);
  expect(await readFile(read, 'utf8')).toBe('of the CLI');
  await aws(
    sandbox.url,
    's3api',
    'put-bucket-versioning',
    '--bucket',
    'by-cli',
    '--versioning-configuration',
    'Status=Enabled',
  );
  expect(await call('get-bucket-versioning')).toEqual({ Status: 'Enabled' });
  const { VersionId } = (await call('put-object', '--key', 'bundles/42', '--body', file)) as { VersionId: string };
  const listed = await call('list-objects-v2', '--prefix', 'bundles/');
  expect(listed).toMatchObject({ Contents: [{ Key: 'bundles/42', Size: 10, ETag: md5('of the CLI') }] });
  expect(await call('list-object-versions')).toMatchObject({
    Versions: [
      { VersionId, IsLatest: true },
      { VersionId: 'null', IsLatest: false },
    ],
  });
});
