import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { nextOrder } from '../../src/follow/orders.ts';
import { BucketOfReleases } from '../../src/releases/bucket.ts';
import type { Permit, Pointer, Release } from '../../src/releases/records.ts';
import { errorOf } from '../support/expect-advice.ts';
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

const SHA = '0'.repeat(64);
const release = (name: string): Release => ({ release: name, sha256: SHA, size: 1 });
const permit = (number: number, state: Permit['state'] = 'given'): Permit => ({
  ...release('42'),
  number,
  state,
  token: 'run/1',
  at: '',
});
const pointer = (number: number): Pointer => ({ ...release('42'), number, at: 'now', by: 'me', history: [] });

describe('what an instance follows', () => {
  const fresh = { instance: FOLLOWED, permit: 0, pointer: 0 };
  const serving = { ...fresh, permit: 3, pointer: 5, runs: release('41') };

  test.each([
    ['nothing, where nothing was said', fresh, undefined, undefined, 'nothing'],
    ['the pointer, where nothing runs', fresh, undefined, pointer(5), 'pointer'],
    ['its permit rather than the pointer', fresh, permit(1), pointer(5), 'permit'],
    ['no pointer, where something runs', serving, undefined, pointer(6), 'nothing'],
    ['a new permit', serving, permit(4), pointer(5), 'permit'],
    ['no permit twice', serving, permit(3), pointer(5), 'nothing'],
    ['no permit that was withdrawn', serving, permit(4, 'withdrawn'), pointer(5), 'nothing'],
    ['no permit that is older than the last one', serving, permit(2), pointer(5), 'refuse'],
    ['nothing beside a pointer that is older than the last one', serving, permit(4), pointer(4), 'refuse'],
  ] as const)('%s', (_, state, given, points, expected) => {
    const verdict = nextOrder(state, { permit: given, pointer: points });
    const refused = verdict.do === 'refuse' && /is older than number \d, which was seen here/.test(verdict.why);
    expect(verdict.do === 'follow' ? verdict.order.kind : refused ? 'refuse' : verdict.do).toBe(expected);
    expect(refused).toBe(expected === 'refuse');
  });
});

describe('what passes is tried again', () => {
  test('half a download', async () => {
    const bundle = bundleOf('42');
    const { objects, follower, app, report } = await permitted(bundle);
    const key = `shop/bundles/${bundle.content.sha256}`;
    objects.contents.set(key, bundle.bytes.subarray(0, 20));
    await expect(follower.look()).rejects.toThrow(/Only 20 of \d+ bytes of the bundle arrived/);
    expect((await report())?.progress).toMatchObject({ state: 'working', why: /Only 20 of/ });
    objects.contents.set(key, bundle.bytes);
    await follower.look();
    expect(app.answers).toBe('42');
  });

  test.each([
    ['before the download', /write the state/],
    ['in the midst of it', /write a part/],
    ['while it is unpacked', /unpack/],
  ])('a full disk %s: the app keeps running, and the report says why', async (_, operations) => {
    const { bucket, folder, app, report } = await permitted(bundleOf('42'));
    let isFull = true;
    const full = (operation: string): void => {
      if (isFull && operations.test(operation)) throw new Error('ENOSPC: no space left on device, write');
    };
    const follower = openFollower({ instance: FOLLOWED, bucket }, folder, app, systemClock, full);
    await follower.start();
    await expect(follower.look()).rejects.toThrow('ENOSPC');
    expect([app.answers, (await report())?.problem]).toEqual(['41', expect.stringContaining('no space left')]);
    isFull = false;
    await follower.look();
    expect([app.answers, app.begun, (await report())?.problem]).toEqual(['42', ['41', '42'], undefined]);
  });

  test('a disk that is full once the release runs: it is not restarted again', async () => {
    const { bucket, folder, app } = await permitted(bundleOf('42'));
    const full = (operation: string): void => {
      if (app.answers === '42' && /write/.test(operation)) throw new Error('ENOSPC: no space left on device, write');
    };
    const follower = openFollower({ instance: FOLLOWED, bucket }, folder, app, systemClock, full);
    await follower.start();
    await expect(follower.look()).rejects.toThrow('ENOSPC');
    await expect(follower.look()).rejects.toThrow('ENOSPC');
    expect([app.answers, app.begun]).toEqual(['42', ['41', '42']]);
  });

  test('an outage of the bucket: what runs keeps running, and starts again after a reboot', async () => {
    const { objects, folder, app, follower } = await permitted(bundleOf('42'));
    await follower.look();
    app.answers = undefined;
    const away = new BucketOfReleases(
      withRequests(objects, () => {
        throw new Error('AWS could not be reached');
      }),
      'shop',
    );
    const rebooted = openFollower({ instance: FOLLOWED, bucket: away }, folder, app, systemClock);
    await rebooted.start();
    expect(app.answers).toBe('42');
    await expect(rebooted.look()).rejects.toThrow('AWS could not be reached');
    expect(app.begun).toEqual(['41', '42', '42']);
  });
});

