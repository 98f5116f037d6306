import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { jsonLine } from '../../src/views/json.ts';
import { statusData } from '../../src/views/status-json.ts';
import { createView } from '../../src/views/view.ts';
import { GENERATED } from '../../tools/docs.ts';
import { undocumented } from '../../tools/docs/lines.ts';
import { AT, commandSamples, samples } from '../../tools/docs/samples.ts';
import type { Line } from '../support/program.ts';
import { fakeStream, report, standingClock, story } from './views.samples.ts';

describe('docs/json.md', () => {
  test('is what its schemas say', () => {
    expect(readFileSync(path.resolve(import.meta.dirname, '../../docs/json.md'), 'utf8')).toBe(
      GENERATED['docs/json.md'](),
    );
  });

  test.each(Object.values(samples))('has all of $type', (sample) => {
    expect(undocumented(JSON.parse(jsonLine(sample, AT)) as Line)).toEqual([]);
  });

  test('has all of status', () => {
    expect(undocumented(JSON.parse(jsonLine(statusData(report()), AT)) as Line)).toEqual([]);
  });

  test.each(Object.entries(commandSamples))('has all of %s', (_command, line) => {
    expect(undocumented(JSON.parse(line) as Line)).toEqual([]);
  });

  test.each([
    ['of an unknown type', { type: 'startled' }],
    ['without its version', { v: undefined }],
    ['without its time', { at: undefined }],
    ['with an unknown field', { fields: 1 }],
    ['without a field', { who: undefined }],
    ['with an unknown verb', { verb: 'upp' }],
  ])('does not have a line %s', (_what, change) => {
    const line = JSON.parse(jsonLine(samples.started, AT)) as Line;
    expect(undocumented({ ...line, ...change })).toHaveLength(1);
  });
});

test('each line is an event with version and time, and nothing else is on stdout', async () => {
  const [stdout, stderr] = [fakeStream(), fakeStream()];
  const view = createView({ mode: 'json', stdout, stderr, stdin: fakeStream(), env: {}, clock: standingClock() });
  for (const event of story) view.emit(event);
  await view.close();
  const lines = stdout.text().trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
    story.map((event) => ({ v: 1, at: '2026-11-22T02:10:31.000Z', ...event })),
  );
  expect(stderr.text()).toBe('');
});

test('no question is asked: the answer is no, written as an event', async () => {
  const stdout = fakeStream();
  const view = createView({
    mode: 'json',
    stdout,
    stderr: fakeStream(),
    stdin: fakeStream(),
    env: {},
    clock: standingClock(),
  });
  expect(await view.confirm('Move production to 42?')).toBe(false);
  expect(JSON.parse(stdout.text())).toMatchObject({
    type: 'warning',
    message: expect.stringContaining('--yes') as string,
  });
});

test('status is one line', () => {
  const line = jsonLine(statusData(report()), AT);
  expect(line).not.toContain('\n');
  expect(JSON.parse(line)).toMatchObject({ v: 1, type: 'status', rollback: { ready: true } });
});

test('waits are reported at a pace: no line for each look', async () => {
  const [stdout, stderr, stdin, clock] = [fakeStream(), fakeStream(), fakeStream(), standingClock()];
  const view = createView({ mode: 'json', stdout, stderr, stdin, env: {}, clock });
  view.emit({ type: 'step-started', index: 0, title: 'wait' });
  for (let n = 0; n <= 6000; n += 1) {
    view.emit({ type: 'step-waiting', index: 0, have: Math.floor(n / 10), want: 600, word: 's passed', waiting: [] });
    clock.advance(100);
  }
  await view.close();
  const lines = stdout
    .text()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  expect(lines.length).toBeLessThan(70);
  const times = lines.map(({ at }) => Date.parse(String(at)));
  expect(Math.max(...times.slice(1).map((at, n) => at - times[n]!))).toBeLessThanOrEqual(60_000);
  expect(lines.at(-1)).toMatchObject({ have: 600 });
});
