import fc from 'fast-check';
import { expect, test } from 'vitest';
import { histories, live } from './random.ts';

/** As many as CI has time for; `npm run soak` lives 10,000. */
const HISTORIES = 2000;

/**
 * Random worlds: two operators, crashes, pauses, faults, old readings, deaths. A failure prints the seed and the shortest
 * history that shows it.
 */
test(`${HISTORIES} random histories break nothing`, async () => {
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      const lived = await live(history);
      runs += lived.runs;
      if (lived.wrong.length > 0) throw new Error([...lived.wrong, lived.story()].join('\n'));
    }),
    { numRuns: HISTORIES },
  );
  process.stdout.write(`random worlds: ${HISTORIES} histories, ${runs} runs\n`);
  expect(runs).toBeGreaterThan(HISTORIES);
});