describe('a release that does not answer', () => {
  test('is replaced by the last good one, and not tried again with the same permit', async () => {
    const { follower, app, folder, report } = await permitted(bundleOf('42'));
    app.sick.add('42');
    await follower.look();
    expect((await report())?.progress).toMatchObject({ state: 'failed', why: /answered 503 \(41 runs again\)/ });
    await follower.look();
    expect([app.answers, app.begun]).toEqual(['41', ['41', '42', '41']]);
    expect(readFileSync(path.join(folder, 'current/app/release'), 'utf8')).toBe('41');
  });

  test('at the first boot leaves nothing to be served, and is tried again', async () => {
    const bucket = new BucketOfReleases(new MemoryObjects(), 'shop');
    const folder = freshFolder();
    const app = new FollowedApp(folder);
    app.sick.add('41');
    await bucket.movePointer(await published(bucket, '41'), undefined, { at: 'now', by: 'me' });
    const told: string[] = [];
    const tell = (line: string) => void told.push(line);
    const follower = openFollower({ instance: FOLLOWED, bucket, tell }, folder, app, systemClock);
    await follower.start();
    await follower.look();
    await follower.look();
    expect([existsSync(path.join(folder, 'current')), follower.runs]).toEqual([false, undefined]);
    expect(app.begun).toEqual(['41', '41']);
    expect(told.filter((line) => /has failed/.test(line))).toEqual([
      'The pointer with number 1 has failed. answered 503',
    ]);
    app.sick.clear();
    await follower.look();
    expect([app.answers, follower.runs?.release]).toEqual(['41', '41']);
  });
});

test('an instance that was cloned from another one boots the current release, and nothing of the other', async () => {
  const { bucket, folder, app } = await permitted(bundleOf('42'));
  const seen = await bucket.pointer();
  if (seen === undefined || seen === 'same') throw new Error('no pointer');
  await bucket.movePointer(await bucket.release('42'), seen, { at: 'now', by: 'me' });
  app.answers = undefined;
  const clone = openFollower({ instance: 'i-2', bucket }, folder, app, systemClock);
  await clone.start();
  expect([existsSync(path.join(folder, 'current')), app.begun]).toEqual([false, ['41']]);
  await clone.look();
  expect(app.answers).toBe('42');
});

test('an app that was there before turnout follow is not restarted by the pointer: it may be in traffic', async () => {
  const bucket = new BucketOfReleases(new MemoryObjects(), 'shop');
  const folder = freshFolder();
  const app = new FollowedApp(folder);
  app.answers = '40';
  const content = await published(bucket, '41');
  await bucket.movePointer(content, undefined, { at: 'now', by: 'me' });
  for (let n = 0; n < 2; n += 1) {
    const follower = openFollower({ instance: FOLLOWED, bucket }, folder, app, systemClock);
    await follower.start();
    await follower.look();
  }
  expect([app.answers, app.begun]).toEqual(['40', []]);
  await bucket.givePermit(FOLLOWED, { ...content, number: 1, token: 't', at: 'now', state: 'given' }, undefined);
  const follower = openFollower({ instance: FOLLOWED, bucket }, folder, app, systemClock);
  await follower.start();
  await follower.look();
  expect([app.answers, app.begun]).toEqual(['41', ['41']]);
});

test('a state that cannot be read is no reason to guess what runs', async () => {
  const { bucket, folder, app } = await permitted(bundleOf('42'));
  writeFileSync(path.join(folder, 'state.json'), '{');
  const follower = openFollower({ instance: FOLLOWED, bucket }, folder, app, systemClock);
  expect(await errorOf(follower.start())).toMatchObject({ code: 'follow-state' });
  expect(app.begun).toEqual(['41']);
});

test('only so many releases stay on the disk, and the one that runs is among them', async () => {
  const { bucket, folder, app, follower } = await permitted(bundleOf('42'));
  await follower.look();
  for (const [number, name] of ['43', '44', '41'].entries()) {
    const seen = await bucket.permit(FOLLOWED);
    const content = await published(bucket, name);
    const before = seen === 'same' ? undefined : seen;
    await bucket.givePermit(
      FOLLOWED,
      { ...content, number: number + 2, token: name, at: 'now', state: 'given' },
      before?.object,
    );
    await follower.look();
  }
  expect(app.answers).toBe('41');
  expect(readdirSync(path.join(folder, 'releases'))).toHaveLength(2);
});
