import { tmpdir } from 'node:os';
import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { IS_WHOLE } from './test/support/sampled.ts';
import { ShortLast } from './test/support/short-last.ts';

// They run the built program, in processes of its own: dist/ is built once before them.
const SCENARIOS = ['test/scenarios/**/*.test.ts', 'test/crash/**/*.test.ts', 'test/pack.test.ts'];
// What `npm test` has no time for: `npm run test:long`.
const LONG = ['test/long/**/*.test.ts'];
// Gates on CloudWatch, whose minutes are real: for `npm run test:whole` alone.
const SLOW = IS_WHOLE ? [] : ['test/long/gates.test.ts'];

// Matrices, laws and races of which `npm test` looks at a sample, and `npm run test:whole` at all.
const SAMPLED = [
  'test/crash/**/*.test.ts',
  'test/laws/**/*.test.ts',
  'test/unit/follow-*.test.ts',
  'test/contracts/*-store.test.ts',
];

// Each test file and many a test start processes, with the same modules. They inherit this: what V8 has compiled is kept.
process.env['NODE_COMPILE_CACHE'] ??= path.join(tmpdir(), 'node-compile-cache');

// Tests that wait for processes; more at once would only make each one late.
const PROCESSES = {
  maxConcurrency: 2,
  globalSetup: ['test/support/build.ts'],
  testTimeout: 120_000,
  hookTimeout: 120_000,
};

export default defineConfig({
  test: {
    // Processes, not threads: tests send signals and read exit codes.
    pool: 'forks',
    // More than the cores of a small machine: most tests wait, for servers and processes of their own.
    maxWorkers: 4,
    // A condition that is polled for may be late on a busy machine; it ends the waiting when it is there.
    expect: { poll: { timeout: 15_000 } },
    // A test that needs another one to run before it is broken; the seed of a failed run is printed.
    sequence: { shuffle: { files: true, tests: true }, sequencer: ShortLast },
    // The JSON report is what .ci/run counts from.
    reporters: [
      'default',
      './test/support/did-not-run.ts',
      ['json', { outputFile: process.env['TURNOUT_REPORT'] ?? '.vitest/report.json' }],
    ],
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: [...SCENARIOS, ...LONG], testTimeout: 60_000 },
      },
      { extends: true, test: { name: 'scenarios', include: SCENARIOS, ...PROCESSES } },
      {
        extends: true,
        test: { name: 'long', include: IS_WHOLE ? [...LONG, ...SAMPLED] : LONG, exclude: SLOW, ...PROCESSES },
      },
    ],
  },
});
