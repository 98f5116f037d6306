import { ApiError } from '../service.ts';

/** Codes, statuses and messages: S3 API reference, "Error responses". */
export const s3Errors = {
  noSuchBucket: () => new ApiError('NoSuchBucket', 'The specified bucket does not exist', 404),
  noSuchKey: () => new ApiError('NoSuchKey', 'The specified key does not exist.', 404),
  /** HEAD has no body, so clients know the status only. */
  notFound: () => new ApiError('NotFound', 'Not Found', 404),
  preconditionFailed: () =>
    new ApiError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412),
  notModified: () => new ApiError('NotModified', 'Not Modified', 304),
  badDigest: (what: string) =>
    new ApiError('BadDigest', `The ${what} you specified did not match the calculated checksum.`),
  bucketOwned: () =>
    new ApiError(
      'BucketAlreadyOwnedByYou',
      'Your previous request to create the named bucket succeeded and you already own it.',
      409,
    ),
  invalidBucketName: () => new ApiError('InvalidBucketName', 'The specified bucket is not valid.'),
  notImplemented: (what: string) =>
    new ApiError('NotImplemented', `${what}: turnout's sandbox does not implement it`, 501),
};
