import { expect, test } from 'vitest';
import { liveMany } from './random.ts';

/** As many as CI has time for; `npm run soak` lives as many as it is told, by their seeds. */
const HISTORIES = 300;

/**
 * Random worlds: operators at machines whose clocks are minutes or an hour off, each with one of two stores; crashes, pauses,
 * faults, old readings, deaths, and acts by hand between any two requests. A failure prints the seed and the shortest history that
 * shows it.
 */
test(`${HISTORIES} random histories break nothing`, async () => {
  const runs = await liveMany(HISTORIES);
  process.stdout.write(`random worlds: ${HISTORIES} histories, ${runs} runs\n`);
  expect(runs).toBeGreaterThan(HISTORIES);
}, 600_000);
