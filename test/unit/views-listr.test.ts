import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import type { RunEvent } from '../../src/run/event.ts';
import { ListrView } from '../../src/views/listr.ts';
import { openOut } from '../../src/views/out.ts';
import { createView } from '../../src/views/view.ts';
import { samples } from '../../tools/docs/samples.ts';
import { fakeStream, plan, standingClock, steps, story } from './views.samples.ts';

const HIDE = '\u001B[?25l';
const SHOW = '\u001B[?25h';

function listrView(columns = 100, rows = 24) {
  const [stdout, stderr, clock] = [fakeStream(columns, rows), fakeStream(columns, rows), standingClock()];
  const view = createView({ mode: 'auto', stdout, stderr, stdin: fakeStream(), env: { TERM: 'xterm' }, clock });
  return { view, stdout, stderr, clock };
}

/** What stays on the screen: after the last frame was erased, the list is written once more. */
function lasting(text: string): string {
  return stripVTControlCharacters(text.slice(text.lastIndexOf('\u001B[1A') + 4)).replaceAll('\u00a0', ' ');
}

/** Each redrawing is wrapped in the marks of synchronised output. */
function frames(text: string): string[] {
  return text
    .split('\u001B[?2026h')
    .slice(1)
    .map((part) => stripVTControlCharacters(part.split('\u001B[?2026l')[0] ?? ''));
}

async function until(condition: () => boolean): Promise<void> {
  await expect.poll(condition, { timeout: 5000, interval: 5 }).toBe(true);
}

test('the story of a run stays on the screen', async () => {
  const { view, stdout, stderr } = listrView();
  for (const event of story) view.emit(event);
  await view.close();
  expect(stripVTControlCharacters(stdout.text()).split('\n')[0]).toBe(
    'promote 42 in production, by alice@ci (run 7f3a9c)',
  );
  expect(lasting(stdout.text())).toMatchInlineSnapshot(`
    "✔ register 3 instances of 42 with shop-production   1 s
    ✔ wait until 3 instances of 42 are healthy in shop-production   6 s
    ✔ deregister 3 instances of 41 from shop-production   already done
    Warning: AWS throttles: it is asked less often.

    Done. Production is on 42: 3/3 healthy in shop-production.
    Next  turnout rollback
          turnout cleanup
    13 s, 34 AWS requests
    "
  `);
  expect(stderr.text()).toBe('');
});

test('waiting shows counts, time and reasons while it lasts', async () => {
  const { view, stdout, clock } = listrView();
  for (const event of story.slice(0, 7)) view.emit(event);
  await until(() => frames(stdout.text()).some((frame) => frame.includes('2/3\u00a0healthy')));
  expect(stdout.text()).toContain('i-0c: initial, first health check within 5 s');
  clock.advance(12_000);
  await until(() => frames(stdout.text()).some((frame) => frame.includes('2/3\u00a0healthy,\u00a012\u00a0s')));
  await view.close();
  expect(lasting(stdout.text())).toContain('stopped');
});

test('an interrupted run shows no step as done that had not started', async () => {
  const { view, stdout } = listrView();
  for (const event of story.slice(0, 5)) view.emit(event);
  view.emit({ ...samples.finished, result: 'interrupted', code: 'interrupted', message: 'Stopped by SIGINT.' });
  await view.close();
  const list = lasting(stdout.text()).split('\n').slice(0, 3);
  expect(list.map((line) => line[0])).toEqual(['✔', '·', '·']);
});

test('a failed step keeps its sentence and its targets; the steps after it did not start', async () => {
  const { view, stdout } = listrView();
  for (const event of story.slice(0, 5)) view.emit(event);
  view.emit({ ...samples['step-failed'], index: 1 });
  view.emit({ ...samples.finished, result: 'failed', code: 'not-healthy', message: '42 is not healthy.' });
  await view.close();
  expect(lasting(stdout.text())).toMatchInlineSnapshot(`
    "✔ register 3 instances of 42 with shop-production   1 s
    ✖ wait until 3 instances of 42 are healthy in shop-production
      › only 2 of 3 were healthy in shop-production after 60 s
        i-0c: unhealthy: health checks answered 503 (Target.ResponseCodeMismatch)
    · deregister 3 instances of 41 from shop-production

    Failed. 42 is not healthy. (not-healthy)
    Next  turnout rollback
          turnout cleanup
    13 s, 34 AWS requests
    "
  `);
});

test('undoing is a list of its own', async () => {
  const { view, stdout } = listrView();
  const undo: RunEvent[] = [
    { ...samples['step-failed'], index: 1 },
    samples.undoing,
    { ...plan, steps: steps.slice(2) },
    { type: 'step-started', index: 0, title: steps[2]!.title },
    { type: 'step-done', index: 0, seconds: 1, already: false },
    { ...samples.finished, result: 'undone', code: 'not-healthy' },
  ];
  for (const event of [...story.slice(0, 5), ...undo]) view.emit(event);
  await view.close();
  const text = stripVTControlCharacters(stdout.text());
  expect(text.indexOf('✖')).toBeLessThan(text.indexOf('Undoing. 42 did not become healthy'));
  expect(lasting(stdout.text())).toMatch(/^✔ deregister 3 instances of 41 from shop-production {3}1 s\n\nUndone\./);
});

