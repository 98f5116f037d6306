import { defineConfig } from 'vitest/config';

// Pure and quick: they need no build. Everything else is a scenario, so that no file is left out by its name.
const UNIT = ['test/unit/**/*.test.ts', 'test/laws/**/*.test.ts', 'test/contracts/**/*.test.ts', 'test/tidy.test.ts'];

export default defineConfig({
  test: {
    // Processes, not threads: tests send signals and read exit codes.
    pool: 'forks',
    maxWorkers: 2,
    // A test that needs another one to run before it is broken; the seed of a failed run is printed.
    sequence: { shuffle: { files: true, tests: true } },
    // The JSON report is what .ci/run counts from.
    reporters: ['default', './test/support/did-not-run.ts', ['json', { outputFile: '.vitest/report.json' }]],
    projects: [
      { extends: true, test: { name: 'unit', include: UNIT, testTimeout: 20_000 } },
      {
        extends: true,
        test: {
          name: 'scenarios',
          include: ['test/**/*.test.ts'],
          exclude: UNIT,
          globalSetup: ['test/support/build.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
