import { expect, test } from 'vitest';
import { NONE } from '../../../tools/meter/counts.ts';
import type { Failure, MeterResult, Sample } from '../../../tools/meter/counts.ts';
import type { TaskRow } from '../../../tools/demo/demo.ts';
import { liveLine, problems, report, table } from '../../../tools/demo/report.ts';

const latencyMs = { p50: 1, p90: 2, p99: 3, max: 4 };
const up: TaskRow = {
  task: 'up --release 42',
  result: 'done',
  expected: 'done',
  message: '42 is up',
  seconds: 5.25,
  awsRequests: 12,
  requests: { '42': 4, '9': 1, '41': 1000 },
  failed: 0,
  control: false,
};

function traffic(failures: readonly Failure[] = []): MeterResult {
  return { type: 'result', seconds: 6, total: NONE, failed: failures.length, latencyMs, failures };
}

test('the table has a row for each task, releases in order, and a row for all', () => {
  const rows = table(report([up, { ...up, task: 'promote' }], 2, traffic())).split('\n');
  expect(rows.find((row) => row.includes('up --release 42'))).toMatch(/5\.3 .* 12 .* 9: 1, 41: 1000, 42: 4 .* 0 /);
  expect(rows.find((row) => row.includes('all'))).toMatch(/6\.0 .* 24 /);
  expect(Math.max(...rows.map((row) => row.length))).toBe(80);
});

test('the result is ok only if every task was done and no request failed', () => {
  const failure = { id: 'meter-1-7', seconds: 1.5, connection: 'kept', why: 'HTTP 503' } as const;
  expect(report([up], 1, traffic()).ok).toBe(true);
  expect(report([up], 2, traffic()).ok).toBe(false);
  expect(report([{ ...up, result: 'undone' }], 1, traffic()).ok).toBe(false);
  expect(report([up], 1, traffic([failure])).ok).toBe(false);
  expect(problems(report([up], 1, traffic()))).toEqual([]);
  expect(problems(report([{ ...up, result: 'undone' }], 1, traffic([failure])))).toEqual([
    'up --release 42: undone: 42 is up',
    'request meter-1-7 at 1.5 s (kept): HTTP 503',
  ]);
});

test('a control without failed requests is a problem', () => {
  const control = { ...up, task: 'deploy in traffic', control: true };
  const failure = { id: 'meter-1-7', seconds: 1.5, connection: 'kept', why: 'HTTP 502' } as const;
  expect(report([up, { ...control, failed: 1 }], 2, traffic([failure])).ok).toBe(true);
  expect(problems(report([up, control], 2, traffic()))).toEqual(['deploy in traffic: no request failed']);
  expect(
    report(
      [
        { ...up, failed: 1 },
        { ...control, failed: 1 },
      ],
      2,
      traffic([failure, failure]),
    ).ok,
  ).toBe(false);
});

test('the live line shows the traffic by release and all failures so far', () => {
  const total = { ...NONE, httpErrors: 2, transportErrors: 1 };
  const sample: Sample = { type: 'sample', seconds: 1, total, byRelease: { '42': 5, '41': 45 }, failed: 1, latencyMs };
  expect(liveLine('promote', sample)).toMatch(/^promote +41 ▇+ 45 {2}42 ▇ 5 {2}p99 3 ms {2}failed 3 \(\+1\)$/);
});
