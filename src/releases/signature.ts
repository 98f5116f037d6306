import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { messageOf, OperatorError } from '../errors.ts';
import { isCommentSigned, isContentSigned, isMinisign, minisignKey, trustedComment } from './minisign.ts';
import type { Release } from './records.ts';

type Content = Pick<Release, 'release' | 'sha256'>;

/**
 * What is signed: the content of the release and its place, so that a signature is worth nothing for another release, and a release of
 * staging nothing in production.
 */
function signedText({ release, sha256 }: Content, prefix: string): Buffer {
  return Buffer.from(`turnout release\n${prefix}\n${release}\n${sha256}\n`);
}

/** The same for minisign, in whose signature of a bundle it is the trusted comment. */
export function commentFor({ release, sha256 }: Content, prefix: string): string {
  return `turnout release ${prefix} ${release} ${sha256}`;
}

/** @param pem an Ed25519 private key, as `openssl genpkey -algorithm ed25519` writes it */
export function signRelease(release: Content, prefix: string, pem: string): string {
  return sign(null, signedText(release, prefix), keyOf(pem, createPrivateKey)).toString('base64');
}

/** @param key a public key in PEM, or one of minisign's; of which kind the signature is, it says itself */
export function isSignedBy(release: Release, prefix: string, key: string): boolean {
  const { signature } = release;
  if (signature === undefined) return false;
  if (isMinisign(signature)) return isCommentSigned(signature, commentFor(release, prefix), publicKey(key));
  return verify(null, signedText(release, prefix), publicKey(key), Buffer.from(signature, 'base64'));
}

/**
 * A signature that minisign made of the bundle.
 * @param key the public key of the instances; absent: only what it says is compared
 * @throws OperatorError `bad-signature` when it is not one of this release
 */
export function checkMinisign(release: Release, bytes: Uint8Array, prefix: string, key: string | undefined): void {
  const { signature = '' } = release;
  const wanted = commentFor(release, prefix);
  const said = trustedComment(signature);
  if (said !== wanted) {
    const how = said === undefined ? 'is not one of minisign' : `has the trusted comment \`${said}\``;
    throw badSignature(`The signature ${how}, and must have \`${wanted}\`.`, wanted);
  }
  if (key === undefined || (isSignedBy(release, prefix, key) && isContentSigned(signature, bytes, publicKey(key))))
    return;
  throw badSignature('The signature was made with another key, or of another bundle.', wanted);
}

function badSignature(what: string, comment: string): OperatorError {
  return new OperatorError('bad-signature', what, {
    next: [`Sign the bundle: \`minisign -S -s KEY -m BUNDLE -t '${comment}'\`.`],
  });
}

/** @throws OperatorError `bad-signature` when the instances would refuse the release */
export function refuseUnsigned(release: Release, prefix: string, key: string | undefined): void {
  if (key === undefined || isSignedBy(release, prefix, key)) return;
  const how = release.signature === undefined ? 'is not signed' : 'is not signed with the key of `deploy.publicKey`';
  throw new OperatorError('bad-signature', `Release ${release.release} ${how}: instances would refuse it.`, {
    next: ['Publish it under another name with `turnout publish --sign-with KEY` or `--signature FILE`.'],
  });
}

/** By which people tell keys apart: the beginning of its SHA-256. */
export function keyId(key: string): string {
  const der = publicKey(key).export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('hex').slice(0, 16);
}

/** @param text in PEM, or as minisign writes it; @throws OperatorError `bad-key` */
export function publicKey(text: string): KeyObject {
  return keyOf(text, text.includes('-----BEGIN') ? createPublicKey : minisignKey);
}

function keyOf(text: string, create: (text: string) => KeyObject): KeyObject {
  try {
    const key = create(text);
    if (key.asymmetricKeyType === 'ed25519') return key;
    throw new Error(`it is of type ${key.asymmetricKeyType}`);
  } catch (error) {
    throw new OperatorError('bad-key', `The key is not an Ed25519 key, in PEM or of minisign: ${messageOf(error)}.`, {
      next: [
        'Make one: `openssl genpkey -algorithm ed25519 -out key.pem; openssl pkey -in key.pem -pubout`, or `minisign -G`.',
      ],
      cause: error,
    });
  }
}
