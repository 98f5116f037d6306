import * as sdk from '@aws-sdk/client-s3';
import { defined } from '../domain/defined.ts';
import { OperatorError } from '../errors.ts';
import { deniedError } from './denial.ts';
import { AtOnce } from './limiter.ts';
import type { Send, Session } from './session.ts';

/** A small object as it was read. */
export interface S3Text {
  readonly text: string;
  /** To read it again only when it has changed, and to replace exactly this version. */
  readonly etag: string;
  /** When it was written, by the clock of S3; ISO. */
  readonly modified: string;
}

/** A large object, as S3 describes it. */
export interface S3Facts {
  /** In bytes. */
  readonly size: number;
  /** By S3's own checksum, in hex; absent: it has another one, or was uploaded in parts. */
  readonly sha256?: string;
  /** By its metadata, as its author wrote it; in hex. */
  readonly noted?: string;
}

/** A large object while it arrives. */
export interface S3Stream {
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** A bundle is sent in one request, which takes as long as the network needs. */
const UPLOAD_MS = 30 * 60_000;

/** Of small objects. The SDK has 50 connections, and takes the time that a request waits for one for a server that does not answer. */
const REQUESTS_AT_ONCE = 40;

/** The requests to one bucket that turnout sends. Errors are `OperatorError`s. */
export class S3 {
  readonly bucket: string;
  readonly #send: Send;
  readonly #sendLarge: Send;

  constructor(session: Session, bucket: string) {
    this.bucket = bucket;
    const connect = (timeoutMs?: number): Send => {
      const config = { ...session.clientConfig(timeoutMs), forcePathStyle: session.options.endpoint !== undefined };
      return session.connect('s3', new sdk.S3Client(config));
    };
    const atOnce = new AtOnce(REQUESTS_AT_ONCE);
    const send = connect();
    this.#send = async (command) => atOnce.run(async () => send(command));
    this.#sendLarge = connect(UPLOAD_MS);
  }

  /**
   * A small object; `same` when it still has that ETag.
   * @throws OperatorError `no-bucket`
   */
  async read(Key: string, etag?: string): Promise<S3Text | 'same' | 'none'> {
    const request = new sdk.GetObjectCommand({ Bucket: this.bucket, Key, IfNoneMatch: etag });
    const answer = await this.#about(this.#send(request), { 304: 'same', 404: 'none' } as const);
    if (typeof answer === 'string') return answer;
    const { Body, ETag = '', LastModified } = answer;
    const text = (await Body?.transformToString()) ?? '';
    return { text, etag: ETag, modified: LastModified?.toISOString() ?? '' };
  }

  /** What S3 knows of a large object, without its content. */
  async describe(Key: string): Promise<S3Facts | 'none'> {
    const request = new sdk.HeadObjectCommand({ Bucket: this.bucket, Key, ChecksumMode: 'ENABLED' });
    const answer = await this.#about(this.#send(request), { 403: 'denied', 404: 'none' } as const);
    // An answer to HEAD has no text that says so; the action is that of reading (Service Authorization Reference, Amazon S3).
    if (answer === 'denied')
      throw deniedError(
        's3:GetObject',
        `S3 says so of ${Key}, also if it is not there and \`s3:ListBucket\` is not allowed.`,
        undefined,
      );
    if (answer === 'none') return answer;
    const { ContentLength: size = 0, ChecksumSHA256: sum, Metadata } = answer;
    const sha256 = sum === undefined ? undefined : Buffer.from(sum, 'base64').toString('hex');
    return { size, ...defined({ sha256, noted: Metadata?.['sha256'] }) };
  }

  async stream(Key: string): Promise<S3Stream | 'none'> {
    const request = new sdk.GetObjectCommand({ Bucket: this.bucket, Key });
    const answer = await this.#about(this.#send(request), { 404: 'none' } as const);
    return typeof answer === 'string' ? answer : { bytes: answer.Body as unknown as AsyncIterable<Uint8Array> };
  }

  /**
   * Writes an object where there was none, or exactly over the version that was read (S3 user guide, conditional writes).
   * @returns false when another one was there, or came in between
   */
  async write(Key: string, text: string, over: S3Text | 'none'): Promise<boolean> {
    const condition = over === 'none' ? { IfNoneMatch: '*' } : { IfMatch: over.etag };
    return this.#put(this.#send, { Key, Body: text, ContentType: 'application/json', ...condition });
  }

  /** Writes an object of which only one program is the author. */
  async overwrite(Key: string, text: string): Promise<void> {
    await this.#put(this.#send, { Key, Body: text, ContentType: 'application/json' });
  }

  /**
   * Writes a large object where there was none; S3 compares the checksum.
   * @param sha256 in hex
   * @returns false when there was one
   */
  async upload(
    Key: string,
    bytes: Uint8Array,
    sha256: string,
    more: Readonly<Record<string, string>>,
  ): Promise<boolean> {
    return this.#put(this.#sendLarge, {
      Key,
      Body: bytes,
      ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64'),
      Metadata: { sha256, ...more },
      IfNoneMatch: '*',
    });
  }

  async #put(send: Send, input: Omit<sdk.PutObjectCommandInput, 'Bucket'>): Promise<boolean> {
    const sent = send(new sdk.PutObjectCommand({ Bucket: this.bucket, ...input }));
    // 404: what was to be replaced is gone. 409: another write came in between.
    const lost = { 404: 'lost', 409: 'lost', 412: 'lost' } as const;
    return (await this.#about(sent, lost)) !== 'lost';
  }

  async #about<Answer, Word extends string>(
    sent: Promise<Answer>,
    words: Readonly<Record<number, Word>>,
  ): Promise<Answer | Word> {
    try {
      return await sent;
    } catch (error) {
      const { name = '', $metadata } = causeOf(error);
      if (name === 'NoSuchBucket') throw noBucket(this.bucket, error);
      const word = words[$metadata?.httpStatusCode ?? 0];
      if (word === undefined) throw error;
      return word;
    }
  }
}

function causeOf(error: unknown): {
  readonly name?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
} {
  return (error instanceof OperatorError ? error.cause : undefined) ?? {};
}

function noBucket(bucket: string, cause: unknown): OperatorError {
  return new OperatorError('no-bucket', `The bucket ${bucket} does not exist.`, {
    next: ['Check `bucket`, the region and the account; create it with versioning and without public access.'],
    cause,
  });
}
