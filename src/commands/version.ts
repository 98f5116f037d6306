import { readFileSync } from 'node:fs';

/** The commit that was built; the build fills it in. */
declare const TURNOUT_COMMIT: string;

/** The package's version; two folders above `src/commands/`, and above `dist/chunks/` when bundled. */
export function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** What a report of a fault needs: `0.1.0 (commit 5d27192d3a, Node 24.19.2)`. */
export function versionLine(): string {
  const from = typeof TURNOUT_COMMIT === 'string' ? `commit ${TURNOUT_COMMIT}` : 'from source';
  return `${readVersion()} (${from}, Node ${process.versions.node})`;
}
