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
