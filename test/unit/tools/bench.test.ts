import { expect, test } from 'vitest';
import { depthOf, type Printed } from '../../../tools/bench/depth.ts';
import { judgedBeside } from '../../../tools/bench/groups.ts';
import { interleave, median } from '../../../tools/bench/interleave.ts';
import { withTables } from '../../../tools/bench/page.ts';
import { draw, startTable } from '../../../tools/bench/table.ts';

test.for([
  [[3], 3],
  [[1, 2], 1.5],
  [[1, 2, 9], 2],
  [[1, 2, 4, 9], 3],
] as const)('the median of %j is %d', ([numbers, middle]) => {
  expect(median(numbers)).toBe(middle);
});

test('a command that fails is an error', async () => {
  const candidate = {
    name: 'broken',
    command: process.execPath,
    args: ['-e', 'console.error("why"); process.exitCode = 3'],
  };
  await expect(interleave([candidate], 1)).rejects.toThrow('broken failed (exit 3): why');
});

test('round trips that overlap count once, and all that is asked during a wait counts once', () => {
  const second = (s: number): string => new Date(s * 1000).toISOString();
  const asked = (s: number, ms = 800) => ({ at: second(s), ms });
  const log = [asked(0), asked(0.1, 2500), asked(1), asked(4), asked(5), asked(6), asked(8)];
  const step = (type: 'step-started' | 'step-waiting' | 'step-done', s: number) =>
    ({ type, index: 0, at: second(s) }) as Printed;
  expect(depthOf(log, [])).toBe(6);
  expect(depthOf(log, [step('step-started', 3.9), step('step-done', 7)])).toBe(6);
  expect(depthOf(log, [step('step-started', 3.9), step('step-waiting', 4.5), step('step-done', 7)])).toBe(4);
});

test('timings keep the order of their candidates', async () => {
  const wait = (name: string, ms: number) => ({
    name,
    command: process.execPath,
    args: ['-e', `setTimeout(() => {}, ${ms})`],
  });
  const [slow, quick] = await interleave([wait('slow', 200), wait('quick', 0)], 1);
  expect([slow!.name, quick!.name]).toEqual(['slow', 'quick']);
  expect(slow!.median).toBeGreaterThanOrEqual(200);
});

test('the table reports which bounds are met', () => {
  const timing = { median: 100, fastest: 90, slowest: 120 };
  const rows = draw(
    startTable([
      { ...timing, name: 'node', times: 1, ok: true },
      { ...timing, name: '--help', times: 3, limit: 2.5, ok: false },
    ]),
  ).split('\n');
  expect(rows.find((row) => row.includes('--help'))).toMatch(/100\.0 ms .* 3\.00 .* 2\.50 .* not met/);
  expect(rows.find((row) => row.includes('│ node '))).not.toContain('met');
});

test('a page gets what was measured in the place for it, and keeps the rest', () => {
  const page = '# Speed\n\n<!-- bench: start -->\n\nold\n\n<!-- end -->\n\n<!-- bench: peers -->\nkept\n<!-- end -->\n';
  const grid = {
    head: ['what', 'ms'],
    rows: [
      ['a', '1'],
      ['b | c', '2'],
    ],
  };
  const written = withTables(page, new Map([['start', grid]]));
  expect(written).toContain('| what | ms |\n| --- | --- |\n| a | 1 |\n| b \\| c | 2 |');
  expect(written).not.toContain('old');
  expect(written).toContain('kept');
  expect(withTables(written, new Map([['start', grid]]))).toBe(written);
  expect(() => withTables(page, new Map([['rolling', grid]]))).toThrow('no place for "rolling"');
});

test('requests may grow by pages and by waiting, and what grows with the groups otherwise is named', () => {
  const small = { name: 'up', size: 2, limitMs: 100, ms: 110, requests: { DescribeInstances: 5, CreateTags: 1 } };
  const large = (requests: Readonly<Record<string, number>>) =>
    judgedBeside({ ...small, size: 200, requests: { ...small.requests, ...requests } }, small).faults;
  expect(large({ DescribeInstances: 12, DescribeAccountLimits: 1 })).toEqual([]);
  expect(large({ DescribeInstances: 13, CreateTags: 2 })).toEqual(['DescribeInstances grows', 'CreateTags grows']);
  expect(judgedBeside({ ...small, ms: 116 }, small).faults).toEqual(['slower than 1.15 x the limit']);
});
