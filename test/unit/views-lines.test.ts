import { expect, test } from 'vitest';
import type { RunEvent } from '../../src/run/event.ts';
import { createView } from '../../src/views/view.ts';
import { AT, samples } from '../../tools/docs/samples.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { fakeStream, standingClock, story, waiting } from './views.samples.ts';

function linesView() {
  const [stdout, stderr, stdin, clock] = [fakeStream(), fakeStream(), fakeStream(), standingClock()];
  const view = createView({ mode: 'lines', stdout, stderr, stdin, env: {}, clock });
  const step = (event: RunEvent, ms = 1000): void => {
    view.emit(event);
    clock.advance(ms);
  };
  return { view, stdout, stderr, step };
}

const tail = (text: string): string[] => text.trimEnd().split('\n');

test('a run that goes well', async () => {
  const { view, stdout, stderr, step } = linesView();
  for (const event of story) step(event);
  await view.close();
  expect(stdout.text()).toMatchInlineSnapshot(`
    "02:10:31Z promote 42 in production, by alice@ci (run 7f3a9c)

    Plan: 3 steps, about 12 s
      1  register 3 instances of 42 with shop-production                1 s
         i-0a, i-0b and i-0c
      2  wait until 3 instances of 42 are healthy in shop-production   10 s
      3  deregister 3 instances of 41 from shop-production              1 s
         i-01, i-02 and i-03

    In account 123456789012, eu-west-1

    Healthy in shop-production
      now      3  ███████████████│
      after 2  6  ███████████████│███████████████
      after 3  3  ███████████████│
                                 ╵ minimum 3

    Note  shop-test keeps a deregistration delay of 300 s.

    02:10:33Z [1/3] register 3 instances of 42 with shop-production
    02:10:34Z [1/3] done after 1 s
    02:10:35Z [2/3] wait until 3 instances of 42 are healthy in shop-production
    02:10:36Z [2/3] 0/3 healthy; i-0a, i-0b and i-0c: initial, first health check within 5 s
    02:10:37Z [2/3] 2/3 healthy; i-0c: initial, first health check within 5 s
    02:10:38Z warning: AWS throttles: it is asked less often.
    02:10:39Z [2/3] 3/3 healthy
    02:10:40Z [2/3] done after 6 s
    02:10:41Z [3/3] deregister 3 instances of 41 from shop-production
    02:10:42Z [3/3] already done

    Done. Production is on 42: 3/3 healthy in shop-production.
    Next  turnout rollback
          turnout cleanup
    13 s, 34 AWS requests
    "
  `);
  expect(stderr.text()).toBe('');
});

test('the same count is not repeated: not for a countdown, and for new reasons only after a while', () => {
  const { stdout, step } = linesView();
  step(waiting(1, 'initial, first health check within 9 s'));
  step(waiting(1, 'initial, first health check within 8 s'));
  step(waiting(1, 'unhealthy: health checks answered 503'));
  step(waiting(1, 'unhealthy: health checks answered 503'), 4000);
  expect(tail(stdout.text())).toHaveLength(1);
  step(waiting(1, 'unhealthy: health checks answered 503'));
  step(waiting(2, 'unhealthy: health checks answered 503'));
  expect(tail(stdout.text()).slice(1)).toEqual([
    '02:10:38Z [2/2] 1/3 healthy; i-0b and i-0c: unhealthy: health checks answered 503',
    '02:10:39Z [2/2] 2/3 healthy; i-0c: unhealthy: health checks answered 503',
  ]);
});

test('a long wait gives a sign of life once a minute', () => {
  const { stdout, step } = linesView();
  step({ type: 'step-started', index: 1, title: 'wait' }, 0);
  for (let s = 0; s < 130; s += 1) step(waiting(2));
  expect(tail(stdout.text()).slice(1)).toEqual([
    '02:10:31Z [2/2] 2/3 healthy; i-0c: initial, first health check within 5 s',
    '02:11:31Z [2/2] 2/3 healthy, 1 min so far; i-0c: initial, first health check within 5 s',
    '02:12:31Z [2/2] 2/3 healthy, 2 min so far; i-0c: initial, first health check within 5 s',
  ]);
});

test('a count that changes ten times a second is reported at a pace that can be read', () => {
  const { stdout, step } = linesView();
  step({ type: 'step-started', index: 1, title: 'ask production' }, 0);
  for (let n = 1; n <= 120; n += 1)
    step({ type: 'step-waiting', index: 1, have: n, want: 120, word: 'answers', waiting: [] }, 100);
  const lines = tail(stdout.text()).slice(1);
  expect(lines.length).toBeLessThanOrEqual(12);
  expect(lines.at(-1)).toContain('120/120 answers');
});

test('a step that reports nothing gives a sign of life, until it has ended', async () => {
  const [stdout, stderr, stdin] = [fakeStream(), fakeStream(), fakeStream()];
  const clock = new VirtualClock(AT);
  const view = createView({ mode: 'lines', stdout, stderr, stdin, env: {}, clock });
  view.emit({ type: 'step-started', index: 0, title: 'run a hook' });
  await clock.advance(10 * 60_000);
  expect(tail(stdout.text())).toHaveLength(9);
  expect(tail(stdout.text()).at(-1)).toMatch(/^\S+ \[1\/1\] run a hook: 9 min 20 s so far$/);
  view.emit({ type: 'step-done', index: 0, seconds: 600, already: false });
  await clock.advance(10 * 60_000);
  expect(tail(stdout.text())).toHaveLength(10);
  expect(clock.sleeping).toBe(0);
});

test('each target that failed has a line, up to a limit', () => {
  const { stdout, step } = linesView();
  const failed = Array.from({ length: 100 }, (_, i) => ({ id: `i-${i}`, why: 'unhealthy' }));
  step({ ...samples['step-failed'], waiting: failed });
  const lines = tail(stdout.text());
  expect(lines[1]).toBe('02:10:31Z [1/1]   i-0: unhealthy');
  expect(lines.at(-1)).toBe('02:10:31Z [1/1]   and 51 more');
});

test('a refusal goes to stderr', () => {
  const { stdout, stderr, step } = linesView();
  step({ ...samples.finished, result: 'refused', code: 'lease-held', message: 'bob@ci is at it.' });
  expect(stdout.text()).toBe('');
  expect(stderr.text()).toContain('Refused, nothing was changed. bob@ci is at it. (lease-held)');
});
