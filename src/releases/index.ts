import { readFile } from 'node:fs/promises';
import { S3 } from '../aws/s3.ts';
import type { Session } from '../aws/session.ts';
import { messageOf, OperatorError } from '../errors.ts';
import { BucketOfReleases } from './bucket.ts';
import { withRenewal } from './renewed.ts';
import { publicKey } from './signature.ts';

interface Place {
  readonly bucket: string;
  readonly prefix: string;
}

/** Opens the bucket that a config names. */
export function openBucket(session: Session, { bucket, prefix }: Place): BucketOfReleases {
  return new BucketOfReleases(new S3(session, bucket), prefix);
}

/** Opens it for as long as the machine runs. @param connect opens a session with credentials of its own */
export function openBucketForGood(connect: () => Session, { bucket, prefix }: Place): BucketOfReleases {
  return new BucketOfReleases(
    withRenewal(() => new S3(connect(), bucket)),
    prefix,
  );
}

/** The key that releases must be signed with; undefined where no file is named. @throws OperatorError `file-unreadable`, `bad-key` */
export async function readPublicKey(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new OperatorError('file-unreadable', `The public key ${file} cannot be used: ${messageOf(error)}.`, {
      next: ['Check the path at `publicKey` in the config.'],
    });
  });
  publicKey(text);
  return text;
}
