import { S3 } from '../aws/s3.ts';
import type { Session } from '../aws/session.ts';
import { BucketOfReleases } from './bucket.ts';

/** Opens the bucket that a config names. */
export function openBucket(
  session: Session,
  { bucket, prefix }: { readonly bucket: string; readonly prefix: string },
): BucketOfReleases {
  return new BucketOfReleases(new S3(session, bucket), prefix);
}
