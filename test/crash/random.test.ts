import { expect, test } from 'vitest';
import { liveMany } from './random.ts';

/** As many as CI has time for; `npm run soak` lives 10,000. */
const HISTORIES = 2000;

/**
 * Random worlds: two operators, crashes, pauses, faults, old readings, deaths. A failure prints the seed and the shortest
 * history that shows it.
 */
test(`${HISTORIES} random histories break nothing`, async () => {
  const runs = await liveMany(HISTORIES);
  process.stdout.write(`random worlds: ${HISTORIES} histories, ${runs} runs\n`);
  expect(runs).toBeGreaterThan(HISTORIES);
});
