import { defineConfig } from 'vitest/config';

// They run the built program, in processes of its own: dist/ is built once before them.
const SCENARIOS = ['test/scenarios/**/*.test.ts', 'test/crash/**/*.test.ts', 'test/pack.test.ts'];
// What `npm test` has no time for: `npm run test:long`, and with every row of the matrices `npm run test:whole`.
const LONG = ['test/long/**/*.test.ts'];
// Gates on CloudWatch, whose minutes are real: for `npm run test:whole` alone.
const SLOW = process.env['TURNOUT_MATRIX'] === 'whole' ? [] : ['test/long/gates.test.ts'];

// Matrices and laws of which `npm test` looks at a sample.
const WHOLE = ['test/crash/**/*.test.ts', 'test/laws/**/*.test.ts', 'test/unit/follow-*.test.ts'];

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
    // One more than the cores of a small machine: most tests wait, for servers and processes of their own.
    maxWorkers: 3,
    // A condition that is polled for may be late on a busy machine; it ends the waiting when it is there.
    expect: { poll: { timeout: 15_000 } },
    // A test that needs another one to run before it is broken; the seed of a failed run is printed.
    sequence: { shuffle: { files: true, tests: true } },
    // The JSON report is what .ci/run counts from.
    reporters: [
      'default',
      './test/support/did-not-run.ts',
      ['json', { outputFile: process.env['TURNOUT_REPORT'] ?? '.vitest/report.json' }],
    ],
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: [...SCENARIOS, ...LONG], testTimeout: 20_000 },
      },
      { extends: true, test: { name: 'scenarios', include: SCENARIOS, ...PROCESSES } },
      { extends: true, test: { name: 'long', include: [...LONG, ...WHOLE], exclude: SLOW, ...PROCESSES } },
    ],
  },
});
