import type { S3, S3Stream, S3Text } from '../aws/s3.ts';
import { OperatorError } from '../errors.ts';
import { nextPointer, parseRecord, type FollowReport, type Permit, type Pointer, type Release } from './records.ts';

/** What a bucket must be able to do. */
export type Objects = Pick<S3, 'bucket' | 'read' | 'describe' | 'stream' | 'write' | 'overwrite' | 'upload'>;

/** An object with the version that was read. */
export interface Seen<T> {
  readonly value: T;
  readonly object: S3Text;
}

/**
 * Releases in a bucket. Below `prefix`: `releases/<release>.json` and `bundles/<sha256>` are written once and never changed;
 * `pointer.json` is moved and `permits/<instance>.json` is given by compare-and-set; `reports/<instance>.json` has one author.
 */
export class BucketOfReleases {
  readonly #s3: Objects;
  readonly prefix: string;

  constructor(s3: Objects, prefix: string) {
    this.#s3 = s3;
    this.prefix = prefix;
  }

  get name(): string {
    return `s3://${this.#s3.bucket}/${this.prefix}`;
  }

  /** @throws OperatorError `not-published` */
  async release(name: string): Promise<Release> {
    const seen = await this.#read('release', releaseKey(name));
    if (seen !== undefined) return seen.value;
    throw new OperatorError('not-published', `Release ${name} was not published to ${this.name}.`, {
      next: [`\`turnout publish --release ${name} --bundle FILE\` uploads it.`],
    });
  }

  /**
   * Uploads the bundle, and then the release, which names it.
   * @returns what was uploaded now
   * @throws OperatorError `release-published` where the release has another content
   */
  async publish(release: Release, bytes: Uint8Array): Promise<'release' | 'nothing'> {
    await this.#s3.upload(this.#key(bundleKey(release)), bytes, release.sha256, {
      release: encodeURIComponent(release.release),
    });
    const written = await this.#s3.write(this.#key(releaseKey(release.release)), json(release), 'none');
    if (written) return 'release';
    const before = await this.release(release.release);
    if (before.sha256 === release.sha256 && before.signature === release.signature) return 'nothing';
    const what = before.sha256 === release.sha256 ? 'with another signature' : `with another bundle (${before.sha256})`;
    throw new OperatorError('release-published', `Release ${release.release} was published before, ${what}.`, {
      next: ['A release never changes: publish this one under another name.'],
    });
  }

  async bundle(release: Release): Promise<S3Stream | 'none'> {
    return this.#s3.stream(this.#key(bundleKey(release)));
  }

  /**
   * What is wrong with the bundle of a release where it lies, as a sentence; undefined when nothing is. It is not downloaded: S3 has
   * compared its checksum when it was uploaded.
   */
  async bundleProblem(release: Release): Promise<string | undefined> {
    const what = `The bundle of release ${release.release}`;
    const found = await this.#s3.describe(this.#key(bundleKey(release)));
    if (found === 'none') return `${what} is missing in ${this.name}.`;
    const sums = [found.sha256, found.noted].filter((one) => one !== undefined);
    if (sums.length === 0) return `${what} has no SHA-256 in ${this.name}: it was not uploaded by turnout.`;
    const isSame = found.size === release.size && sums.every((sum) => sum === release.sha256);
    return isSame
      ? undefined
      : `${what} in ${this.name} is not the one that was published: its SHA-256 or size differs.`;
  }

  /** Undefined when there is none; `same` when it still is the one that was seen. */
  async pointer(known?: S3Text): Promise<Seen<Pointer> | 'same' | undefined> {
    return this.#readNew('pointer', POINTER, known);
  }

  /**
   * Moves the pointer from what was seen.
   * @throws OperatorError `pointer-moved` when another one has moved it elsewhere since
   */
  async movePointer(to: Release, from: Seen<Pointer> | undefined, made: Pick<Pointer, 'at' | 'by'>): Promise<Pointer> {
    const next = nextPointer(to, from?.value, made);
    if (await this.#s3.write(this.#key(POINTER), json(next), from?.object ?? 'none')) return next;
    // An answer that was lost, so that the same request came a second time; or another one wanted the same.
    const now = await this.#read('pointer', POINTER);
    if (now?.value.release === to.release && now.value.sha256 === to.sha256) return now.value;
    throw new OperatorError('pointer-moved', `The pointer of ${this.name} was moved by somebody else meanwhile.`, {
      next: ['`turnout status` shows what runs; run this again if it should still move.'],
    });
  }

  async permit(instance: string, known?: S3Text): Promise<Seen<Permit> | 'same' | undefined> {
    return this.#readNew('permit', permitKey(instance), known);
  }

  /** @throws OperatorError `permit-changed` when another run has written one since */
  async givePermit(instance: string, permit: Permit, over: S3Text | undefined): Promise<void> {
    if (await this.#s3.write(this.#key(permitKey(instance)), json(permit), over ?? 'none')) return;
    const now = await this.#read('permit', permitKey(instance));
    if (now?.object.text === json(permit)) return;
    throw new OperatorError('permit-changed', `Another program has changed the permit of ${instance}.`, {
      next: ['Check who else deploys to it, then run this again.'],
      transient: true,
    });
  }

  async report(instance: string): Promise<Seen<FollowReport> | undefined> {
    return this.#read('report', reportKey(instance));
  }

  async writeReport(report: FollowReport): Promise<void> {
    await this.#s3.overwrite(this.#key(reportKey(report.instance)), json(report));
  }

  async #read<K extends Kind>(kind: K, key: string): Promise<Seen<RecordOf<K>> | undefined> {
    const seen = await this.#readNew(kind, key, undefined);
    return seen === 'same' ? undefined : seen;
  }

  async #readNew<K extends Kind>(
    kind: K,
    key: string,
    known: S3Text | undefined,
  ): Promise<Seen<RecordOf<K>> | 'same' | undefined> {
    const object = await this.#s3.read(this.#key(key), known?.etag);
    if (object === 'same') return 'same';
    return object === 'none' ? undefined : { value: parseRecord(kind, object.text, this.#key(key)), object };
  }

  #key(key: string): string {
    return `${this.prefix}/${key}`;
  }
}

type Kind = Parameters<typeof parseRecord>[0];
type RecordOf<K extends Kind> = ReturnType<typeof parseRecord<K>>;

const POINTER = 'pointer.json';
const releaseKey = (name: string): string => `releases/${encodeURIComponent(name)}.json`;
const bundleKey = ({ sha256 }: Release): string => `bundles/${sha256}`;
const permitKey = (instance: string): string => `permits/${instance}.json`;
const reportKey = (instance: string): string => `reports/${instance}.json`;

function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
