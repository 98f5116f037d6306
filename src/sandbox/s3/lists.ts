import type { ListObjectVersionsRequest, ListObjectsV2Request } from '@aws-sdk/client-s3';
import { withoutUndefined } from '../records.ts';
import { s3Errors } from './errors.ts';
import type { StoredBucket } from './objects.ts';

/** At most that many keys in an answer (S3 API, ListObjectsV2). */
const PAGE = 1000;

/** @throws ApiError `NotImplemented` for a delimiter other than `/` */
export function listObjects(bucket: StoredBucket, request: ListObjectsV2Request): object {
  const { Bucket, Prefix = '', Delimiter, MaxKeys = PAGE, StartAfter = '', ContinuationToken, EncodingType } = request;
  if (Delimiter !== undefined && Delimiter !== '/') throw s3Errors.notImplemented('A delimiter other than /');
  const after = ContinuationToken === undefined ? StartAfter : Buffer.from(ContinuationToken, 'base64url').toString();
  const encode = encoder(EncodingType);
  const entries = new Map(
    bucket.keys(Prefix).flatMap((key) => {
      const object = bucket.get(key);
      if (object === undefined) return [];
      const end = Delimiter === undefined ? -1 : key.indexOf(Delimiter, Prefix.length);
      return [end < 0 ? ([key, object] as const) : ([key.slice(0, end + 1), undefined] as const)];
    }),
  );
  const left = [...entries].filter(([key]) => Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0);
  const page = left.slice(0, Math.min(MaxKeys, PAGE));
  const last = page.at(-1)?.[0] ?? '';
  return withoutUndefined({
    Name: Bucket,
    Prefix: encode(Prefix),
    Delimiter,
    MaxKeys,
    EncodingType,
    KeyCount: page.length,
    IsTruncated: left.length > page.length,
    NextContinuationToken: left.length > page.length ? Buffer.from(last).toString('base64url') : undefined,
    Contents: page.flatMap(([key, object]) =>
      object === undefined
        ? []
        : [
            {
              Key: encode(key),
              LastModified: object.modified,
              ETag: object.etag,
              Size: object.body.byteLength,
              StorageClass: 'STANDARD',
            },
          ],
    ),
    CommonPrefixes: page.flatMap(([key, object]) => (object === undefined ? [{ Prefix: encode(key) }] : [])),
  });
}

/** All of them in one answer. */
export function listVersions(
  bucket: StoredBucket,
  { Bucket, Prefix = '', EncodingType }: ListObjectVersionsRequest,
): object {
  const encode = encoder(EncodingType);
  const all = bucket
    .keys(Prefix)
    .flatMap((key) => bucket.versions(key).map((one, n) => ({ key, one, isLatest: n === 0 })));
  const common = ({ key, one, isLatest }: (typeof all)[number]) => ({
    Key: encode(key),
    VersionId: one.id,
    IsLatest: isLatest,
    LastModified: one.modified,
  });
  return withoutUndefined({
    Name: Bucket,
    Prefix: encode(Prefix),
    EncodingType,
    IsTruncated: false,
    MaxKeys: PAGE,
    Versions: all.flatMap((each) =>
      each.one.object === 'deleted'
        ? []
        : [
            {
              ...common(each),
              ETag: each.one.object.etag,
              Size: each.one.object.body.byteLength,
              StorageClass: 'STANDARD',
            },
          ],
    ),
    DeleteMarkers: all.filter(({ one }) => one.object === 'deleted').map(common),
  });
}

/** A key may hold what XML cannot (S3 API, ListObjectsV2, `encoding-type`). */
function encoder(type: string | undefined): (key: string) => string {
  return (key) => (type === 'url' ? encodeURIComponent(key).replaceAll('%2F', '/') : key);
}
