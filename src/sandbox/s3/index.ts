import { createHash } from 'node:crypto';
import type {
  DeleteObjectRequest,
  GetObjectRequest,
  HeadObjectRequest,
  ListObjectVersionsRequest,
  ListObjectsV2Request,
  PutBucketVersioningRequest,
  PutObjectRequest,
} from '@aws-sdk/client-s3';
import type { Clock } from '../../clock.ts';
import { bindOperations, type ApiError, type Service } from '../service.ts';
import { withoutUndefined } from '../records.ts';
import { checkedChecksums } from './checksums.ts';
import { s3Errors } from './errors.ts';
import { listObjects, listVersions } from './lists.ts';
import { StoredBucket, type StoredObject } from './objects.ts';

interface S3State {
  readonly clock: Clock;
  readonly buckets: Map<string, StoredBucket>;
}

/** S3: objects and their versions, with conditional requests and checksums. For its behaviour see src/sandbox/BEHAVIOUR.md, "S3". */
export function createS3(clock: Clock): Service {
  const state: S3State = { clock, buckets: new Map() };
  return {
    id: 's3',
    operations: bindOperations(state, {
      CreateBucket,
      HeadBucket,
      PutBucketVersioning,
      GetBucketVersioning,
      ListObjectsV2,
      ListObjectVersions,
      PutObject,
      GetObject,
      HeadObject,
      DeleteObject,
    }),
    close: async () => {},
  };
}

function CreateBucket({ buckets }: S3State, { Bucket = '' }: { readonly Bucket?: string }): object {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(Bucket)) throw s3Errors.invalidBucketName();
  if (buckets.has(Bucket)) throw s3Errors.bucketOwned();
  buckets.set(Bucket, new StoredBucket());
  return { Location: `/${Bucket}` };
}

function HeadBucket({ buckets }: S3State, { Bucket = '' }: { readonly Bucket?: string }): object {
  if (!buckets.has(Bucket)) throw s3Errors.notFound();
  return {};
}

function PutBucketVersioning(state: S3State, { Bucket, VersioningConfiguration }: PutBucketVersioningRequest): object {
  const status = VersioningConfiguration?.Status;
  if (status !== 'Enabled' && status !== 'Suspended') throw s3Errors.malformedXml();
  bucketOf(state, Bucket).versioning = status;
  return {};
}

function GetBucketVersioning(state: S3State, { Bucket }: { readonly Bucket?: string }): object {
  return withoutUndefined({ Status: bucketOf(state, Bucket).versioning });
}

function ListObjectsV2(state: S3State, request: ListObjectsV2Request): object {
  return listObjects(bucketOf(state, request.Bucket), request);
}

function ListObjectVersions(state: S3State, request: ListObjectVersionsRequest): object {
  return listVersions(bucketOf(state, request.Bucket), request);
}

function PutObject(state: S3State, request: PutObjectRequest): object {
  const { Key = '', Body, ContentType = 'binary/octet-stream', Metadata = {} } = request;
  const objects = bucketOf(state, request.Bucket);
  const body = (Body ?? new Uint8Array()) as Uint8Array;
  if (request.ContentEncoding?.includes('aws-chunked')) throw s3Errors.notImplemented('A body in aws-chunked encoding');
  const checksums = checkedChecksums(request, body);
  checkWritable(objects.get(Key), request);
  const etag = `"${createHash('md5').update(body).digest('hex')}"`;
  const VersionId = objects.put(Key, {
    body,
    etag,
    modified: nowIn(state),
    checksums,
    contentType: ContentType,
    metadata: Metadata,
  });
  return withoutUndefined({ ETag: etag, VersionId, ...checksums });
}

/** Conditional writes (S3 user guide, "How to prevent object overwrites with conditional writes"). */
function checkWritable(existing: StoredObject | undefined, { IfMatch, IfNoneMatch }: PutObjectRequest): void {
  if (IfNoneMatch !== undefined && IfNoneMatch !== '*') throw s3Errors.notImplemented('If-None-Match with an ETag');
  if (IfNoneMatch === '*' && existing !== undefined) throw s3Errors.preconditionFailed();
  if (IfMatch === undefined) return;
  if (existing === undefined) throw s3Errors.noSuchKey();
  if (!isSame(IfMatch, existing.etag)) throw s3Errors.preconditionFailed();
}

function GetObject(state: S3State, request: GetObjectRequest): object {
  if (request.Range !== undefined) throw s3Errors.notImplemented('Range');
  const found = readable(state, request, s3Errors.noSuchKey);
  return { ...described(found, request), Body: found.body };
}

function HeadObject(state: S3State, request: HeadObjectRequest): object {
  return described(readable(state, request, s3Errors.notFound), request);
}

function DeleteObject(state: S3State, { Bucket, Key = '', VersionId }: DeleteObjectRequest): object {
  const bucket = bucketOf(state, Bucket);
  if (VersionId !== undefined) {
    bucket.deleteVersion(Key, VersionId);
    return { VersionId };
  }
  const marker = bucket.delete(Key, nowIn(state));
  return withoutUndefined({ VersionId: marker, DeleteMarker: marker === undefined ? undefined : true });
}

/** S3 dates to the second. */
function nowIn({ clock }: S3State): Date {
  return new Date(Math.floor(clock.now() / 1000) * 1000);
}

/** The object, where the conditions of the request let it be read (RFC 9110, "Precedence of preconditions"). */
function readable(
  state: S3State,
  { Bucket, Key = '', IfMatch, IfNoneMatch, VersionId }: GetObjectRequest | HeadObjectRequest,
  absent: () => ApiError,
): StoredObject {
  const bucket = bucketOf(state, Bucket);
  const version = VersionId === undefined ? undefined : bucket.version(Key, VersionId);
  if (VersionId !== undefined && version === undefined) throw s3Errors.noSuchVersion();
  if (version?.object === 'deleted') throw s3Errors.methodNotAllowed();
  const found = version?.object ?? bucket.get(Key);
  if (found === undefined) throw absent();
  if (IfMatch !== undefined && !isSame(IfMatch, found.etag)) throw s3Errors.preconditionFailed();
  if (IfNoneMatch !== undefined && isSame(IfNoneMatch, found.etag)) throw s3Errors.notModified();
  return found;
}

function described(
  { body, etag, modified, checksums, contentType, metadata }: StoredObject,
  { ChecksumMode }: GetObjectRequest | HeadObjectRequest,
): object {
  return withoutUndefined({
    ETag: etag,
    ContentLength: body.byteLength,
    ContentType: contentType,
    LastModified: modified,
    Metadata: metadata,
    AcceptRanges: 'bytes',
    ...(ChecksumMode === 'ENABLED' && checksums),
  });
}

/** Clients send an ETag with or without its quotes. */
function isSame(condition: string, etag: string): boolean {
  return condition === '*' || condition.replaceAll('"', '') === etag.replaceAll('"', '');
}

function bucketOf({ buckets }: S3State, name = ''): StoredBucket {
  const found = buckets.get(name);
  if (found === undefined) throw s3Errors.noSuchBucket();
  return found;
}
