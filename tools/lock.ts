/**
 * Completes `package-lock.json`, here, in `tools/site/` and in `tools/release/`:  node tools/lock.ts
 *
 * A mirror that serves only some platforms' binaries makes `npm install` leave the others out of the lock file, and then
 * `npm ci` refuses it everywhere. Their versions are known from the packages that want them.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

interface Entry {
  readonly version?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

type Packages = Record<string, Entry & Record<string, unknown>>;

const PLATFORM = /(android|darwin|freebsd|linux|openharmony|win32|wasm32)-([a-z0-9_]+)(?:-(\w+))?$/;

/** Which machines a binary package is for, as its name says. */
function platformOf(name: string): Record<string, readonly string[]> {
  const [, os, cpu, abi] = PLATFORM.exec(name) ?? [];
  if (os === undefined || cpu === undefined) throw new Error(`${name} names no platform`);
  if (os === 'wasm32') return { cpu: ['wasm32'] };
  const libc = os === 'linux' && abi !== undefined ? { libc: [abi.startsWith('musl') ? 'musl' : 'glibc'] } : {};
  return { cpu: [cpu], ...libc, os: [os] };
}

/** Where Node would find `name` from the package at `at`: there, or in a folder above. */
function placeOf(packages: Packages, at: string, name: string): string {
  for (let base = at; base !== ''; base = base.replace(/(^|\/)node_modules\/(@[^/]+\/)?[^/]+$/, '')) {
    const place = `${base}/node_modules/${name}`;
    if (packages[place] !== undefined) return place;
    if (!base.includes('node_modules/')) break;
  }
  return `node_modules/${name}`;
}

/** The entries that the lock file lacks, by their place. */
export function missingEntries(packages: Packages): Packages {
  const missing: Packages = {};
  for (const [at, entry] of Object.entries(packages)) {
    for (const [name, range] of Object.entries(entry.link === true ? {} : { ...entry.optionalDependencies })) {
      const found = packages[placeOf(packages, at, name)];
      const version = range.replace(/^[~^]/, '');
      // A range may be met by another version; an exact version may not.
      if (found !== undefined && (found.version === version || version !== range)) continue;
      const place = found === undefined ? `node_modules/${name}` : `${at}/node_modules/${name}`;
      missing[place] = { version, ...platformOf(name), ...(entry.dev === true ? { dev: true } : {}), optional: true };
    }
  }
  return missing;
}

/** Completes one lock file; returns how many entries it lacked. */
function complete(file: string): number {
  const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Packages };
  const missing = missingEntries(lock.packages);
  const all = Object.entries({ ...lock.packages, ...missing }).toSorted(([a], [b]) => a.localeCompare(b, 'en'));
  writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(all) }, null, 2)}\n`);
  return Object.keys(missing).length;
}

if (import.meta.main) {
  for (const folder of ['..', 'site', 'release']) {
    const added = complete(path.join(import.meta.dirname, folder, 'package-lock.json'));
    process.stdout.write(`${path.join('tools', folder)}: ${added} entries added\n`);
  }
}
