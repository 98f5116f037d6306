import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { jsonLine } from '../../src/views/json.ts';
import { statusData, statusJson } from '../../src/views/status-json.ts';
import { createView } from '../../src/views/view.ts';
import { AT, fakeStream, report, samples, standingClock, story } from './views.samples.ts';

const docs = readFileSync(path.resolve(import.meta.dirname, '../../docs/json.md'), 'utf8');

/** The page's part under a heading, up to the next heading of any level. */
function section(heading: string): string {
  return docs.split(/^#+ /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
}

/** Names of all fields, those of objects within lists too. Maps by pool or release are no fields. */
function fieldsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(fieldsOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name === 'shop-production' || /^\d+$/.test(name) ? [] : [name, ...fieldsOf(inner)],
  );
}

describe('docs/json.md', () => {
  test.each(Object.values(samples))('has $type with every field and an example that is real', (sample) => {
    const text = section(`\`${sample.type}\``);
    const missing = fieldsOf({ ...sample, type: undefined }).filter(
      (field) => field !== 'type' && !text.includes(`\`${field}\``),
    );
    expect(missing).toEqual([]);
    const example = /```json\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
    expect(JSON.parse(example)).toEqual(JSON.parse(jsonLine(sample, AT)));
  });

  test('has no event that there is not', () => {
    const named = [...docs.matchAll(/^### `([^`]+)`$/gm)].map(([, type]) => type);
    expect(named).toEqual(Object.keys(samples));
  });

  test('has every field of status', () => {
    const { lease: _lease, goal: _goal, last: _last, ...data } = statusData(report());
    const text = section('`status`');
    const marks = new Set(['current', 'promoted']);
    const missing = fieldsOf(data).filter((field) => !marks.has(field) && !text.includes(`\`${field}\``));
    expect(missing).toEqual([]);
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

test('nobody is asked: the answer is no, said as an event', async () => {
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
  const line = statusJson(report());
  expect(line).not.toContain('\n');
  expect(JSON.parse(line)).toMatchObject({ v: 1, type: 'status', rollback: { ready: true } });
});
