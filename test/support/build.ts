import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from '../../tools/build.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** Global setup of the tests that run the program as people do: builds `dist/` once, before any of them. */
export async function setup(): Promise<void> {
  if (!existsSync(path.join(root, 'src/cli.ts'))) throw new Error('src/cli.ts is missing: nothing to build');
  const { notices } = await build();
  await writeFile(path.join(root, 'THIRD-PARTY-NOTICES.md'), notices);
}
