/** The sandbox's S3, with the SDK and with the AWS CLI. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
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
    const list = new ListObjectsV2Command({ Bucket: 'releases' });
    await expect(s3.send(list)).rejects.toMatchObject({ name: 'NotImplemented' });
    const range = new GetObjectCommand({ ...at('source'), Range: 'bytes=0-1' });
    await expect(s3.send(range)).rejects.toMatchObject({ name: 'NotImplemented' });
    await expect(s3.send(new HeadObjectCommand(at('target')))).rejects.toMatchObject({ name: 'NotFound' });
  });
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
});
