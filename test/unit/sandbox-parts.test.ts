import { describe, expect, test } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import { createMetadata } from '../../src/sandbox/api/metadata.ts';
import { numbered, queryTree } from '../../src/sandbox/api/query-tree.ts';
import { createThrottle } from '../../src/sandbox/api/throttle.ts';
import { glob } from '../../src/sandbox/glob.ts';
import { planSandbox } from '../../src/sandbox/options.ts';
import { createTimeline } from '../../src/sandbox/timeline.ts';

/** A clock that is advanced by `move` only. */
function stoppedClock(): Clock & { move(ms: number): void } {
  let now = 0;
  return {
    now: () => now,
    monotonic: () => now,
    sleep: () => Promise.reject(new Error('nobody sleeps')),
    move: (ms) => void (now += ms),
  };
}

describe('token buckets', () => {
  test('admit a burst, then the refill rate', () => {
    const clock = stoppedClock();
    const throttle = createThrottle(clock, true);
    const admitted = (count: number) =>
      Array.from({ length: count }, () => throttle.admit('elbv2', 'DescribeTargetHealth')).filter(Boolean).length;
    // ELB's documented bucket for reads: 40 tokens, 10 a second.
    expect(admitted(60)).toBe(40);
    clock.move(1_000);
    expect(admitted(60)).toBe(10);
    clock.move(60_000);
    expect(admitted(60)).toBe(40);
    expect(throttle.admit('elbv2', 'RegisterTargets')).toBe(true);
    throttle.enabled = false;
    expect(admitted(60)).toBe(60);
  });
});

describe('a timeline', () => {
  test('returns earlier values', () => {
    const clock = stoppedClock();
    const timeline = createTimeline<string>(clock);
    timeline.set('a', 'one');
    clock.move(100);
    timeline.set('a', 'two');
    timeline.set('b', 'new');
    clock.move(10);
    timeline.set('a', undefined);
    expect(timeline.get('a')).toBeUndefined();
    expect(timeline.get('a', 5)).toBe('two');
    expect(timeline.get('a', 50)).toBe('one');
    expect(timeline.get('a', 500)).toBeUndefined();
    expect(timeline.values()).toEqual(['new']);
    expect(timeline.values(50)).toEqual(['one']);
  });

  test('removes values that no stale read can reach', () => {
    const clock = stoppedClock();
    const timeline = createTimeline<number>(clock);
    for (let n = 0; n < 1_000; n += 1) {
      timeline.set('a', n);
      clock.move(1_000);
    }
    expect(timeline.get('a', 1_000)).toBe(999);
    expect(timeline.get('a', 100_000)).toBe(900);
    expect(timeline.get('a', 900_000)).toBeUndefined();
  });
});

describe('wildcards', () => {
  test.each([
    ['web-*', 'web-1', true],
    ['web-*', 'db', false],
    ['w?b', 'web', true],
    ['w?b', 'wb', false],
    ['a.b', 'axb', false],
    ['a.*', 'a.b', true],
    ['a*.b', 'axb', false],
    ['\\*', '*', true],
    ['\\*', 'x', false],
    ['(*', '(a', true],
    ['*', 'two\nlines', true],
    ['*é', 'café', true],
  ])('%s and %s: %s', (pattern, text, matches) => {
    expect(glob(pattern)(text)).toBe(matches);
  });
});

describe('the tree of a query', () => {
  test('orders numeric keys as numbers and keeps unusual names', () => {
    const tree = queryTree(new URLSearchParams('Id.10=j&Id.2=b&Id.1=a&__proto__.x=1'));
    expect(numbered(tree.children.get('Id')!).map((node) => node.value)).toEqual(['a', 'b', 'j']);
    expect(tree.children.get('__proto__')?.children.get('x')?.value).toBe('1');
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });
});

describe('options', () => {
  test('have defaults, and one zone becomes two for the load balancer', () => {
    expect(planSandbox({})).toMatchObject({
      release: '41',
      releases: [
        { release: '41', behaviour: 'ok' },
        { release: '42', behaviour: 'ok' },
      ],
      zones: ['eu-west-1a', 'eu-west-1b'],
      production: [{ name: 'production-production', port: 8080 }],
      throttle: false,
    });
    const one = planSandbox({
      zones: ['b'],
      region: 'us-east-1',
      release: '7',
      releases: [{ release: '8', behaviour: 'sick' }],
    });
    expect(one.zones).toEqual(['us-east-1b']);
    expect(one.allZones).toEqual(['us-east-1b', 'us-east-1a']);
    expect(one.releases).toEqual([
      { release: '7', behaviour: 'ok' },
      { release: '8', behaviour: 'sick' },
    ]);
  });

  test('undefined options get their defaults', () => {
    expect(planSandbox({ instances: undefined, healthCheck: { path: undefined as never } })).toMatchObject({
      instances: 3,
      healthCheck: { path: '/health', interval: 1_000 },
    });
  });
});

const NO_BODY = { body: '', bytes: () => new Uint8Array() };

test('an instance gets metadata with its token, until the token expires', () => {
  const clock = stoppedClock();
  const machine = { zone: 'eu-west-1a', address: '127.1.0.4', release: '41' };
  const machines = [
    { ...machine, id: 'i-1', state: 'running' as const },
    { ...machine, id: 'i-2', state: 'running' as const },
    { ...machine, id: 'i-3', state: 'stopped' as const },
  ];
  const find = (id: string) => machines.find((one) => one.id === id);
  const metadata = createMetadata({ find, at: () => undefined, watch: () => () => {} }, clock);
  const ask = (method: string, path: string, headers: Readonly<Record<string, string>> = {}) =>
    metadata({ method, path: `/_turnout/metadata/${path}`, headers, query: new URLSearchParams(), ...NO_BODY });
  const token = (id: string, seconds: string) =>
    ask('PUT', `${id}/latest/api/token`, { 'x-aws-ec2-metadata-token-ttl-seconds': seconds });
  const key = { 'x-aws-ec2-metadata-token': token('i-1', '60')?.body ?? '' };
  expect(ask('GET', 'i-1/latest/meta-data/instance-id', key)).toEqual({ status: 200, body: 'i-1' });
  expect(ask('GET', 'i-1/latest/meta-data/placement/availability-zone', key)?.body).toBe('eu-west-1a');
  expect(ask('GET', 'i-1/latest/meta-data/none', key)?.status).toBe(404);
  expect(ask('GET', 'i-1/latest/meta-data/instance-id')?.status).toBe(401);
  expect(ask('GET', 'i-2/latest/meta-data/instance-id', key)?.status).toBe(401);
  expect([token('i-1', '0'), token('i-1', '21601'), token('i-3', '60')].map((one) => one?.status)).toEqual([
    400, 400, 404,
  ]);
  clock.move(60_000);
  expect(ask('GET', 'i-1/latest/meta-data/instance-id', key)?.status).toBe(401);
});
