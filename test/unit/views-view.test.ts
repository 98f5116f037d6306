import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { openOut } from '../../src/views/out.ts';
import { chooseMode, createView } from '../../src/views/view.ts';
import { samples } from '../../tools/docs/samples.ts';
import { fakeStream, standingClock, story } from './views.samples.ts';

describe('which view', () => {
  const terminal = fakeStream(80);
  test.each([
    ['a terminal', terminal, {}, 'listr'],
    ['a pipe', fakeStream(), {}, 'lines'],
    ['a CI service with a terminal', terminal, { CI: 'true' }, 'lines'],
    ['CI=false', terminal, { CI: 'false' }, 'listr'],
    ['a dumb terminal', terminal, { TERM: 'dumb' }, 'lines'],
  ] as const)('%s', (_, stdout, env, mode) => expect(chooseMode({ mode: 'auto', stdout, env })).toBe(mode));

  test('what was asked for goes first', () => {
    expect(chooseMode({ mode: 'json', stdout: terminal, env: {} })).toBe('json');
  });
});

test.each([
  ['a terminal', 80, 80],
  ['a wide one', 300, 120],
  ['one without a width', 0, 100],
  ['a pipe', undefined, 100],
] as const)('wraps at this many columns: %s', (_, columns, width) => {
  expect(openOut(fakeStream(columns)).width()).toBe(width);
});

/** Takes one write, then is closed, as a pipe into `head` is. */
function brokenPipe(): Writable & { writes: number } {
  const stream = Object.assign(
    new Writable({
      write(_chunk, _encoding, done) {
        stream.writes += 1;
        done(stream.writes > 1 ? Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }) : null);
      },
    }),
    { writes: 0 },
  );
  return stream;
}

test.each(['lines', 'json'] as const)('a closed pipe ends the drawing, not the run: %s', async (mode) => {
  const stdout = brokenPipe();
  const view = createView({ mode, stdout, stderr: fakeStream(), stdin: fakeStream(), env: {}, clock: standingClock() });
  for (const event of story) {
    view.emit(event);
    await new Promise(setImmediate);
  }
  await view.close();
  expect(stdout.writes).toBe(2);
});

describe('a question', () => {
  function asking(columns?: number) {
    const [stdin, stdout, stderr] = [fakeStream(columns), fakeStream(columns), fakeStream()];
    const view = createView({ mode: 'lines', stdout, stderr, stdin, env: {}, clock: standingClock() });
    return { view, stdin, stdout, stderr, answer: view.confirm('Move production to 42?') };
  }

  test.each([
    ['y\n', true],
    ['YES\n', true],
    ['\n', false],
    ['n\n', false],
    ['yesterday\n', false],
    ['\u0003', false],
    ['\u0004', false],
  ])('%j', async (typed, yes) => {
    const { view, stdin, stdout, answer } = asking(80);
    await expect.poll(() => stdout.text()).toContain('Move production to 42? [y/N]');
    stdin.write(typed);
    expect(await answer).toBe(yes);
    await view.close();
  });

  test('is answered with no when the view is closed', async () => {
    const { view, stdout, answer } = asking(80);
    await expect.poll(() => stdout.text()).toContain('[y/N]');
    await view.close();
    expect(await answer).toBe(false);
  });

  test('is no without a terminal, and says what to do', async () => {
    const { stdout, stderr, answer } = asking();
    expect(await answer).toBe(false);
    expect(stderr.text()).toBe('Move production to 42? Not a terminal, so it cannot ask. Add --yes to proceed.\n');
    expect(stdout.text()).toBe('');
  });

  test('comes after all that was said before', async () => {
    const [stdin, stdout] = [fakeStream(80), fakeStream(80)];
    const view = createView({ mode: 'listr', stdout, stderr: fakeStream(), stdin, env: {}, clock: standingClock() });
    view.emit(samples.planned);
    const answer = view.confirm('Move production to 42?');
    await expect.poll(() => stdout.text()).toContain('[y/N]');
    expect(stdout.text().indexOf('Plan:')).toBeLessThan(stdout.text().indexOf('[y/N]'));
    stdin.write('y\n');
    expect(await answer).toBe(true);
    await view.close();
  });
});
