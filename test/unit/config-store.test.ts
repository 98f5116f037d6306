import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/read.ts';
import { parseRedisUrl, redisName } from '../../src/config/redis-url.ts';
import { resolveConfig } from '../../src/config/resolve.ts';
import { mistakesIn, shownFor, withLines } from '../support/config.ts';

function storeOf(text: string, env = {}) {
  const read = readConfig('shop.yml', withLines(text), env);
  if ('problems' in read) throw new Error(read.shown);
  return resolveConfig(read.data, '/srv/shop/config/shop.yml').store;
}

describe('a store on Redis', () => {
  it('is known by its URL', () => {
    expect(
      storeOf('store: { kind: redis, url: "${REDIS_URL}" }', { REDIS_URL: 'rediss://ann:s3cret@cache:7000/2' }),
    ).toEqual({
      kind: 'redis',
      server: {
        mode: 'single',
        hosts: [{ host: 'cache', port: 7000 }],
        tls: true,
        username: 'ann',
        password: 's3cret',
        db: 2,
      },
      prefix: 'turnout',
      ttlMs: 60_000,
    });
  });

  it('needs one, and some time', () => {
    expect(mistakesIn(withLines('store: { kind: redis, ttl: 900ms }'))).toEqual([
      expect.stringMatching(/^store\.url: expected a URL such as redis:.*; found nothing: the key is missing$/),
      'store.ttl: expected a duration of 1s or more; found "900ms"',
    ]);
  });

  it('keeps its password out of all messages, in whatever form it was written', () => {
    for (const url of [
      'redis://ann:s3cret@cache:port',
      'redis://ann:s3/cr@et@cache',
      'http://ann:s3cret@cache',
      'redis+sentinel://a/?sentinelPassword=s3cret',
    ]) {
      const shown = shownFor(withLines('store:', '  kind: redis', `  url: ${url}`));
      expect(shown).toContain('store.url');
      expect(shown).not.toMatch(/s3|ann/);
      const given = shownFor(withLines('store:', '  kind: redis', '  url: ${URL}'));
      expect(given).not.toMatch(/s3|ann/);
    }
    expect(shownFor(withLines('store: { kind: redis, url: "redis://ann:s3cret@cache", prefix: "{}" }')))
      .toMatchInlineSnapshot(`
        "config/shop.yml has a mistake:

        config/shop.yml:9:64  store.prefix
          expected letters, digits and . _ : - / (at most 64); found "{}"
             9 | store: { kind: redis, url: "redis://***@cache", prefix: "{}" }
               |                                                         ^^^^"
      `);
  });
});

describe('a URL of Redis', () => {
  const single = { mode: 'single', hosts: [{ host: 'cache', port: 6379 }], tls: false, db: 0 };

  it.each([
    ['redis://cache', single],
    ['valkey://cache:6379/', single],
    ['redis://:p%40ss@cache', { ...single, password: 'p@ss' }],
    ['redis://cache?db=3', { ...single, db: 3 }],
    ['valkeys://cache', { ...single, tls: true }],
    ['redis://[::1]:7000', { ...single, hosts: [{ host: '::1', port: 7000 }] }],
    ['unix:///run/redis.sock?db=1', { mode: 'single', hosts: [], socket: '/run/redis.sock', tls: false, db: 1 }],
    [
      'redis+sentinel://ann:pw@a:1,b/main/2?sentinelPassword=x%26y',
      {
        mode: 'sentinel',
        hosts: [
          { host: 'a', port: 1 },
          { host: 'b', port: 26_379 },
        ],
        name: 'main',
        tls: false,
        db: 2,
        username: 'ann',
        password: 'pw',
        sentinelPassword: 'x&y',
      },
    ],
    [
      'rediss+cluster://a,b:7000',
      {
        mode: 'cluster',
        hosts: [
          { host: 'a', port: 6379 },
          { host: 'b', port: 7000 },
        ],
        tls: true,
        db: 0,
      },
    ],
  ])('%s', (url, server) => {
    expect(parseRedisUrl(url)).toEqual(server);
  });

  it.each([
    'cache:6379',
    'http://cache',
    'redis://',
    'redis://a,b',
    'redis://cache:0',
    'redis://cache:70000',
    'redis://cache/one',
    'redis://cache/1/2',
    'redis://cache?password=x',
    'redis://ann:%zz@cache',
    'redis+sentinel://a,b',
    'redis+cluster://a/1',
    'unix://cache/run/redis.sock',
    'unix:///',
  ])('is not %s', (url) => {
    expect(parseRedisUrl(url)).toBeUndefined();
  });

  it.each([
    ['rediss://ann:s3cret@cache:7000/2', 'rediss://cache:7000/2'],
    ['redis://:s3cret@[::1]', 'redis://[::1]:6379'],
    ['redis+sentinel://u:s3cret@a,b:2/main?sentinelPassword=s3cret', 'redis+sentinel://a:26379,b:2/main'],
    ['unix://u:s3cret@/run/redis.sock', 'unix:///run/redis.sock'],
  ])('is shown without secrets: %s', (url, shown) => {
    expect(redisName(parseRedisUrl(url)!)).toBe(shown);
  });
});

describe('a store on DynamoDB', () => {
  it('is a table, where the rest of AWS is or elsewhere', () => {
    expect(storeOf('store: { kind: dynamodb }')).toEqual({ kind: 'dynamodb', table: 'turnout', ttlMs: 60_000 });
    expect(
      storeOf('store: { kind: dynamodb, table: deploys, region: us-east-1, endpoint: "http://127.0.0.1:1" }'),
    ).toMatchObject({ table: 'deploys', region: 'us-east-1', endpoint: 'http://127.0.0.1:1' });
  });

  it('takes no keys of other stores', () => {
    expect(mistakesIn(withLines('store: { kind: dynamodb, url: x }'))).toEqual([
      expect.stringMatching(/^store\.url: expected one of kind, table, region, profile, endpoint, ttl; found url/),
    ]);
  });
});
