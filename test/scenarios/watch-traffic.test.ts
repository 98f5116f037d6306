import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { scenario } from '../support/rig.ts';

scenario('what clients get during a run is shown, judged and reported', async ({ rig }) => {
  const shop = await rig({ marker: 'json: release, answers: 20' });
  const [production] = shop.sandbox.production;
  await shop.task('up --release 42');
  const ended = await shop.run(
    `promote --watch-traffic ${production!.url}/ --fail-on-errors --report out.html --yes --json`,
  );
  expect(ended.exitCode).toBe(0);
  const seen = ended.lines.find(({ type }) => type === 'traffic') as unknown as Seen;
  expect(seen).toMatchObject({ failed: 0, failures: [] });
  expect(Object.keys(Object.assign({}, ...seen.timeline.map(({ releases }) => releases)))).toEqual(['41', '42']);
  expect(seen.requests).toBe(seen.timeline.reduce((sum, part) => sum + total(part.releases), 0));
  const html = await readFile(path.join(shop.folder, 'out.html'), 'utf8');
  expect(html).toMatch(
    /^<!doctype html>[^]*promote in shop[^]*<svg[^]*Answers by release[^]*Steps[^]*Targets of shop-production/,
  );
  expect(html, 'it needs nothing but itself').not.toMatch(/<script|<link|src=|@import/);

  const failed = await shop.run('rollback --watch-traffic http://127.0.0.1:1/ --fail-on-errors --yes --json');
  expect(failed.exitCode).toBe(3);
  const last = failed.lines.at(-1);
  expect(last).toMatchObject({ result: 'failed', code: 'clients-failed' });
  expect(last?.['message']).toMatch(/^41 serves production\..*But \d+ of \d+ requests to .* failed: .*ECONNREFUSED/);
  const text = await shop.run(`promote --watch-traffic ${production!.url}/ --yes`);
  expect(text.stdout).toMatch(
    /Clients of http.*: \d+ requests, 0 failed; p50 \d+ ms, p99 \d+ ms, max \d+ ms\n  41 .*\n  42 /,
  );
  for (const wrong of ['--fail-on-errors', '--watch-traffic shop']) {
    expect(await shop.task(`rollback ${wrong}`, 'refused')).toMatchObject({ code: 'usage' });
  }
  await shop.expectNoFailures();
});

interface Seen {
  readonly requests: number;
  readonly timeline: readonly { readonly releases: Readonly<Record<string, number>> }[];
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, n) => sum + n, 0);
}
