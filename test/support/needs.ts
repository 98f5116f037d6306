import { spawnSync } from 'node:child_process';
import type { TestContext } from 'vitest';

/** Skips a test where there is no such program on the PATH, and says so; with TURNOUT_REQUIRE_ALL=1 that is a failure. */
export function needs({ skip }: Pick<TestContext, 'skip'>, program: string, get: string): void {
  if (spawnSync(program, ['--help']).error === undefined) return;
  const note = `there is no ${program} on the PATH; get it with: apt-get install ${get}`;
  if (process.env.TURNOUT_REQUIRE_ALL === '1') throw new Error(note);
  skip(note);
}
