import { describe, expect, test } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import { numbered, queryTree } from '../../src/sandbox/api/query-tree.ts';
import { createThrottle } from '../../src/sandbox/api/throttle.ts';
import { glob } from '../../src/sandbox/glob.ts';
import { planSandbox } from '../../src/sandbox/options.ts';
import { createTimeline } from '../../src/sandbox/timeline.ts';

/** A clock that stands still until it is moved. */
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
  test('let a burst through, then as many as flow in', () => {
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
  test('shows what was so', () => {
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

  test('forgets what no stale read can reach', () => {
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
  test('orders numbers as numbers and keeps odd names as they are', () => {
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

  test('undefined is absent', () => {
    expect(planSandbox({ instances: undefined, healthCheck: { path: undefined as never } })).toMatchObject({
      instances: 3,
      healthCheck: { path: '/health', interval: 1_000 },
    });
  });
});
