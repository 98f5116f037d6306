import { readFileSync } from 'node:fs';

/** The package's version; two folders above `src/commands/`, and above `dist/chunks/` when bundled. */
export function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
