/** `turnout follow` is killed at each operation on the disk, each request, and each word with the app; then it starts again. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Follower } from '../../src/follow/follower.ts';
import { BucketOfReleases } from '../../src/releases/bucket.ts';
import { FollowedApp, freshFolder, openFollower, published, bundleOf } from '../support/follow-world.ts';
import { MemoryObjects, withRequests } from '../support/memory-objects.ts';

const INSTANCE = 'i-1';
/** Without TURNOUT_MATRIX=whole each fifth point, from a place by chance. */
const EACH = process.env['TURNOUT_MATRIX'] === 'whole' ? 1 : 5;

class Killed extends Error {}

/** One instance and its bucket, and the process that follows there. */
class World {
  readonly objects = new MemoryObjects();
  readonly bucket = new BucketOfReleases(this.objects, 'shop');
  readonly folder = freshFolder();
  operations: string[] = [];
  #killAt = Infinity;
  readonly app = new FollowedApp(this.folder, (operation) => this.#count(operation));

  /** After that many operations the process does nothing more. */
  killAt(n: number): void {
    this.operations = [];
    this.#killAt = n;
  }

  open(): Follower {
    const bucket = new BucketOfReleases(
      withRequests(this.objects, (request) => this.#count(request)),
      'shop',
    );
    return openFollower({ instance: INSTANCE, bucket }, this.folder, this.app, systemClock, (operation) =>
      this.#count(operation),
    );
  }

  async permit(number: number, release: string): Promise<void> {
    const seen = await this.bucket.permit(INSTANCE);
    const over = seen === undefined || seen === 'same' ? undefined : seen.object;
    const content = await this.bucket.release(release);
    await this.bucket.givePermit(INSTANCE, { ...content, number, token: 't', at: 'now', state: 'given' }, over);
  }

  /** The release that a restart would run now. */
  linked(): string | undefined {
    const file = path.join(this.folder, 'current/app/release');
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  }

  #count(operation: string): void {
    this.operations.push(operation);
    if (this.operations.length > this.#killAt) throw new Killed(operation);
  }
}

async function run(follower: Follower): Promise<void> {
  await follower.start();
  await follower.look();
}

/** A process that is killed leaves its work where it is. */
async function killed(world: World, n: number): Promise<void> {
  world.killAt(n);
  await run(world.open()).catch((error: unknown) => {
    if (!(error instanceof Killed)) throw error;
  });
  world.killAt(Infinity);
}

type Setting = () => Promise<World>;

const firstBoot: Setting = async () => {
  const world = new World();
  await world.bucket.movePointer(await published(world.bucket, '41'), undefined, { at: 'now', by: 'me' });
  return world;
};

const withPermit: Setting = async () => {
  const world = await firstBoot();
  await run(world.open());
  await published(world.bucket, '42');
  await world.permit(1, '42');
  return world;
};

const SETTINGS: readonly (readonly [name: string, setting: Setting, ends: string, runs: readonly string[]])[] = [
  ['the first boot', firstBoot, '41', ['41']],
  ['a permit', withPermit, '42', ['41', '42']],
  [
    'a permit for a release that does not answer',
    async () => {
      const world = await withPermit();
      world.app.sick.add('42');
      return world;
    },
    '41',
    ['41', '42'],
  ],
  [
    'a permit for a bundle that was exchanged',
    async () => {
      const world = await withPermit();
      const { sha256 } = await world.bucket.release('42');
      world.objects.contents.set(`shop/bundles/${sha256}`, bundleOf('evil').bytes);
      return world;
    },
    '41',
    ['41'],
  ],
  [
    'the way back to a release that is on the disk',
    async () => {
      const world = await withPermit();
      await run(world.open());
      await world.permit(2, '41');
      return world;
    },
    '41',
    ['41', '42'],
  ],
];

describe.each(SETTINGS)('killed during %s', (_, setting, ends, runs) => {
  test('at every point: it ends on the same release, and what serves is always whole', async () => {
    const whole = await setting();
    whole.killAt(Infinity);
    await run(whole.open());
    const count = whole.operations.length;
    expect([whole.app.answers, count > 10]).toEqual([ends, true]);
    for (let n = Math.floor(Math.random() * EACH); n <= count; n += EACH) {
      const at = `killed before ${whole.operations[n] ?? 'the end'} (${n})`;
      const world = await setting();
      await killed(world, n);
      expect([...runs, undefined], at).toContain(world.linked());
      await run(world.open());
      await run(world.open());
      expect([world.app.answers, world.linked()], at).toEqual([ends, ends]);
      expect(runs, at).toEqual(expect.arrayContaining(world.app.begun));
      expect(existsSync(path.join(world.folder, 'incoming')), at).toBe(false);
      rmSync(world.folder, { recursive: true });
    }
    rmSync(whole.folder, { recursive: true });
  });
});

test('each operation on the disk, each request and its answer, and each word with the app is such a point', async () => {
  const world = await withPermit();
  world.killAt(Infinity);
  await run(world.open());
  for (const name of [
    'make the folder',
    'write the state',
    'rename the state',
    'make the state durable',
    'clear',
    'make the folder of what arrives',
    'begin the bundle',
    'write a part of the bundle',
    'make the bundle durable',
    'unpack',
    'make the release durable',
    'make the folder of releases',
    'rename the release',
    'make its name durable',
    'remove a link of before',
    'make the link',
    'rename the link',
    'make the link durable',
    'read shop/pointer.json',
    'answer of read shop/pointer.json',
    'read shop/permits/i-1.json',
    `stream shop/bundles/${bundleOf('42').content.sha256}`,
    'overwrite shop/reports/i-1.json',
    'answer of overwrite shop/reports/i-1.json',
    'restart',
    'after the restart',
    'ask the app',
  ])
    expect(world.operations).toContain(name);
});

test('killed again and again, each time a little later, it still arrives', async () => {
  const world = await withPermit();
  for (let n = 0; world.app.answers !== '42' && n < 100; n += 1) await killed(world, n);
  await run(world.open());
  expect([world.app.answers, world.linked()]).toEqual(['42', '42']);
});
