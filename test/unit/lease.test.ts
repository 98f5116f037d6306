import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { holdLease, type HeldLease } from '../../src/record/lease.ts';
import { openFileStore } from '../../src/stores/file.ts';
import type { Store } from '../../src/stores/store.ts';
import { goal, holder } from '../support/store-samples.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const TTL = 60_000;
const LOST = { code: 'lease-lost', exitCode: 5 };

let folder: string;
let clock: VirtualClock;
let file: Store;
/** Renewals that the store was asked for. */
let renewals: number;
/** What happens to a renewal in the place of the store's own answer. */
let trouble: (() => Promise<boolean>) | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'turnout-lease-'));
  clock = new VirtualClock();
  file = openFileStore(join(folder, 'shop.db'), { environment: 'shop', clock });
  renewals = 0;
  trouble = undefined;
});
afterEach(async () => {
  await file.close();
  rmSync(folder, { recursive: true });
});

const hold = (run = 'r1'): Promise<HeldLease> => {
  const store = Object.create(file) as Store;
  store.acquire = (who, ttlMs) => file.acquire(who, ttlMs);
  store.release = (lease) => file.release(lease);
  store.dequeue = (who) => file.dequeue(who);
  store.goal = () => file.goal();
  store.renew = (lease, ttlMs, doing) => {
    renewals++;
    return trouble ? trouble() : file.renew(lease, ttlMs, doing);
  };
  const since = new Date(clock.now()).toISOString();
  return holdLease(store, holder(run, { release: '42', since }), { ttlMs: TTL, clock });
};

describe('a lease that is held', () => {
  it('is renewed in the background', async () => {
    const lease = await hold();
    await clock.advance(10 * TTL);
    expect(renewals).toBe(30);
    expect((await file.held())?.fence).toBe(lease.lease.fence);
    await lease.check();
    await lease.release();
  });

  it('asks the store only when the last renewal is older than a tenth of the time to live', async () => {
    const lease = await hold();
    clock.jump(TTL / 10);
    await lease.check();
    expect(renewals).toBe(0);
    clock.jump(1);
    await lease.check();
    await lease.check();
    expect(renewals).toBe(1);
    await lease.release();
  });

  it('sends one renewal for concurrent checks', async () => {
    const lease = await hold();
    clock.jump(TTL / 2);
    await Promise.all([lease.check(), lease.check(), lease.check()]);
    expect(renewals).toBe(1);
    await lease.release();
  });

  it('shows the current step', async () => {
    const lease = await hold();
    await lease.doing('waiting for 3 targets');
    expect((await file.held())?.doing).toBe('waiting for 3 targets');
    await clock.advance(TTL);
    expect((await file.held())?.doing).toBe('waiting for 3 targets');
    await lease.release();
  });

  it('is free after its release, is not renewed any more and cannot be used', async () => {
    const lease = await hold();
    await lease.release();
    expect(await file.held()).toBeUndefined();
    await expect(lease.check()).rejects.toMatchObject(LOST);
    await clock.advance(TTL);
    expect(renewals).toBe(0);
    expect(clock.sleeping).toBe(0);
    expect(lease.lost.aborted).toBe(false);
  });

  it('does not keep the process alive', () => {
    const source = (name: string) => new URL(`../../src/${name}`, import.meta.url).href;
    const script = `
      import { systemClock as clock } from '${source('clock.ts')}';
      import { holdLease } from '${source('record/lease.ts')}';
      import { openFileStore } from '${source('stores/file.ts')}';
      const store = openFileStore(${JSON.stringify(join(folder, 'other.db'))}, { environment: 'shop', clock });
      await holdLease(store, { run: 'r1', pid: process.pid }, { ttlMs: 3600000, clock });`;
    const { status, signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 20_000 });
    expect({ status, signal }).toEqual({ status: 0, signal: null });
  });
});

