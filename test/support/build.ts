import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from '../../tools/build.ts';

const BUILT = Symbol.for('turnout.built');
const root = path.resolve(import.meta.dirname, '../..');

// Each project of vitest has its own copy of this module, in the same process.
const shared = globalThis as { [BUILT]?: Promise<void> };

/** Global setup of the tests that run the program as people do: builds `dist/` once, before any of them. */
export async function setup(): Promise<void> {
  await (shared[BUILT] ??= buildAll());
}

async function buildAll(): Promise<void> {
  if (!existsSync(path.join(root, 'src/cli.ts'))) throw new Error('src/cli.ts is missing: nothing to build');
  const { notices } = await build();
  await writeFile(path.join(root, 'THIRD-PARTY-NOTICES.md'), notices);
}
