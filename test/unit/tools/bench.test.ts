import { expect, test } from 'vitest';
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

test('the table reports what is too slow', () => {
  const timing = { median: 100, fastest: 90, slowest: 120 };
  const rows = draw(
    startTable([
      { ...timing, name: 'node', times: 1, ok: true },
      { ...timing, name: '--help', times: 3, limit: 2.5, ok: false },
    ]),
  ).split('\n');
  expect(rows.find((row) => row.includes('--help'))).toMatch(/100\.0 ms .* 3\.00 .* 2\.50 .* too slow/);
  expect(rows.find((row) => row.includes('│ node '))).not.toContain('slow');
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
