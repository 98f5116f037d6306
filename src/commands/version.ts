import { readFileSync } from 'node:fs';

/** The commit and the version that were built; the build fills them in. */
declare const TURNOUT_COMMIT: string;
declare const TURNOUT_VERSION: string;

/** The package's version. */
export function readVersion(): string {
  if (typeof TURNOUT_VERSION === 'string') return TURNOUT_VERSION;
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** What a report of a fault needs: `0.1.0 (commit 5d27192d3a, Node 24.19.2)`. */
export function versionLine(): string {
  const from = typeof TURNOUT_COMMIT === 'string' ? `commit ${TURNOUT_COMMIT}` : 'from source';
  return `${readVersion()} (${from}, Node ${process.versions.node})`;
}