test('what cannot be drawn is written in lines', async () => {
  const [stdout, clock] = [fakeStream(100), standingClock()];
  const load = () => Promise.reject(new Error('not there'));
  const view = new ListrView({ out: openOut(stdout), err: openOut(stdout), clock, colour: false, load });
  for (const event of story) view.emit(event);
  await view.close();
  expect(stdout.text()).toContain('[1/1] register 3 instances of 42 with shop-production\n');
  expect(stdout.text()).toContain('Done. Production is on 42');
});

test('a refusal before anything began goes to stderr', async () => {
  const { view, stdout, stderr } = listrView();
  view.emit({ ...samples.finished, result: 'refused', code: 'lease-held', message: 'bob@ci is at it.' });
  await view.close();
  expect(stdout.text()).toBe('');
  expect(stderr.text()).toContain('bob@ci is at it. (lease-held)');
});

test('no frame is taller than the terminal, with a thousand targets and forty steps', async () => {
  const rows = 12;
  const { view, stdout } = listrView(60, rows);
  const many = Array.from({ length: 40 }, (_, i) => ({
    ...steps[0]!,
    title: `deploy batch ${i} and wait until it is healthy`,
  }));
  const waiting = Array.from({ length: 1000 }, (_, i) => ({ id: `i-${i}`, why: `reason ${i % 50}` }));
  view.emit({ ...plan, steps: many });
  for (const [index, { title }] of many.entries()) {
    view.emit({ type: 'step-started', index, title });
    view.emit({ ...samples['step-waiting'], index, waiting });
    const word = `batch ${index} `;
    await until(() => frames(stdout.text()).some((frame) => frame.includes(word)));
    view.emit({ type: 'step-done', index, seconds: 1, already: false });
  }
  await view.close();
  const heights = frames(stdout.text()).map((frame) => frame.split('\n').length);
  expect(heights.length).toBeGreaterThan(40);
  expect(Math.max(...heights)).toBeLessThanOrEqual(rows + 1);
  expect(lasting(stdout.text())).toContain('40/40 deploy batch 39');
});

test('made narrower, a frame is erased with the lines that its own have become', async () => {
  const { view, stdout } = listrView(100);
  for (const event of story.slice(0, 7)) view.emit(event);
  await until(() => frames(stdout.text()).some((frame) => frame.includes('2/3')));
  const before = stdout.text().length;
  // Each of the three steps takes two lines of 50 columns now, the reason below the second takes one.
  stdout.columns = 50;
  stdout.emit('resize');
  expect(stdout.text().slice(before)).toBe('\u001B[2K\u001B[1A'.repeat(3));
  await view.close();
});

test('events that leave some out neither hang nor throw', async () => {
  const { view, stdout } = listrView();
  view.emit({ type: 'step-waiting', index: 7, have: 0, want: 1, word: 'healthy', waiting: [] });
  view.emit({ type: 'step-done', index: 2, seconds: 1, already: false });
  view.emit({ type: 'step-started', index: 0, title: 'begin' });
  await view.close();
  expect(lasting(stdout.text())).toContain('begin');
});

test('the cursor is visible again, and the process keeps none of our listeners', async () => {
  const before = [process.listenerCount('SIGINT'), process.listenerCount('exit')];
  const { view, stdout } = listrView();
  for (const event of story.slice(0, 6)) view.emit(event);
  await until(() => stdout.text().includes(HIDE));
  expect(process.listenerCount('SIGINT')).toBe(before[0]);
  await view.close();
  expect(stdout.text().lastIndexOf(SHOW)).toBeGreaterThan(stdout.text().lastIndexOf(HIDE));
  expect([process.listenerCount('SIGINT'), process.listenerCount('exit')]).toEqual(before);
});

test('a process that ends in the middle leaves the cursor visible', async () => {
  const { view, stdout } = listrView();
  for (const event of story.slice(0, 6)) view.emit(event);
  await until(() => stdout.text().includes(HIDE));
  const shown = stdout.text().lastIndexOf(SHOW);
  process.listeners('exit').at(-1)?.(0);
  expect(stdout.text().lastIndexOf(SHOW)).toBeGreaterThan(shown);
  await view.close();
});

test('a terminal that is gone ends the drawing only', async () => {
  const { view, stdout } = listrView();
  for (const event of story.slice(0, 6)) view.emit(event);
  await until(() => stdout.text().includes(HIDE));
  stdout.destroy(new Error('EIO'));
  for (const event of story.slice(6)) view.emit(event);
  await view.close();
  expect(stdout.text()).not.toContain('Done.');
});
