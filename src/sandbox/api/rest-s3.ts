import { ApiError } from '../service.ts';
import { NOT_IMPLEMENTED, type Protocol, type WireRequest } from './protocol.ts';
import { headersOf, readBindings, withoutHeaders } from './rest-bindings.ts';
import { escapeXml, xmlMembers } from './xml.ts';

/**
 * S3's dialect of REST-XML: the bucket is the first part of the path (path style), so the SDK's own routes do not have it; what the
 * query names (`?versioning`) is another operation; errors have no wrapper. (S3 API reference, "REST error responses")
 */
export const restS3: Protocol = {
  contentType: 'application/xml',
  action: (request) => {
    const isBucket = placeOf(request).Key === undefined;
    const subresource = [...request.query.keys()].find((key) => !PLAIN.test(key) && !(isBucket && LISTS.test(key)));
    const operation = OPERATIONS[`${request.method} ${isBucket ? 'bucket' : 'object'}`];
    const named = isBucket && OPERATIONS[`${request.method} bucket ${subresource}`];
    if (named) return named;
    return subresource === undefined && request.headers['x-amz-copy-source'] === undefined
      ? operation
      : `${operation ?? request.method} ${subresource ?? 'x-amz-copy-source'}`;
  },
  decode: ({ input, name }, request) => ({
    ...readBindings(input, placeOf(request), request, 'InvalidArgument'),
    ...(name === 'PutBucketVersioning' && { VersioningConfiguration: { Status: statusIn(request.body) } }),
  }),
  encode: ({ name, output: schema }, output) => {
    const root = ROOTS[name];
    if (root === undefined) return (output as { readonly Body?: Uint8Array }).Body ?? '';
    const members = xmlMembers(schema, withoutHeaders(schema, output));
    return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${members}</${root}>`;
  },
  head: ({ http, output: schema }, output) => ({ status: http?.code ?? 200, headers: headersOf(schema, output) }),
  encodeError: (error, requestId) =>
    // RFC 9110: a 304 has no content.
    error.status === 304
      ? ''
      : `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${escapeXml(error.code)}</Code>` +
        `<Message>${escapeXml(error.message)}</Message><RequestId>${requestId}</RequestId></Error>`,
  unknownAction: (action) =>
    new ApiError('NotImplemented', `A header or query you provided implies ${action}: ${NOT_IMPLEMENTED}`, 501),
  unsigned: () => new ApiError('AccessDenied', 'Access Denied', 403),
  internal: (message) => new ApiError('InternalError', message, 500),
};

/** What the SDK adds, and signatures in the query: they name no other operation. */
const PLAIN = /^(x-id$|X-Amz-|versionId$)/i;

/** What lists are asked for, beside the operation. */
const LISTS =
  /^(prefix|delimiter|max-keys|start-after|continuation-token|encoding-type|fetch-owner|key-marker|version-id-marker)$/;

/** The root elements of answers in XML (S3 API). */
const ROOTS: Readonly<Record<string, string>> = {
  ListObjectsV2: 'ListBucketResult',
  ListObjectVersions: 'ListVersionsResult',
  GetBucketVersioning: 'VersioningConfiguration',
};

function statusIn(body: string): string | undefined {
  return /<Status>(\w+)<\/Status>/.exec(body)?.[1];
}

const OPERATIONS: Readonly<Record<string, string>> = {
  'GET bucket list-type': 'ListObjectsV2',
  'GET bucket versions': 'ListObjectVersions',
  'GET bucket versioning': 'GetBucketVersioning',
  'PUT bucket versioning': 'PutBucketVersioning',
  'PUT bucket': 'CreateBucket',
  'HEAD bucket': 'HeadBucket',
  'PUT object': 'PutObject',
  'GET object': 'GetObject',
  'HEAD object': 'HeadObject',
  'DELETE object': 'DeleteObject',
};

function placeOf({ path }: WireRequest): { readonly Bucket: string; readonly Key: string | undefined } {
  const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
  return { Bucket: decodeURIComponent(bucket), Key: key === '' ? undefined : decodeURIComponent(key) };
}
