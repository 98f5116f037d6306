import type { Clock } from '../clock.ts';
import type { BucketOfReleases } from '../releases/bucket.ts';
import type { Release } from '../releases/records.ts';
import { isSignedBy } from '../releases/signature.ts';
import type { Disk } from './disk.ts';
import { Rejected } from './rejected.ts';

interface Source {
  readonly bucket: BucketOfReleases;
  readonly disk: Disk;
  readonly clock: Clock;
  /** Key in PEM that releases must be signed with; absent: none. */
  readonly signedBy?: string;
}

/**
 * Brings a release onto the disk: nothing is unpacked before its content is proven to be the one that was published.
 * @throws Rejected when this release can never be run
 */
export async function fetchRelease({ bucket, disk, clock, signedBy }: Source, release: Release): Promise<void> {
  if (signedBy !== undefined && !isSignedBy(release, bucket.prefix, signedBy)) {
    const how = release.signature === undefined ? 'is not signed' : 'is not signed with the key of this instance';
    throw new Rejected(`Release ${release.release} ${how}.`);
  }
  if (await disk.has(release.sha256)) return;
  const bundle = await bucket.bundle(release);
  if (bundle === 'none') throw new Rejected(`The bundle of release ${release.release} is missing in ${bucket.name}.`);
  const { sha256, size } = await disk.receive(withoutPauses(bundle.bytes, clock), release.size);
  if (size < release.size) throw new Error(`Only ${size} of ${release.size} bytes of the bundle arrived.`);
  if (sha256 !== release.sha256 || size !== release.size) {
    await disk.clear();
    throw new Rejected(
      `The bundle of release ${release.release} is not the one that was published: its SHA-256 differs.`,
    );
  }
  await disk.install(release.sha256);
}

/** A connection on which nothing arrives for this long is given up. */
const IDLE_MS = 30_000;

async function* withoutPauses(bytes: AsyncIterable<Uint8Array>, clock: Clock): AsyncGenerator<Uint8Array> {
  const reader = bytes[Symbol.asyncIterator]();
  try {
    for (;;) {
      const over = new AbortController();
      const silence = clock.sleep(IDLE_MS, over.signal, { ref: false }).then(
        () => 'silent' as const,
        () => 'over' as const,
      );
      const next = await Promise.race([reader.next(), silence]);
      over.abort();
      if (next === 'over') continue;
      if (next === 'silent') throw new Error('The download has stopped: nothing arrived for 30 s.');
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await reader.return?.();
  }
}
