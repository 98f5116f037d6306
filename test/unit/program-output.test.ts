import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createGuardian } from '../../src/programs/guardian.ts';
import { startProgram } from '../../src/programs/program.ts';

async function outputOf(...run: readonly string[]) {
  const lines: string[] = [];
  const guardian = createGuardian();
  onTestFinished(() => guardian.close());
  const options = { folder: '.', variables: {}, graceMs: 100, onLine: (line: string) => void lines.push(line) };
  const startedAt = performance.now();
  const ended = await startProgram({ run, ...options }, systemClock, guardian).ended;
  return { lines, ended, shown: lines.join('').length, seconds: (performance.now() - startedAt) / 1000 };
}

const shell = async (script: string) => outputOf('sh', '-c', script);
const MB_50 = 50_000_000;

describe('the output of a program', () => {
  test.each([
    ['short lines', `yes | head -c ${MB_50}`],
    ['one long line', `yes | head -c ${MB_50} | tr -d '\\n'`],
    ['what is no text', `head -c ${MB_50} /dev/urandom`],
  ])(
    'of 50 MB, %s, is read to its end and shown in part',
    async (_what, writes) => {
      const { lines, ended, shown, seconds } = await shell(`${writes}; echo; echo the end`);
      expect(ended).toMatchObject({ ok: true, why: 'exit code 0' });
      expect(ended.output.at(-1)).toBe('the end');
      expect(ended.output.length).toBeLessThanOrEqual(20);
      expect(shown).toBeLessThan(2_000_000);
      expect(seconds).toBeLessThan(20);
      expect(lines.every((line) => line.length <= 2000)).toBe(true);
    },
    40_000,
  );

  test('says how much of it is left out', async () => {
    const { lines } = await shell(`yes | head -c ${MB_50}; echo the end`);
    const leftOut = lines.flatMap(
      (line) => /^… (\d+) characters of its output are left out here$/.exec(line)?.[1] ?? [],
    );
    expect(leftOut.reduce((sum, count) => sum + Number(count), 0)).toBeGreaterThan(MB_50 * 0.9);
  });

  test('is shown as plain text: what moves the cursor or is overwritten is not', async () => {
    const { ended } = await shell(
      "printf '\\033[2J\\033[31mred\\033[0m\\007\\0 \\377\\n10%%\\r100%%\\r\\ntab\\there\\r\\nlast'",
    );
    expect(ended.output).toEqual(['red \uFFFD', '100%', 'tab\there', 'last']);
  });

  test('that is closed early does not end the program, and one held by a child is not waited for', async () => {
    const closed = await shell('echo first; exec >&- 2>&-; sleep 0.3; exit 3');
    expect(closed.ended).toEqual({ ok: false, code: 3, why: 'exit code 3', output: ['first'] });
    const held = await shell('(while sleep 0.01; do echo child; done) & echo parent; exit 0');
    expect(held.ended).toMatchObject({ ok: true });
    expect(held.seconds).toBeLessThan(10);
  });
});