describe('a lease that another run holds', () => {
  it('is refused, with everything known about the holder', async () => {
    const first = await hold('r1');
    await file.putGoal(first.lease, goal('r1', 2));
    await first.doing('waiting for 3 targets to be healthy');
    clock.jump(1000);
    await expect(hold('r2')).rejects.toMatchObject({
      code: 'lease-held',
      exitCode: 2,
      message:
        `Another run holds the lease: promote of release 42, by ann@desk on desk (process ${process.pid}), for 1 s; ` +
        '2 of 6 steps are done. Current step: waiting for 3 targets to be healthy.',
      next: [
        '`--wait 15m` waits for the lease.',
        '`turnout lock` shows the holder of the lease and the queue.',
        'If that process has ended, the lease expires in at most 59 s.',
        'If it hangs, `turnout unlock` releases its lease.',
      ],
    });
    await first.release();
  });
});

describe('a lease is lost', () => {
  it('by a process that was suspended, as it detects on waking', async () => {
    const lease = await hold();
    clock.jump(0.9 * TTL + 1);
    await expect(lease.check()).rejects.toMatchObject({ ...LOST, message: expect.stringContaining('for 54 s') });
    expect(renewals).toBe(0);
    expect(lease.lost.reason).toMatchObject(LOST);
    await expect(lease.check()).rejects.toMatchObject(LOST);
    await expect(lease.doing('on')).rejects.toMatchObject(LOST);
  });

  it('also when it is a timer that wakes first', async () => {
    const lease = await hold();
    clock.jump(2 * TTL);
    await clock.advance(0);
    expect(lease.lost.aborted).toBe(true);
    expect(renewals).toBe(0);
  });

  it('to a machine that slept, where the monotonic clock stood still', async () => {
    const lease = await hold();
    clock.setBy(TTL);
    await expect(lease.check()).rejects.toMatchObject(LOST);
  });

  it('to time that passed, although a clock was set back', async () => {
    const lease = await hold();
    clock.jump(TTL);
    clock.setBy(-TTL);
    await expect(lease.check()).rejects.toMatchObject(LOST);
  });

  it('but not by a clock that is set back', async () => {
    const lease = await hold();
    clock.setBy(-24 * 60 * TTL);
    await lease.check();
    await clock.advance(TTL);
    await lease.check();
    expect(lease.lost.aborted).toBe(false);
    await lease.release();
  });

  it('when the store says that another run holds it', async () => {
    const lease = await hold();
    await file.release(lease.lease);
    const other = await hold('r2');
    clock.jump(TTL / 5);
    await expect(lease.check()).rejects.toMatchObject({ ...LOST, message: expect.stringContaining('another run') });
    await lease.release();
    expect((await file.held())?.fence).toBe(other.lease.fence);
    await other.release();
  });

  it('and that is noticed without a check, too', async () => {
    const lease = await hold();
    await file.release(lease.lease);
    await clock.advance(TTL / 3);
    expect(lease.lost.reason).toMatchObject(LOST);
    expect(clock.sleeping).toBe(0);
  });

  it('when the store fails for too long, but not before', async () => {
    const lease = await hold();
    trouble = () => Promise.reject(new Error('no connection'));
    await clock.advance(0.9 * TTL);
    await lease.check();
    await clock.advance(1);
    await expect(lease.check()).rejects.toMatchObject(LOST);
  });

  it('when the store does not answer for too long', async () => {
    const lease = await hold();
    trouble = () => new Promise(() => undefined);
    clock.jump(TTL / 5);
    const checked = lease.check().catch((error: unknown) => error);
    await clock.advance(TTL);
    expect(await checked).toMatchObject(LOST);
    expect(renewals).toBe(1);
  });

  it('when the process was suspended while it asked', async () => {
    const lease = await hold();
    clock.jump(TTL / 5);
    trouble = async () => {
      clock.jump(TTL);
      return true;
    };
    await expect(lease.check()).rejects.toMatchObject(LOST);
  });
});
