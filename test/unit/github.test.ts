import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test as base } from 'vitest';
import { alsoTelling, readersOf, type Readers } from '../../src/commands/ci.ts';
import type { RunEvent } from '../../src/run/event.ts';
import { annotation, outputText, summaryText } from '../../src/views/github.ts';
import { samples } from '../../tools/docs/samples.ts';
import { story } from './views.samples.ts';

const test = base.extend<{ folder: string }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest wants a destructured first argument
  folder: async ({}, use) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'turnout-github-'));
    await use(folder);
    await rm(folder, { recursive: true });
  },
});

/** What a view and the annotations are told. */
function telling(readers: Omit<Readers, 'annotate'> = {}) {
  const [shown, lines]: [RunEvent[], string[]] = [[], []];
  const emit = alsoTelling(
    { emit: (event) => shown.push(event) },
    { ...readers, annotate: (line) => lines.push(line) },
  );
  return { shown, lines, emit };
}

/** As the runner reads the file: names with what is between the delimiters. */
function outputsIn(text: string): Readonly<Record<string, string>> {
  const parts = [...text.matchAll(/^([\w-]+)<<(\S+)\n([^]*?)\n\2\n/gm)];
  expect(parts.map(([all]) => all).join('')).toBe(text);
  return Object.fromEntries(parts.map(([, name = '', , value = '']) => [name, value]));
}

test('warnings and the ending are annotations, each once, in one line', () => {
  const { lines, emit } = telling();
  const warning: RunEvent = { type: 'warning', message: '50% gone\nby now' };
  for (const event of [samples.started, warning, warning, samples['step-failed']]) emit(event);
  emit({ ...samples.finished, result: 'undone', exitCode: 3, message: 'It is as it was.' });
  expect(lines).toEqual([
    '::warning title=turnout promote in production::50%25 gone%0Aby now',
    '::error title=turnout promote in production::It is as it was.',
  ]);
  expect(annotation('error', 'a: b, c%', 'x')).toBe('::error title=a  b  c ::x');
});

test('a run that goes well annotates nothing', () => {
  const { lines, emit } = telling();
  emit(samples.started);
  emit(samples.finished);
  expect(lines).toEqual([]);
});

test('outputs have every field, whatever is in it', () => {
  const message = 'first\nresult<<end\nrefused\nend';
  const text = outputText(
    samples.started,
    { ...samples.finished, message, testUrls: ['http://a', 'http://b'] },
    'end-1',
  );
  expect(outputsIn(text)).toEqual({
    result: 'done',
    code: 'done',
    'exit-code': '0',
    message,
    run: '7f3a9c',
    environment: 'production',
    release: '42',
    proven: '100',
    'test-url': 'http://a',
    'test-urls': 'http://a\nhttp://b',
  });
  const { run: _, release: _1, proven: _2, testUrls: _3, ...bare } = samples.finished;
  expect(outputsIn(outputText(undefined, bare, 'end-1'))).toMatchObject({ run: '', release: '', 'test-url': '' });
});

test('the summary is the run in Markdown', () => {
  expect(summaryText(story, { ...samples.finished, next: ['`turnout rollback` moves it_back'] }))
    .toMatchInlineSnapshot(`
    "### turnout promote 42 in production

    **Done.** Production is on 42: 3/3 healthy in shop-production.

    **Try it at**

    - <http://test.shop.example.com:8081>

    **Next**

    - \`turnout rollback\` moves it\\_back

    **Warnings**

    - AWS throttles: it is asked less often.

    |   | step | time |
    | -: | --- | --- |
    | 1 | register 3 instances of 42 with shop-production | 1 s |
    | 2 | wait until 3 instances of 42 are healthy in shop-production | 6 s |
    | 3 | deregister 3 instances of 41 from shop-production | already done |

    <sub>run 7f3a9c · by alice@ci · account 123456789012, eu-west-1 · 13 s, 34 AWS requests · proven by 100 answers in a row</sub>

    "
  `);
});

test('the summary of a plan has its steps, and that of a failure says which failed', () => {
  const failed: RunEvent[] = [...story.slice(0, 5), samples['step-failed'], samples.undoing];
  const text = summaryText(failed, { ...samples.finished, result: 'undone', code: 'undone', exitCode: 3 });
  expect(text).toContain('**Undone.** Production is on 42');
  expect(text).toContain('(`undone`)');
  expect(text).toMatch(/\| 2 \| wait until .* \| failed: only 2 of 3 were healthy/);
  expect(text).toContain('| 3 | undoing: 42 did not become healthy');
  const planned = summaryText(story.slice(0, 2), { ...samples.finished, result: 'planned', code: 'planned' });
  expect(planned).toContain('| 3 | deregister 3 instances of 41 from shop-production | about 1 s |');
});

test('the files of the job are added to, and the file of --summary is written anew', async ({ folder }) => {
  const [outputs, jobSummary, summary] = ['out', 'job', 'sum'].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const _ of [1, 2]) {
    const { shown, emit } = telling({ outputs, jobSummary, summary });
    for (const event of story) emit(event);
    expect(shown).toEqual(story);
  }
  const once = await readFile(summary, 'utf8');
  expect(once).toMatch(/^### turnout promote 42 in production\n/);
  expect(await readFile(jobSummary, 'utf8')).toBe(once + once);
  expect((await readFile(outputs, 'utf8')).match(/^run<</gm)).toHaveLength(2);
});

test('a file that cannot be written is a warning before the end, and the run ends as it did', () => {
  const { shown, emit } = telling({ outputs: '/nowhere/out' });
  emit(samples.finished);
  expect(shown).toMatchObject([
    {
      type: 'warning',
      message: expect.stringMatching(/^The end of this run was not written to \/nowhere\/out: ENOENT/),
    },
    samples.finished,
  ]);
});

test('GitHub is told only where it is there', () => {
  expect(readersOf({})).toEqual({});
  expect(readersOf({ GITHUB_ACTIONS: 'true', GITHUB_OUTPUT: 'o', GITHUB_STEP_SUMMARY: 's' }, 'mine')).toEqual({
    annotate: expect.any(Function),
    outputs: 'o',
    jobSummary: 's',
    summary: 'mine',
  });
});
