import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { scenario } from '../support/rig.ts';

/** The value of an output, as GitHub's runner reads the file; the last one counts. */
function output(text: string, name: string): string | undefined {
  return [...text.matchAll(new RegExp(`^${name}<<(\\S+)\\n([^]*?)\\n\\1$`, 'gm'))].at(-1)?.[2];
}

scenario('a job on GitHub is told outputs, a summary and annotations', async ({ rig }) => {
  const shop = await rig({ instances: 1, config: { store: '{ kind: file, inCi: true }' } });
  const [outputs, summary] = [path.join(shop.folder, 'out'), path.join(shop.folder, 'sum')];
  const github = {
    GITHUB_ACTIONS: 'true',
    GITHUB_OUTPUT: outputs,
    GITHUB_STEP_SUMMARY: summary,
    TURNOUT_WHO: 'ann@shop/7',
  };
  const run = async (command: string, more: Readonly<Record<string, string>> = {}) =>
    shop.start(command, { ...github, ...more }).ended;
  const last = async (name: string): Promise<string | undefined> => output(await readFile(outputs, 'utf8'), name);

  const up = await run('up --release 42 --yes --json --summary mine.md');
  expect(up.stderr).toBe('');
  const ended = up.lines.at(-1) as unknown as { readonly run: string; readonly testUrls: readonly string[] };
  expect(ended).toMatchObject({ result: 'done', release: '42', testUrls: [`${shop.sandbox.test[0]!.url}/`] });
  expect(await last('test-url')).toBe(ended.testUrls[0]);
  expect(await last('run')).toBe(ended.run);
  const text = await readFile(summary, 'utf8');
  expect(text).toMatch(/^### turnout up 42 in shop\n\n\*\*Done\.\*\* 42 is healthy/);
  expect(await readFile(path.join(shop.folder, 'mine.md'), 'utf8')).toBe(text);

  const refused = await run('promote --release 43 --yes');
  expect(refused.stderr.match(/^::error title=turnout promote in shop::/gm)).toHaveLength(1);
  expect([await last('result'), await last('release'), await last('exit-code')]).toEqual(['refused', '43', '2']);
  const promoted = await run('promote --yes');
  // Whether it waits for the tags of `up` to show depends on how soon it comes.
  const waited =
    /^::warning title=turnout promote in shop::Waiting (under )?\d+ s, until a run with another store .*\n/;
  expect(promoted.stderr.replace(waited, '')).toBe('');
  expect([await last('result'), await last('release')]).toEqual(['done', '42']);

  const misspelt = await run('promote --relese 43');
  expect(misspelt.stderr).toMatch(/^::error title=turnout::`turnout promote` does not know --relese\./m);
  expect(await last('code')).toBe('usage');
  // What a hook starts is part of the run that has the hook.
  for (const nested of ['rollback --yes', 'rollback --relese 43'])
    expect((await run(nested, { TURNOUT_LEASE: 'x:1' })).stderr).not.toContain('::error');
  expect(await last('code')).toBe('usage');
  expect((await readFile(summary, 'utf8')).match(/^### /gm)).toHaveLength(4);
  expect(await shop.task('rollback --summary /nowhere/x.md', 'refused')).toMatchObject({ code: 'usage' });
  await shop.expectNoFailures();
});
