import { randomBytes } from 'node:crypto';
import type { Checksums } from './checksums.ts';

/** An object, or with versioning one version of it. */
export interface StoredObject {
  readonly body: Uint8Array;
  /** With its quotes, as on the wire. */
  readonly etag: string;
  readonly modified: Date;
  readonly checksums: Checksums;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A version of a key: an object, or a mark that it was deleted. `null` where the bucket had no versioning. */
export interface StoredVersion {
  readonly id: string;
  readonly modified: Date;
  readonly object: StoredObject | 'deleted';
}

/** Of a bucket without versioning (S3 user guide, "How S3 Versioning works"). */
const NO_VERSION = 'null';

/** The objects of one bucket, with their versions, newest first. */
export class StoredBucket {
  readonly #keys = new Map<string, readonly StoredVersion[]>();
  /** As the API has it: absent until it was set once. */
  versioning: 'Enabled' | 'Suspended' | undefined;

  get(key: string): StoredObject | undefined {
    const newest = this.#keys.get(key)?.[0]?.object;
    return newest === 'deleted' ? undefined : newest;
  }

  version(key: string, id: string): StoredVersion | undefined {
    return this.#keys.get(key)?.find((one) => one.id === id);
  }

  /** @returns the id of the version; undefined in a bucket that never had any */
  put(key: string, object: StoredObject): string | undefined {
    return this.#add(key, object.modified, object);
  }

  /** Without versioning it is gone; with it a mark is the newest version. */
  delete(key: string, at: Date): string | undefined {
    if (this.versioning !== undefined) return this.#add(key, at, 'deleted');
    this.#keys.delete(key);
    return undefined;
  }

  /** Of this version nothing is left. */
  deleteVersion(key: string, id: string): void {
    const left = (this.#keys.get(key) ?? []).filter((one) => one.id !== id);
    if (left.length === 0) this.#keys.delete(key);
    else this.#keys.set(key, left);
  }

  /** Keys in the order of their bytes, as S3 lists them. */
  keys(prefix: string): readonly string[] {
    const found = [...this.#keys.keys()].filter((key) => key.startsWith(prefix));
    return found.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }

  versions(key: string): readonly StoredVersion[] {
    return this.#keys.get(key) ?? [];
  }

  #add(key: string, modified: Date, object: StoredVersion['object']): string | undefined {
    const id = this.versioning === 'Enabled' ? randomBytes(16).toString('base64url') : NO_VERSION;
    const before = this.versions(key).filter((one) => one.id !== id);
    this.#keys.set(key, [{ id, modified, object }, ...before]);
    return this.versioning === undefined ? undefined : id;
  }
}
