import { createHash } from 'node:crypto';
import type { S3Text } from '../../src/aws/s3.ts';
import type { Objects } from '../../src/releases/bucket.ts';

/** A bucket in memory: what is read and written at once, and what a test does to it. */
export class MemoryObjects implements Objects {
  readonly bucket = 'releases';
  readonly contents = new Map<string, Uint8Array>();
  readonly #written = new Map<string, number>();
  /** When what is written from now on is written; milliseconds since the epoch. */
  now = 0;

  async read(key: string, etag?: string): ReturnType<Objects['read']> {
    const found = this.#textOf(key);
    if (found === 'none') return 'none';
    return found.etag === etag ? 'same' : found;
  }

  async describe(key: string): ReturnType<Objects['describe']> {
    const found = this.contents.get(key);
    if (found === undefined) return 'none';
    return { size: found.length, sha256: createHash('sha256').update(found).digest('hex') };
  }

  async stream(key: string): ReturnType<Objects['stream']> {
    const found = this.contents.get(key);
    return found === undefined ? 'none' : { bytes: inParts(found) };
  }

  async write(key: string, text: string, over: S3Text | 'none'): Promise<boolean> {
    const now = this.#textOf(key);
    const isSame = over === 'none' || now === 'none' ? over === now : over.etag === now.etag;
    if (isSame) this.#put(key, Buffer.from(text));
    return isSame;
  }

  async overwrite(key: string, text: string): Promise<void> {
    this.#put(key, Buffer.from(text));
  }

  async upload(key: string, bytes: Uint8Array): Promise<boolean> {
    if (this.contents.has(key)) return false;
    this.#put(key, bytes);
    return true;
  }

  #put(key: string, bytes: Uint8Array): void {
    this.contents.set(key, bytes);
    this.#written.set(key, this.now);
  }

  #textOf(key: string): S3Text | 'none' {
    const found = this.contents.get(key);
    if (found === undefined) return 'none';
    const etag = createHash('md5').update(found).digest('hex');
    const modified = new Date(this.#written.get(key) ?? 0).toISOString();
    return { text: Buffer.from(found).toString(), etag, modified };
  }
}

/** The same bucket, as one process reaches it. */
export function withRequests(objects: MemoryObjects, before: (request: string) => void): Objects {
  const guarded =
    <A extends readonly unknown[], T>(name: string, call: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      before(`${name} ${String(args[0])}`);
      const answer = await call(...args);
      // An answer that never arrives, after the request has had its effect.
      before(`answer of ${name} ${String(args[0])}`);
      return answer;
    };
  return {
    bucket: objects.bucket,
    read: guarded('read', objects.read.bind(objects)),
    describe: guarded('describe', objects.describe.bind(objects)),
    stream: guarded('stream', objects.stream.bind(objects)),
    write: guarded('write', objects.write.bind(objects)),
    overwrite: guarded('overwrite', objects.overwrite.bind(objects)),
    upload: guarded('upload', objects.upload.bind(objects)),
  };
}

async function* inParts(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const half = Math.ceil(bytes.length / 2);
  yield bytes.subarray(0, half);
  yield bytes.subarray(half);
}
