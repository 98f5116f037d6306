import { expect, test } from 'vitest';
import { reportHtml } from '../../src/views/report/html.ts';
import { AT, samples } from '../../tools/docs/samples.ts';

test('the page of a run that failed has its reason and what can be done next', () => {
  const next = ['`turnout rollback` reverts it', '`turnout status` shows <what> is where'];
  const finished = { ...samples.finished, result: 'failed', message: 'Failed. i-1 is <sick>.', next } as const;
  const frames = [samples.started, finished].map((event, n) => ({ at: AT + n * 1000, event, pools: [] }));
  const page = reportHtml({ run: 'r1', environment: 'shop', frames, samples: [] });
  expect(page).toContain('<b>failed</b>: Failed. i-1 is &lt;sick&gt;.');
  expect(page).toContain('<b>Next</b>: `turnout rollback` reverts it<br>`turnout status` shows &lt;what&gt; is where');
});

test('the page has the last word of each gate at each share, with its reason', () => {
  const said = { type: 'verdict', gate: 'client', percent: 50, dryRun: false, numbers: {} } as const;
  const events = [
    { ...said, verdict: 'inconclusive', why: 'too few' },
    { ...said, verdict: 'fail', why: '21 of <603> requests' },
    { ...said, gate: 'pages', verdict: 'fail', why: 'in ALARM', dryRun: true },
    { ...said, percent: 100, verdict: 'inconclusive', why: 'no data' },
  ] as const;
  const frames = [samples.started, ...events].map((event, n) => ({ at: AT + n * 1000, event, pools: [] }));
  const page = reportHtml({ run: 'r1', environment: 'shop', frames, samples: [] });
  const rows = [...page.matchAll(/<tr class="(\w+)">(.*?)<\/tr>/g)].map(([, kind, row = '']) => [
    kind,
    row
      .replaceAll(/<[^>]+>/g, ' ')
      .trim()
      .split(/ {2,}/)
      .join(' | '),
  ]);
  expect(rows).toEqual([
    ['failed', '50 % | client | fail | 21 of &lt;603&gt; requests'],
    ['verdict', '50 % | pages (dry run) | fail | in ALARM'],
    ['undone', '100 % | client | inconclusive | no data'],
  ]);
  expect(page).toContain('<th>verdict</th>');
});
