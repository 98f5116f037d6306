import type { Reporter, TestModule } from 'vitest/node';

/** Says, at the end of a run, which tests did not run, and how to make them run: the note of `context.skip(note)`. */
export default class DidNotRun implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    for (const test of modules.flatMap((module) => [...module.children.allTests('skipped')])) {
      const { note } = test.result() as { readonly note?: string };
      if (note !== undefined) process.stdout.write(`did not run: ${test.fullName}: ${note}\n`);
    }
  }
}
