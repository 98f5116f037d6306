import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { openFileStore } from '../../src/stores/file.ts';
import { startDynalite } from '../support/dynalite.ts';
import { changesIn } from '../support/fences.ts';
import { finished } from '../support/program.ts';
import { needsRedis, REDIS, RedisServer } from '../support/redis-server.ts';
import { scenario, type Rig } from '../support/rig.ts';
import { holder } from '../support/store-samples.ts';

/** Long enough for a busy machine to renew it in time, short enough to be waited for. */
const TTL = '4s';
const FILE = { store: `{ kind: file, ttl: ${TTL} }` };
const LOST = { result: 'failed', code: 'lease-lost', exitCode: 5 };

/** Takes the lease as another run would, as soon as it can be had, and gives it back. */
async function takeFrom(shop: Rig): Promise<void> {
  const store = openFileStore(shop.storePath, { environment: 'shop', clock: systemClock });
  const other = holder('another-run');
  await expect.poll(async () => 'lease' in (await store.acquire(other, 60_000)), { timeout: 20_000 }).toBe(true);
  await store.leave(other);
  await store.close();
}

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
    expect(passing).toMatchObject({ code: 'lease-held', message: expect.stringContaining('Waiting for it: cleanup') });
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
  scenario('suspended for longer than its lease: it notices on waking, and changes nothing more', async ({ rig }) => {
    const shop = await rig({ config: FILE, registration: 400 });
    await shop.task('up --release 42');
    const run = shop.start('promote --yes --json');
    await run.reaches('await-healthy shop-production');
    run.kill('SIGSTOP');
    await takeFrom(shop);
    shop.forgetRequests();
    run.kill('SIGCONT');
    expect(finished(await run.ended)).toMatchObject(LOST);
    expect(changesIn(shop.sandbox)).toEqual([]);
    expect(await shop.underWay()).toEqual({ goal: 'promote', lease: undefined });
    await shop.task('resume');
    expect(shop.where()['shop-production']).toBe('42 × 3');
    await shop.expectNoFailures();
  });

  scenario('a second signal ends it at once, and what is left is said', async ({ rig }) => {
    const shop = await rig();
    await shop.task('up --release 42');
    const slow = shop.slow('RegisterTargets', 5000);
    const run = shop.start('promote --yes --json');
    await run.reaches('register shop-production');
    run.kill('SIGINT');
    await run.line(({ type }) => type === 'warning');
    run.kill('SIGTERM');
    const ended = await run.ended;
    expect(ended.signal).toBe('SIGTERM');
    expect(ended.stderr).toMatch(/Ended at once\..*turnout resume.*\n.*lease/s);
    slow();
    await shop.task('resume');
    expect(shop.where()['shop-production']).toBe('42 × 3');
    await shop.expectNoFailures();
  });

  scenario('a closed terminal and a closed pipe do not end it half-way', async ({ rig }) => {
    const shop = await rig({ registration: 400 });
    await shop.task('up --release 42');
    const run = shop.start('promote --yes --json');
    await run.reaches('register shop-production');
    run.kill('SIGHUP');
    run.closePipe();
    run.kill('SIGHUP');
    expect(await run.ended).toMatchObject({ exitCode: 0, signal: null });
    expect(shop.where()).toEqual({ 'shop-production': '42 × 3', 'shop-test': '41 × 3' });
    await shop.expectNoFailures();
  });
});

/** The verbs in the journal, the newest first, with how they ended. */
async function journal(shop: Rig): Promise<readonly string[]> {
  const { lines } = await shop.run('history --json');
  return lines.map((line) => `${String(line['verb'])} ${String(line['outcome'])}`);
}

describe.concurrent('with a store that others can reach', () => {
  test('finds a Redis to test with', (context) => {
    needsRedis(context);
    expect(REDIS).toBeDefined();
  });

  scenario.runIf(REDIS !== undefined)(
    'Redis, killed and started again: the run goes on; frozen for longer than a lease lives: it stops',
    async ({ rig }) => {
      await using redis = await new RedisServer('--appendonly', 'yes', '--appendfsync', 'always').start();
      const store = `{ kind: redis, url: '${redis.url}', ttl: ${TTL} }`;
      const shop = await rig({ registration: 400, config: { store } });
      const up = shop.start('up --release 42 --yes --json');
      await up.reaches('await-healthy shop-test');
      await redis.kill();
      await redis.start();
      expect(finished(await up.ended)).toMatchObject({ result: 'done' });
      const promote = shop.start('promote --yes --json');
      await promote.reaches('await-healthy shop-production');
      redis.signal('SIGSTOP');
      expect(finished(await promote.ended)).toMatchObject(LOST);
      redis.signal('SIGCONT');
      await shop.task('resume --wait 30s');
      expect(shop.where()['shop-production']).toBe('42 × 3');
      expect(await journal(shop)).toContain('up done');
      await shop.expectNoFailures();
    },
  );

  scenario('DynamoDB: a run that was killed is gone on with, once its lease was watched', async ({ rig }) => {
    await using dynamodb = await startDynalite();
    const store = `{ kind: dynamodb, table: deploys, endpoint: '${dynamodb.url}', ttl: ${TTL} }`;
    const shop = await rig({ registration: 400, config: { store } });
    const before = await shop.task('up --release 42', 'refused');
    expect(before).toMatchObject({ code: 'store-missing', next: [expect.stringContaining('turnout store create')] });
    for (const said of [/^Made the table deploys/, /^The table deploys is there already/])
      expect((await shop.run('store create')).stdout).toMatch(said);
    await shop.task('up --release 42');
    const run = shop.start('promote --yes --json');
    await run.reaches('await-healthy shop-production');
    run.kill('SIGKILL');
    await run.ended;
    await shop.task('resume --wait 1m');
    expect(shop.where()['shop-production']).toBe('42 × 3');
    expect(await journal(shop)).toEqual(['promote done', 'promote running', 'up done']);
    await shop.expectNoFailures();
  });
});
