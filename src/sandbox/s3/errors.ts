import { ApiError } from '../service.ts';

/** Codes, statuses and messages: S3 API reference, "Error responses". */
export const s3Errors = {
  noSuchBucket: () => new ApiError('NoSuchBucket', 'The specified bucket does not exist', 404),
  noSuchKey: () => new ApiError('NoSuchKey', 'The specified key does not exist.', 404),
  noSuchVersion: () => new ApiError('NoSuchVersion', 'The specified version does not exist.', 404),
  /** Of a version that only says that the key was deleted. */
  methodNotAllowed: () =>
    new ApiError('MethodNotAllowed', 'The specified method is not allowed against this resource.', 405),
  malformedXml: () =>
    new ApiError(
      'MalformedXML',
      'The XML you provided was not well-formed or did not validate against our published schema',
    ),
  requestTimeTooSkewed: () =>
    new ApiError(
      'RequestTimeTooSkewed',
      'The difference between the request time and the current time is too large.',
      403,
    ),
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
