/**
 * Writes what of the documentation is generated. `docs/json.md` comes from the schemas of what turnout writes with `--json`; the
 * compiler compares these with the types in the code, and tests with real output. `docs/config.md` comes from the schema of the
 * config, `docs/commands.md` from what `--help` is made of, `docs/troubleshooting.md` from the source, and `llms.txt` from the
 * chapters of the site. `--check` writes nothing and ends with 1 when a file is not up to date.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { llmsText } from './docs/chapters.ts';
import { commandsPage } from './docs/commands-page.ts';
import { configPage } from './docs/config-page.ts';
import { jsonPage } from './docs/page.ts';
import { troubleshootingPage } from './docs/troubleshooting.ts';

const root = path.dirname(import.meta.dirname);

/** The text of each file. */
export const GENERATED = {
  'docs/json.md': () => formatted(jsonPage()),
  'docs/config.md': () => formatted(configPage()),
  'docs/commands.md': () => formatted(commandsPage()),
  'docs/troubleshooting.md': () => troubleshootingPage(root),
  'llms.txt': () => llmsText(),
};

/** Formatted like all files. */
function formatted(page: string): string {
  const args = ['node_modules/oxfmt/bin/oxfmt', '--stdin-filepath', 'docs/page.md'];
  return execFileSync(process.execPath, args, { cwd: root, input: page, encoding: 'utf8' });
}

for (const [name, textOf] of import.meta.main ? Object.entries(GENERATED) : []) {
  const file = path.join(root, name);
  const text = textOf();
  if (!process.argv.includes('--check')) writeFileSync(file, text);
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    process.stderr.write(`${name} is not up to date: run \`npm run docs\` and commit the file.\n`);
    process.exitCode = 1;
  }
}
