import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';

/** Keys and signatures as minisign writes them (minisign(1), "File format"). Pure. */

/** Two bytes of algorithm, eight of the id of the key, and what they are about. */
const HEAD_BYTES = 10;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** Ed25519 over the BLAKE2b-512 of the file; `Ed`, over the file itself, is that of before 2021. */
const PREHASHED = 'ED';

/** A file of minisign's that says `trusted comment`: what it signed, and a second signature over the first and the comment. */
interface MinisignFile {
  readonly algorithm: string;
  readonly signature: Buffer;
  readonly comment: string;
  readonly over: Buffer;
}

/** @param text a public key file, or its second line; @throws Error when it is neither */
export function minisignKey(text: string): KeyObject {
  const line = text.trim().split('\n').at(-1) ?? '';
  const bytes = Buffer.from(line, 'base64');
  if (bytes.length !== HEAD_BYTES + KEY_BYTES || bytes.toString('latin1', 0, 2) !== 'Ed')
    throw new Error('it is neither');
  const x = bytes.subarray(HEAD_BYTES).toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}

export function isMinisign(signature: string): boolean {
  return signature.startsWith('untrusted comment:');
}

/** What the signature says in its trusted comment, whoever made it; undefined: it is not one of minisign's. */
export function trustedComment(text: string): string | undefined {
  return parsed(text)?.comment;
}

/** Whether the key has signed that comment, and with it the first signature. */
export function isCommentSigned(text: string, comment: string, key: KeyObject): boolean {
  const file = parsed(text);
  if (file?.comment !== comment) return false;
  return verify(null, Buffer.concat([file.signature, Buffer.from(comment)]), key, file.over);
}

/** Whether the key has signed these bytes. */
export function isContentSigned(text: string, bytes: Uint8Array, key: KeyObject): boolean {
  const file = parsed(text);
  if (file === undefined) return false;
  const signed = file.algorithm === PREHASHED ? createHash('blake2b512').update(bytes).digest() : bytes;
  return verify(null, signed, key, file.signature);
}

function parsed(text: string): MinisignFile | undefined {
  const [, first = '', said = '', second = ''] = text.split(/\r?\n/);
  const [bytes, over] = [Buffer.from(first, 'base64'), Buffer.from(second, 'base64')];
  const comment = /^trusted comment: (.*)$/.exec(said)?.[1];
  if (comment === undefined || bytes.length !== HEAD_BYTES + SIGNATURE_BYTES || over.length !== SIGNATURE_BYTES)
    return undefined;
  return { algorithm: bytes.toString('latin1', 0, 2), signature: bytes.subarray(HEAD_BYTES), comment, over };
}
