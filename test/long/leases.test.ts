import path from 'node:path';
import { describe, expect } from 'vitest';
import { needs } from '../support/needs.ts';
import { finished } from '../support/program.ts';
import { poll } from '../support/poll.ts';
import { scenario } from '../support/rig.ts';
import { mountSmallDisk } from '../support/small-disk.ts';

/** Long enough for a busy machine to renew it in time, short enough to be waited for. */
const TTL = '4s';
const FILE = { store: `{ kind: file, ttl: ${TTL} }` };
const LOST = { result: 'failed', code: 'lease-lost', exitCode: 5 };

describe.concurrent('two runs at once', () => {
  scenario('the second waits for its turn, sees who is before it, and goes on when it may', async ({ rig }) => {
    const shop = await rig({ registration: 60_000 });
    const first = shop.start('up --release 42 --yes --json');
    await first.reaches('await-healthy shop-test');
    const second = shop.start('cleanup --discard --wait 2m --yes --json');
    expect(await second.line(({ type }) => type === 'queued')).toMatchObject({
      place: 1,
      ahead: [{ verb: 'up', release: '42', holds: true, doing: expect.stringContaining('healthy in shop-test') }],
    });
    const lock = JSON.parse((await shop.run('lock --json')).stdout) as { lease: object; queue: readonly object[] };
    expect(lock).toMatchObject({ lease: { holder: { verb: 'up', pid: first.pid } }, queue: [{ pid: second.pid }] });
    const passing = await shop.task('rollback', 'refused');
    expect(passing).toMatchObject({ code: 'lease-held', message: expect.stringContaining('In the queue: cleanup') });
    first.kill('SIGINT');
    expect(finished(await first.ended).result).toBe('interrupted');
    expect(finished(await second.ended)).toMatchObject({ result: 'done', exitCode: 0 });
    expect(shop.instancesOf('42')).toEqual([]);
    await shop.expectNoFailures();
  });

  scenario('one who is stopped while it waits leaves the queue', async ({ rig }) => {
    const shop = await rig({ registration: 60_000 });
    const first = shop.start('up --release 42 --yes --json');
    await first.reaches('await-healthy shop-test');
    const second = shop.start('cleanup --discard --wait 2m --yes --json');
    await second.line(({ type }) => type === 'queued');
    second.kill('SIGTERM');
    expect(finished(await second.ended)).toMatchObject({ result: 'interrupted', exitCode: 130 });
    const lock = JSON.parse((await shop.run('lock --json')).stdout) as { queue: readonly object[] };
    expect(lock.queue).toEqual([]);
    first.kill('SIGINT');
    await first.ended;
    await shop.expectNoFailures();
  });

  scenario('a lease that is taken away: its run stops before its next change', async ({ rig }) => {
    const shop = await rig({ registration: 60_000, config: FILE });
    const first = shop.start('up --release 42 --yes --json');
    await first.reaches('await-healthy shop-test');
    const asked = await shop.run('unlock');
    expect(asked).toMatchObject({ exitCode: 2, stdout: expect.stringContaining('up of 42') });
    expect((await shop.task('unlock')).message).toMatch(/^Took the lease \(fence 1\) from up of release 42/);
    expect(finished(await first.ended)).toMatchObject(LOST);
    expect((await shop.run('unlock --yes')).exitCode).toBe(2);
    await shop.task('cleanup --discard');
    expect(shop.instancesOf('42')).toEqual([]);
    await shop.expectNoFailures();
  });
});

describe.concurrent('a run that dies, or nearly', () => {
  scenario("whose store's disk is full: it is refused, or stops; with room again it goes on", async ({ rig, skip }) => {
    const shop = await rig({ config: { store: '{ kind: file, ttl: 2s }' } });
    using mounted = mountSmallDisk(path.dirname(shop.storePath), 128 * 1024);
    skip(mounted === undefined, 'this user may not mount a file system, which would be soon full');
    const disk = mounted!;
    await shop.task('up --release 42');
    await shop.healthyIn('shop-test', '42');

    disk.fill();
    shop.forgetRequests();
    const refused = await shop.task('promote', 'refused');
    expect(refused).toMatchObject({
      code: 'store-full',
      exitCode: 2,
      next: [expect.stringContaining('Free some disk space')],
    });
    expect(shop.changes).toEqual([]);
    expect((await shop.status()).lease).toBeNull();

    disk.empty();
    const promote = shop.start('promote --yes --json');
    await promote.reaches('await-healthy shop-production');
    const undo = shop.slow('DescribeTargetHealth', 3000);
    disk.fill();
    const ended = finished(await promote.ended);
    expect(ended).toMatchObject({ ...LOST, message: expect.stringMatching(/not be renewed.*the disk is full/) });
    undo();
    expect(await shop.status()).toMatchObject({ lease: null, goal: { verb: 'promote' } });
    disk.empty();
    await shop.task('resume');
    expect(shop.where()).toEqual({ 'shop-production': '42 × 3', 'shop-test': '41 × 3' });
    await shop.expectNoFailures();
  });

  scenario('a terminal that is closed in the middle does not end it half-way', async ({ rig, skip }) => {
    needs({ skip }, 'script', 'bsdutils');
    const shop = await rig({ registration: 400 });
    await shop.task('up --release 42');
    await shop.healthyIn('shop-test', '42');
    const slow = shop.slow('*Targets', 300);
    const terminal = shop.inTerminal('promote --yes');
    await poll(() => terminal.shown().includes('register 3 instances'), 'a plan on the terminal', 20_000);
    terminal.close();
    slow();
    const isOver = async (): Promise<boolean> => (await shop.underWay()).lease === undefined;
    await poll(isOver, 'the end of the run', 30_000);
    expect(shop.where()).toEqual({ 'shop-production': '42 × 3', 'shop-test': '41 × 3' });
    expect(await shop.underWay()).toEqual({ goal: undefined, lease: undefined });
    await shop.expectNoFailures();
  });
});
