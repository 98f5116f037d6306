/** Many instances follow many releases, while they are killed, requests fail, and bundles are exchanged in the bucket. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { BucketOfReleases } from '../../src/releases/bucket.ts';
import { bundleOf, FollowedApp, freshFolder, openFollower, published } from '../support/follow-world.ts';
import { MemoryObjects, withRequests } from '../support/memory-objects.ts';

const [FOLLOWERS, RELEASES] = process.env['TURNOUT_MATRIX'] === 'whole' ? [50, 20] : [8, 5];

vi.setConfig({ testTimeout: 600_000 });

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = Math.trunc(state + 0x6d_2b_79_f5);
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

class Member {
  readonly folder = freshFolder();
  readonly id: string;
  readonly #objects: MemoryObjects;
  #left = Infinity;
  readonly app = new FollowedApp(this.folder, () => this.#spend());

  constructor(id: string, objects: MemoryObjects) {
    this.id = id;
    this.#objects = objects;
  }

  /** One life of the process: it looks twice, and is killed after that many operations. */
  async live(operations: number): Promise<void> {
    this.#left = operations;
    const objects = withRequests(this.#objects, () => this.#spend());
    const bucket = new BucketOfReleases(objects, 'shop');
    const follower = openFollower({ instance: this.id, bucket }, this.folder, this.app, systemClock, () =>
      this.#spend(),
    );
    await (async () => {
      await follower.start();
      await follower.look();
      await follower.look();
    })().catch(() => undefined);
    this.#left = Infinity;
  }

  linked(): string | undefined {
    const file = path.join(this.folder, 'current/app/release');
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  }

  #spend(): void {
    this.#left -= 1;
    if (this.#left < 0) throw new Error('killed');
  }
}

async function permit(bucket: BucketOfReleases, id: string, name: string): Promise<void> {
  const [content, found] = [await bucket.release(name), await bucket.permit(id)];
  const before = found === 'same' ? undefined : found;
  const number = (before?.value.number ?? 0) + 1;
  await bucket.givePermit(id, { ...content, number, token: name, at: 'now', state: 'given' }, before?.object);
}

test('each ends on the release that it was permitted to run, and no bundle ever runs that was not verified', async () => {
  const seed = Math.floor(Math.random() * 1_000_000);
  const random = chance(seed);
  const objects = new MemoryObjects();
  const bucket = new BucketOfReleases(objects, 'shop');
  const members = Array.from({ length: FOLLOWERS }, (_, n) => new Member(`i-${n}`, objects));
  const names = Array.from({ length: RELEASES }, (_, n) => `r${n}`);
  await bucket.movePointer(await published(bucket, names[0]!), undefined, { at: 'now', by: 'me' });
  for (const name of names) {
    const { sha256 } = await published(bucket, name);
    const key = `shop/bundles/${sha256}`;
    const [whole, evil] = [bundleOf(name).bytes, bundleOf('evil').bytes];
    for (const member of members) {
      if (name !== names[0]) await permit(bucket, member.id, name);
      objects.contents.set(key, random() < 0.3 ? evil : whole);
      if (random() < 0.2) member.app.sick.add(name);
      for (let lives = 0; lives < 2; lives += 1)
        await member.live(random() < 0.6 ? Math.floor(random() * 60) : Infinity);
      expect([...names, undefined], `seed ${seed}`).toContain(member.linked());
      member.app.sick.clear();
    }
    objects.contents.set(key, whole);
  }
  const last = names.at(-1)!;
  for (const member of members) {
    await member.live(Infinity);
    // What has failed was told; whoever deploys permits it again.
    if (member.app.answers !== last) await permit(bucket, member.id, last);
    await member.live(Infinity);
    expect([member.app.answers, member.linked()], `${member.id}, seed ${seed}`).toEqual([last, last]);
    expect(names, `seed ${seed}`).toEqual(expect.arrayContaining(member.app.begun));
    rmSync(member.folder, { recursive: true });
  }
});
