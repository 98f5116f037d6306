import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { open } from '../support/redis-store-opener.ts';
import { needsRedis, REDIS, RedisServer } from '../support/redis-server.ts';
import { storeContract } from './store.contract.ts';

const given = process.env.REDIS_URL;
const server = new RedisServer();

const fresh = async () => `${given ?? server.url}#test-${randomUUID()}`;

it('finds a server to test with', (context) => {
  if (given === undefined) needsRedis(context);
  expect(given ?? REDIS).toBeDefined();
});

describe.runIf(given !== undefined || REDIS !== undefined)('on a real server', () => {
  beforeAll(async () => {
    if (given === undefined) await server.start();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  storeContract('redis', { opener: new URL('../support/redis-store-opener.ts', import.meta.url), fresh });

  it('says what kind of store it is', async () => {
    const store = await open(await fresh());
    expect(store.kind).toBe('redis');
    await store.close();
  });
});
