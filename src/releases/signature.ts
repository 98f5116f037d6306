import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { messageOf, OperatorError } from '../errors.ts';
import type { Release } from './records.ts';

/**
 * What is signed: the content of the release and its place, so that a signature is worth nothing for another release, and a release of
 * staging nothing in production.
 */
function signedText({ release, sha256 }: Pick<Release, 'release' | 'sha256'>, prefix: string): Buffer {
  return Buffer.from(`turnout release\n${prefix}\n${release}\n${sha256}\n`);
}

/** @param pem an Ed25519 private key, as `openssl genpkey -algorithm ed25519` writes it */
export function signRelease(release: Pick<Release, 'release' | 'sha256'>, prefix: string, pem: string): string {
  return sign(null, signedText(release, prefix), keyOf(pem, createPrivateKey)).toString('base64');
}

export function isSignedBy(release: Release, prefix: string, pem: string): boolean {
  const { signature } = release;
  if (signature === undefined) return false;
  return verify(null, signedText(release, prefix), publicKey(pem), Buffer.from(signature, 'base64'));
}

/** By which people tell keys apart: the beginning of its SHA-256. */
export function keyId(pem: string): string {
  const der = publicKey(pem).export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('hex').slice(0, 16);
}

/** @throws OperatorError `bad-key` */
export function publicKey(pem: string): KeyObject {
  return keyOf(pem, createPublicKey);
}

function keyOf(pem: string, create: (pem: string) => KeyObject): KeyObject {
  try {
    const key = create(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
    throw new Error(`it is of type ${key.asymmetricKeyType}`);
  } catch (error) {
    throw new OperatorError('bad-key', `The key is not an Ed25519 key in PEM: ${messageOf(error)}.`, {
      next: ['Make one: `openssl genpkey -algorithm ed25519 -out key.pem; openssl pkey -in key.pem -pubout`.'],
      cause: error,
    });
  }
}
