import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { PutObjectRequest } from '@aws-sdk/client-s3';
import { s3Errors } from './errors.ts';

/** The checksum members of a request or an answer. */
export interface Checksums {
  readonly ChecksumCRC32?: string;
  readonly ChecksumSHA1?: string;
  readonly ChecksumSHA256?: string;
}

const CALCULATED: Readonly<Record<keyof Checksums, (body: Uint8Array) => string>> = {
  ChecksumCRC32: (body) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(crc32(body));
    return bytes.toString('base64');
  },
  ChecksumSHA1: (body) => createHash('sha1').update(body).digest('base64'),
  ChecksumSHA256: (body) => createHash('sha256').update(body).digest('base64'),
};

/**
 * Checks the body against each checksum of the request, and returns those to keep with the object.
 * @throws ApiError `BadDigest`
 */
export function checkedChecksums(request: PutObjectRequest, body: Uint8Array): Checksums {
  if (request.ChecksumCRC32C !== undefined || request.ChecksumCRC64NVME !== undefined) {
    throw s3Errors.notImplemented('The checksum algorithm');
  }
  const md5 = createHash('md5').update(body).digest('base64');
  if (request.ContentMD5 !== undefined && request.ContentMD5 !== md5) throw s3Errors.badDigest('Content-MD5');
  const given = Object.entries(CALCULATED).filter(([name]) => request[name as keyof Checksums] !== undefined);
  for (const [name, calculate] of given) {
    if (request[name as keyof Checksums] !== calculate(body)) throw s3Errors.badDigest(name.replace('Checksum', ''));
  }
  return Object.fromEntries(given.map(([name]) => [name, request[name as keyof Checksums]]));
}
