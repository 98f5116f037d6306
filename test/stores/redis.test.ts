import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { parseRedisUrl } from '../../src/config/redis-url.ts';
import { holdLease } from '../../src/record/lease.ts';
import { openRedisStore } from '../../src/stores/redis/index.ts';
import type { Store } from '../../src/stores/store.ts';
import { RIGHTS } from '../support/redis-places.ts';
import { freePort, needsRedis, REDIS, RedisServer } from '../support/redis-server.ts';
import { errorOf } from '../support/expect-advice.ts';
import { entry, goal, holder, leaseOf } from '../support/store-samples.ts';

const MINUTE = 60_000;
const LOST = { code: 'lease-lost', exitCode: 5 };

it('finds a server to test with', (context) => {
  needsRedis(context);
  expect(REDIS).toBeDefined();
});

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each[Symbol.asyncDispose]();
});

async function server(...args: readonly string[]): Promise<RedisServer> {
  const started = new RedisServer(...args);
  opened.push(started);
  return started.start();
}

function open(url: string, timeoutMs = 1000): Store {
  const store = openRedisStore({
    environment: 'shop',
    clock: systemClock,
    server: parseRedisUrl(url)!,
    prefix: 'turnout',
    timeoutMs,
  });
  opened.push({ [Symbol.asyncDispose]: () => store.close() });
  return store;
}

async function works(store: Store): Promise<void> {
  const lease = leaseOf(await store.acquire(holder('r1'), MINUTE));
  await store.putGoal(lease, goal('r1'));
  expect(await store.goal()).toEqual(goal('r1'));
  await store.release(lease);
}

describe.runIf(REDIS !== undefined)('a Redis that fails', () => {
  it('frozen: the holder stops before its next change, and says why', async () => {
    const redis = await server();
    const lease = await holdLease(open(redis.url, 300), holder('r1'), { ttlMs: 1000, clock: systemClock });
    await lease.check();
    redis.signal('SIGSTOP');
    await expect.poll(() => lease.lost.aborted, { timeout: 3000 }).toBe(true);
    await expect(lease.check()).rejects.toMatchObject({ ...LOST, message: expect.stringContaining('not be renewed') });
    redis.signal('SIGCONT');
    await lease.release();
  });

  it('frozen for a moment: nothing is lost', async () => {
    const redis = await server();
    const lease = await holdLease(open(redis.url, 300), holder('r1'), { ttlMs: 4000, clock: systemClock });
    redis.signal('SIGSTOP');
    await systemClock.sleep(1700);
    redis.signal('SIGCONT');
    await systemClock.sleep(2500);
    await lease.check();
    expect(lease.lost.aborted).toBe(false);
    await lease.release();
  });

  it('killed and started again with its data: the lease, the goal and the run live on', async () => {
    const redis = await server('--appendonly', 'yes', '--appendfsync', 'always');
    const store = open(redis.url, 500);
    const lease = await holdLease(store, holder('r1'), { ttlMs: 3000, clock: systemClock });
    await store.putGoal(lease.lease, goal('r1'));
    await redis.kill();
    await redis.start();
    await lease.doing('register 3 instances');
    await lease.check();
    expect(await open(redis.url).held()).toMatchObject({ doing: 'register 3 instances', fence: lease.lease.fence });
    expect(await store.goal()).toEqual(goal('r1'));
    await lease.release();
  });

  it('killed and started again without its data: the holder stops, and no fence is given out twice', async () => {
    const redis = await server();
    const lease = await holdLease(open(redis.url, 500), holder('r1'), { ttlMs: 3000, clock: systemClock });
    await redis.kill();
    await redis.start();
    const other = open(redis.url);
    const later = leaseOf(await other.acquire(holder('r2'), MINUTE));
    expect(later.fence).toBeGreaterThan(lease.lease.fence);
    await expect.poll(() => lease.lost.aborted, { timeout: 3000 }).toBe(true);
    await expect(lease.check()).rejects.toMatchObject({
      ...LOST,
      message: expect.stringContaining('no longer has it'),
    });
    await lease.release();
    expect((await other.held())?.holder.run).toBe('r2');
  });

  it('dead: the first use says so, at once, and names the server without its password', async () => {
    const port = await freePort();
    const begun = performance.now();
    const error = await errorOf(open(`redis://ann:s3cret@127.0.0.1:${port}`, 5000).held());
    expect(performance.now() - begun).toBeLessThan(4000);
    expect(error).toMatchObject({ code: 'store-unreachable', exitCode: 2 });
    expect(error.message).toMatch(new RegExp(`^The store redis://127.0.0.1:${port} cannot be reached .*ECONNREFUSED`));
    expect(JSON.stringify(error)).not.toContain('s3cret');
  });

  it('silent: it is waited for, but not for long', async () => {
    const redis = await server();
    const store = open(redis.url, 300);
    await store.held();
    redis.signal('SIGSTOP');
    expect(await errorOf(store.held())).toMatchObject({ code: 'store-silent' });
    redis.signal('SIGCONT');
    await expect.poll(async () => store.held().then(() => 'an answer')).toBe('an answer');
  });

  it('full: says so, and what is there stays', async () => {
    const redis = await server();
    const store = open(redis.url);
    const lease = leaseOf(await store.acquire(holder('r1'), MINUTE));
    await redis.configure('maxmemory', '1');
    expect(await errorOf(store.putGoal(lease, goal('r1')))).toMatchObject({ code: 'store-full' });
    expect(await errorOf(store.log(entry('r1', '2026-01-01T10:00:00.000Z')))).toMatchObject({ code: 'store-full' });
    await redis.configure('maxmemory', '0');
    expect((await store.held())?.holder.run).toBe('r1');
  });
});

describe.runIf(REDIS !== undefined)('who may use a Redis', () => {
  it('is a user with these rights and no others', async () => {
    const redis = await server();
    await redis.call('ACL', 'SETUSER', 'deploy', 'on', '>p@ss/w:rd', '~turnout:*', ...RIGHTS);
    await redis.call('ACL', 'SETUSER', 'default', 'off');
    const store = open(redis.url.replace('//', '//deploy:p%40ss%2Fw%3Ard@'));
    await works(store);
    await store.log(entry('r1', '2026-01-01T10:00:00.000Z'));
    expect(await store.history(5)).toHaveLength(1);
  });

  it('rejects a wrong or missing password, and never shows one', async () => {
    const redis = await server('--requirepass', 's3cret');
    const wrong = await errorOf(open(redis.url.replace('//', '//:s3creX@')).held());
    expect(wrong).toMatchObject({ code: 'store-denied', message: expect.stringContaining('WRONGPASS') });
    const none = await errorOf(open(redis.url).held());
    expect(none).toMatchObject({ code: 'store-denied' });
    expect(`${wrong.message} ${none.message}`).not.toMatch(/s3cre/);
    await works(open(redis.url.replace('//', '//:s3cret@')));
  });

  it('says which command the user may not run', async () => {
    const redis = await server();
    await redis.call('ACL', 'SETUSER', 'reader', 'on', '>pw', '~turnout:*', '+@read', '+@connection');
    const error = await errorOf(open(redis.url.replace('//', '//reader:pw@')).held());
    expect(error).toMatchObject({ code: 'store-denied', message: expect.stringContaining('NOPERM') });
  });
});

describe.runIf(REDIS !== undefined)('where a Redis may be', () => {
  it('behind a socket, in another database', async () => {
    const redis = await server();
    await works(open(`unix://${redis.socket}?db=3`));
    expect(await redis.call('DBSIZE')).toBe(0);
  });
});
