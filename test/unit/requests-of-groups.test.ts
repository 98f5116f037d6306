import { describe, expect, test } from 'vitest';
import { codeOf } from '../crash/outcome.ts';
import { ATTACHED, SCALED, type Kind } from '../support/little/kinds.ts';
import type { Start } from '../support/little/scene.ts';
import { Site } from '../support/little/site.ts';
import { tellRun } from '../support/little/story.ts';

/** Requests to AWS do not grow with Auto Scaling groups, except for pages: counted, in invented time. */

type Verb = 'up' | 'promote' | 'rollback' | 'cleanup';

const RUNS: readonly (readonly [Verb, Start, object])[] = [
  ['up', 'blue', { release: '42' }],
  ['promote', 'green', {}],
  ['rollback', 'promoted', {}],
  ['cleanup', 'promoted', { wait: true }],
];

/** By operation. */
async function requestsOf(kind: Kind, [verb, start, wish]: (typeof RUNS)[number], size: number) {
  const run = await new Site({ start, groups: 1, size }, { kind }).run(verb, wish);
  expect(codeOf(run), tellRun(run)).toBe('done');
  const groups = Map.groupBy(run.process.calls, ({ name }) => name);
  return Object.fromEntries([...groups].map(([name, calls]) => [name, calls.length]));
}

describe.each([...SCALED, ATTACHED])('groups, $traffic', (kind) => {
  test.each(RUNS)('%s', async (...run) => {
    expect(await requestsOf(kind, run, 20)).toEqual(await requestsOf(kind, run, 2));
  });
});

/** Ids in one request for instances, and those of the two fleets. */
const PAGE = 200;
const MANY = 1000;

test.each(RUNS.filter(([verb]) => verb === 'promote' || verb === 'rollback'))('%s of a thousand', async (...run) => {
  const [kind] = SCALED;
  const { DescribeInstances: few = 0, ...small } = await requestsOf(kind, run, 2);
  // The quota of targets is asked for from some size on.
  const { DescribeInstances: many, DescribeAccountLimits: quota, ...large } = await requestsOf(kind, run, MANY);
  expect(large).toEqual(small);
  expect(quota).toBe(1);
  expect(many).toBeLessThanOrEqual(few * ((2 * MANY) / PAGE));
});
