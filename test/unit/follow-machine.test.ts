/** What a machine does to `turnout follow`: its clock jumps, its disk is full, and its role gets new credentials. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test, type TestContext } from 'vitest';
import { systemClock, type Clock } from '../../src/clock.ts';
import { OperatorError } from '../../src/errors.ts';
import { BucketOfReleases } from '../../src/releases/bucket.ts';
import { withRenewal } from '../../src/releases/renewed.ts';
import {
  bundleOf,
  FOLLOWED,
  FollowedApp,
  freshFolder,
  openFollower,
  permitted,
  published,
} from '../support/follow-world.ts';
import { MemoryObjects, withRequests } from '../support/memory-objects.ts';
import { mountSmallDisk, type SmallDisk } from '../support/small-disk.ts';

test('what time it is is never asked: a clock that jumps by hours, either way, changes nothing', async () => {
  const { bucket, folder, app, report } = await permitted(bundleOf('42'));
  const clock: Clock = {
    ...systemClock,
    now: () => {
      throw new Error('the time of day was asked for');
    },
  };
  const follower = openFollower({ instance: FOLLOWED, bucket, withinMs: 50 }, folder, app, clock);
  await follower.start();
  app.sick.add('42');
  await follower.look();
  expect([app.answers, (await report())?.progress?.state]).toEqual(['41', 'failed']);
});

test('credentials that AWS has rejected are asked for again, whatever the clock says of their end', async () => {
  const objects = new MemoryObjects();
  let opened = 0;
  const renewed = withRenewal(() => {
    const number = (opened += 1);
    return withRequests(objects, () => {
      if (number === 1) throw new OperatorError('bad-credentials', 'AWS rejected the credentials: ExpiredToken.');
      if (number === 2 && objects.contents.size === 0) throw new Error('an outage');
    });
  });
  const bucket = new BucketOfReleases(renewed, 'shop');
  await expect(bucket.pointer()).rejects.toThrow('ExpiredToken');
  await expect(bucket.pointer()).rejects.toThrow('an outage');
  objects.contents.set('other', Buffer.from(''));
  expect([await bucket.pointer(), opened]).toEqual([undefined, 2]);
});

const DISK_BYTES = 512 * 1024;
/** Once as it is downloaded, and once unpacked: together they fill the disk. */
const BUNDLE_BYTES = 300 * 1024;
const FULL = /no space left|disk is full/i;

/** Skips where no file system can be had that is soon full. */
function smallDisk(folder: string, { skip }: Pick<TestContext, 'skip'>): SmallDisk {
  const disk = mountSmallDisk(folder, DISK_BYTES);
  if (disk === undefined) return skip('this user may not mount a tmpfs, so no disk is really full here');
  onTestFinished(() => disk[Symbol.dispose]());
  return disk;
}

describe('a disk that is really full', () => {
  test.for([
    ['before the download', 0],
    ['while it is unpacked', BUNDLE_BYTES],
  ] as const)('%s: the last good release stays, and it goes on once there is room', async ([, bytes], context) => {
    const folder = path.join(freshFolder(), 'disk');
    const disk = smallDisk(folder, context);
    const bucket = new BucketOfReleases(new MemoryObjects(), 'shop');
    const app = new FollowedApp(folder);
    await bucket.movePointer(await published(bucket, '41'), undefined, { at: 'now', by: 'me' });
    const open = async () => {
      const follower = openFollower({ instance: FOLLOWED, bucket }, folder, app, systemClock);
      await follower.start();
      return follower;
    };
    await (await open()).look();
    const bundle = bundleOf('42', bytes);
    await bucket.publish(bundle.content, bundle.bytes);
    const permit = { ...bundle.content, number: 1, token: 't', at: 'now', state: 'given' } as const;
    await bucket.givePermit(FOLLOWED, permit, undefined);
    if (bytes === 0) disk.fill();
    const follower = await open();
    await expect(follower.look()).rejects.toThrow(FULL);
    const report = async () => (await bucket.report(FOLLOWED))?.value;
    expect([app.answers, (await report())?.problem]).toEqual(['41', expect.stringMatching(FULL)]);
    expect(readFileSync(path.join(folder, 'current/app/release'), 'utf8')).toBe('41');
    expect(readdirSync(path.join(folder, 'releases'))).toHaveLength(1);
    disk.empty();
    disk.grow(4 * DISK_BYTES);
    await follower.look();
    expect([app.answers, (await report())?.progress?.state]).toEqual(['42', 'done']);
  });
});
