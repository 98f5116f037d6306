import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { parseRedisUrl } from '../../src/config/redis-url.ts';
import { holdLease } from '../../src/record/lease.ts';
import { openRedisStore } from '../../src/stores/redis/index.ts';
import type { Store } from '../../src/stores/store.ts';
import { killNow, lineOf, startChild } from '../support/children.ts';
import { errorOf } from '../support/expect-advice.ts';
import { needs } from '../support/needs.ts';
import { certificate, RIGHTS, startCluster, startSentinel } from '../support/redis-places.ts';
import { freePort, REDIS, RedisServer } from '../support/redis-server.ts';
import { entry, goal, holder, leaseOf } from '../support/store-samples.ts';

const MINUTE = 60_000;
const OPENER = new URL('../support/redis-store-opener.ts', import.meta.url);
const DEPLOY = ['--user', 'deploy', 'on', '>p@ss', '~turnout:*', ...RIGHTS];
/** What a client may ask of a sentinel, and no more. */
const SENTINEL = '+@connection +sentinel|get-master-addr-by-name +sentinel|sentinels +subscribe allchannels';
const WATCHER = ['--user', 'watcher', 'on', '>eyes', ...SENTINEL.split(' ')];

const folder = mkdtempSync(join(tmpdir(), 'turnout-tls-'));
afterAll(() => rmSync(folder, { recursive: true }));

const opened: Store[] = [];
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});

function open(url: string, environment = 'shop', timeoutMs = 2000): Store {
  const server = parseRedisUrl(url)!;
  const store = openRedisStore({ environment, clock: systemClock, server, prefix: 'turnout', timeoutMs });
  opened.push(store);
  return store;
}

async function works(store: Store): Promise<void> {
  const lease = leaseOf(await store.acquire(holder('r1'), MINUTE));
  await store.putGoal(lease, goal('r1'));
  expect(await store.goal()).toEqual(goal('r1'));
  await store.log(entry('r1', '2026-01-01T10:00:00.000Z'));
  expect(await store.history(5)).toHaveLength(1);
  await store.release(lease);
}

/** Trusts a certificate in this process for the rest of the test, as NODE_EXTRA_CA_CERTS does it from the start. */
function trust(text: string): void {
  const before = getCACertificates('default');
  setDefaultCACertificates([...before, text]);
  onTestFinished(() => setDefaultCACertificates(before));
}

describe.runIf(REDIS !== undefined)('a Redis cluster', () => {
  it('keeps all of an environment on one node, whichever is asked first', async () => {
    await using cluster = await startCluster(3);
    const places = cluster.all.map(({ port }) => `127.0.0.1:${port}`);
    const environments = ['shop', 'blog', 'wiki', 'mail', 'news', 'jobs'];
    for (const [index, environment] of environments.entries())
      await works(open(`redis+cluster://${places[index % places.length]}`, environment));
    const sizes = await Promise.all(cluster.all.map((node) => node.call('DBSIZE')));
    expect(sizes.filter((size) => Number(size) > 0).length).toBeGreaterThan(1);
    for (const environment of environments) {
      const tag = `*{${environment}}*`;
      const keys = await Promise.all(cluster.all.map((node) => node.call('KEYS', tag)));
      expect(keys.filter((found) => (found as string[]).length > 0)).toHaveLength(1);
    }
  }, 40_000);

  it('that does not exist is reported as such, in time', async () => {
    const url = `redis+cluster://127.0.0.1:${await freePort()}`;
    expect(await errorOf(open(url, 'shop', 1000).held())).toMatchObject({ code: 'store-unreachable' });
  });
});

describe.runIf(REDIS !== undefined)('a Redis behind Sentinel', () => {
  it('is found as a user with no other rights, and found again when its replica takes over', async () => {
    await using group = await startSentinel({ users: DEPLOY, watchers: WATCHER });
    const { master, sentinel } = group;
    const rights = 'sentinelUsername=watcher&sentinelPassword=eyes';
    const store = open(`redis+sentinel://deploy:p%40ss@127.0.0.1:${sentinel.port}/shop?${rights}`, 'shop', 1000);
    const lease = await holdLease(store, holder('r1'), { ttlMs: MINUTE, clock: systemClock });
    await store.putGoal(lease.lease, goal('r1'));
    expect(await master.call('CLIENT', 'LIST')).toContain('user=deploy');
    expect(await sentinel.call('CLIENT', 'LIST')).toContain('user=watcher');
    await expect.poll(() => group.all[1]!.call('EXISTS', 'turnout:{shop}:goal')).toBe(1);
    await master.kill();
    await expect.poll(async () => store.goal().catch(() => undefined), { timeout: 40_000 }).toEqual(goal('r1'));
    await lease.doing('register 3 instances');
    await lease.check();
    expect((await store.held())?.doing).toBe('register 3 instances');
    await lease.release();
  }, 60_000);

  it('that no sentinel knows, or whose sentinels are gone, is reported as such', async () => {
    const port = await freePort();
    const error = await errorOf(open(`redis+sentinel://127.0.0.1:${port}/shop`, 'shop', 1000).held());
    expect(error).toMatchObject({ code: 'store-unreachable' });
  });
});

describe.runIf(REDIS !== undefined)('a Redis behind TLS', () => {
  it('is used by a process that trusts its certificate, and by no other', async (context) => {
    needs(context, 'openssl', 'openssl');
    const { args, file } = certificate(folder);
    await using redis = await new RedisServer(...args, ...DEPLOY).start();
    const url = redis.url.replace('//', '//deploy:p%40ss@');
    const error = await errorOf(open(url).held());
    expect(error).toMatchObject({ code: 'store-untrusted', next: [expect.stringContaining('NODE_EXTRA_CA_CERTS')] });
    process.env['NODE_EXTRA_CA_CERTS'] = file;
    const child = startChild(OPENER, url, 'hold', String(MINUTE));
    delete process.env['NODE_EXTRA_CA_CERTS'];
    expect(Number(await lineOf(child))).toBeGreaterThan(0);
    await killNow(child);
    const plain = await errorOf(open(url.replace('rediss', 'redis'), 'shop', 1000).held());
    expect(plain).toMatchObject({ code: expect.stringMatching(/^store-(unreachable|silent)$/) });
  });

  it('may be a cluster', async (context) => {
    needs(context, 'openssl', 'openssl');
    const { args, text } = certificate(folder);
    await using cluster = await startCluster(1, ...args);
    trust(text);
    await works(open(`rediss+cluster://127.0.0.1:${cluster.all[0]!.port}`));
    expect(await cluster.all[0]!.call('KEYS', '*')).toContain('turnout:{shop}:journal');
  }, 40_000);

  it('may be behind Sentinel', async (context) => {
    needs(context, 'openssl', 'openssl');
    const { args, text } = certificate(folder);
    await using group = await startSentinel({ users: DEPLOY, args });
    trust(text);
    await works(open(`rediss+sentinel://deploy:p%40ss@127.0.0.1:${group.sentinel.port}/shop`));
    expect(await group.master.call('KEYS', '*')).toContain('turnout:{shop}:journal');
  }, 40_000);
});
