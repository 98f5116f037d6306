import type { FollowReport, Permit, Release } from '../../../src/releases/records.ts';
import type { LittleCloud } from './cloud.ts';
import { EPOCH } from './clock.ts';
import { ApiFailure } from './failure.ts';
import { living } from './state.ts';

/** S3 with one bucket, which is never stale (S3 user guide, consistency model), and the instances that follow it. */

export const BUCKET = { bucket: 'releases', prefix: 'shop' } as const;

interface ObjectInput {
  readonly Key: string;
  readonly Body?: string;
  readonly IfMatch?: string;
  readonly IfNoneMatch?: string;
}

interface Kept {
  readonly text: string;
  readonly etag: string;
  readonly at: number;
}

/** How long an instance takes from its permit to its report. */
const FOLLOWS_MS = 2000;
/** Nobody is silent here. */
const EVERY_MS = 3_600_000;

export class LittleBucket {
  readonly #cloud: LittleCloud;
  readonly #kept = new Map<string, Kept>();

  /** Releases 41 and 42 are published, and each instance has reported. */
  constructor(cloud: LittleCloud) {
    this.#cloud = cloud;
    for (const release of ['41', '42']) this.#put(`releases/${release}.json`, contentOf(release));
    for (const { id } of living(cloud.state)) this.#report({ instance: id, everyMs: EVERY_MS, runs: contentOf('41') });
  }

  answer(operation: string, { Key, Body, IfMatch, IfNoneMatch }: ObjectInput): object {
    const found = this.#kept.get(Key);
    if (operation === 'PutObject') {
      const isSame = IfNoneMatch === '*' ? found === undefined : IfMatch === undefined || found?.etag === IfMatch;
      if (!isSame) throw new ApiFailure('PreconditionFailed', 'At least one of the pre-conditions did not hold', 412);
      this.#write(Key, Body ?? '');
      if (Key.includes('/permits/')) this.#permitted(JSON.parse(Body ?? '') as Permit, Key);
      return {};
    }
    if (found === undefined) throw new ApiFailure('NoSuchKey', 'The specified key does not exist.', 404);
    if (found.etag === IfNoneMatch) throw new ApiFailure('NotModified', 'Not Modified', 304);
    const content = { transformToString: async () => found.text };
    return { Body: content, ETag: found.etag, LastModified: new Date(EPOCH + found.at) };
  }

  #write(key: string, text: string): void {
    this.#kept.set(key, { text, etag: `"${this.#kept.size}-${text.length}-${text}"`, at: this.#cloud.clock.now });
  }

  #put(name: string, value: object): void {
    this.#write(`${BUCKET.prefix}/${name}`, JSON.stringify(value));
  }

  #report(report: FollowReport): void {
    this.#put(`reports/${report.instance}.json`, report);
  }

  #permitted({ number, state, release }: Permit, key: string): void {
    const instance = key.replace(/.*\/|\.json$/g, '');
    if (state !== 'given') return;
    this.#cloud.clock.after(FOLLOWS_MS, () => {
      this.#cloud.deliver(instance, release);
      const progress = { kind: 'permit', number, state: 'done' } as const;
      this.#report({ instance, everyMs: EVERY_MS, runs: contentOf(release), progress });
    });
  }
}

function contentOf(release: string): Release {
  return { release, sha256: release.padStart(64, '0'), size: 1 };
}
