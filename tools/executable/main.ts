/**
 * Writes turnout with the Node that runs it as one file:  node tools/executable/main.ts [FILE]
 *
 * Such a file is made by Node itself since 25.5 (`--build-sea`); where this one is older, npm gets one that is not. What it makes is for
 * this platform alone. On macOS it has to be signed before it runs elsewhere.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { rolldown } from 'rolldown';
import { bundlerOptions } from '../build.ts';
import { nodeBinary } from '../rig/node.ts';

const run = promisify(execFile);
const NAME = process.platform === 'win32' ? 'turnout.exe' : 'turnout';

/** Where it goes unless said otherwise: not into `dist/`, which the package has whole. */
const FILE = path.join(import.meta.dirname, 'dist', NAME);

/** Writes the executable. Rejects when npm cannot get the Node that it needs. */
export async function writeExecutable(file: string): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'turnout-executable-'));
  try {
    const main = path.join(folder, 'turnout.mjs');
    await using bundler = await rolldown({ ...bundlerOptions(), input: path.join(import.meta.dirname, 'entry.ts') });
    // In one file: an executable has no other files that it could load.
    await bundler.write({ file: main, format: 'esm', comments: false, codeSplitting: false });
    const config = path.join(folder, 'sea.json');
    await mkdir(path.dirname(file), { recursive: true });
    const settings = { main, mainFormat: 'module', output: file, disableExperimentalSEAWarning: true };
    await writeFile(config, JSON.stringify(settings));
    await run(await builder(), ['--build-sea', config]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A Node that can build executables. */
async function builder(): Promise<string> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 25 || (major === 25 && minor >= 5) ? process.execPath : nodeBinary(26);
}

if (import.meta.main) {
  const file = path.resolve(process.argv[2] ?? FILE);
  await writeExecutable(file);
  process.stdout.write(`${path.relative(process.cwd(), file)}\n`);
}
