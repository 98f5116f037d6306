/**
 * Writes `docs/json.md` from the schemas of what turnout writes with `--json`; the compiler compares these with the types
 * in the code, and tests with real output. `--check` writes nothing and ends with 1 when the file is not up to date.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { jsonPage } from './docs/page.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const file = new URL('../docs/json.md', import.meta.url);

/** The file's text, formatted like all files. */
export function jsonMarkdown(): string {
  const args = ['node_modules/oxfmt/bin/oxfmt', '--stdin-filepath', 'docs/json.md'];
  return execFileSync(process.execPath, args, { cwd: root, input: jsonPage(), encoding: 'utf8' });
}

if (import.meta.main) {
  if (!process.argv.includes('--check')) writeFileSync(file, jsonMarkdown());
  else if (readFileSync(file, 'utf8') !== jsonMarkdown()) {
    process.stderr.write('docs/json.md is not up to date: run `npm run docs` and commit the file.\n');
    process.exitCode = 1;
  }
}
