import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from '../build.ts';
import type { Rig } from '../rig/sandbox.ts';
import { PROGRAM } from '../rig/sandbox.ts';
import { interleave } from './interleave.ts';
import type { Candidate } from './interleave.ts';
import type { Row } from './table.ts';

/** Bounds of the program's start time, relative to that of an empty Node process. */
const LIMITS: Readonly<Record<string, number>> = { '--version': 1.3, '--help': 2 };
/** What `status` may add to its libraries alone. */
const STATUS_MAX = 1.15;
const LIBRARIES = 'libraries of status';

const FLOOR = path.join(import.meta.dirname, 'floor/cli.ts');

/**
 * Times the built program from start to exit, relative to `node -e 0`, and the libraries of `status` alone, built in the same
 * way.
 */
export async function coldStart(rig: Rig, rounds: number): Promise<readonly Row[]> {
  await using folder = await mkdtempDisposable(path.join(tmpdir(), 'turnout-'));
  await build({ input: FLOOR, outDir: path.join(folder.path, 'dist') });
  // As in the package: without it Node must detect the kind of module.
  await writeFile(path.join(folder.path, 'package.json'), '{ "type": "module" }');
  const node = (name: string, ...args: readonly string[]): Candidate => ({
    name,
    command: process.execPath,
    args,
    env: rig.env,
  });
  const status = ['status', '--config', rig.config];
  const candidates = [
    node('node -e 0', '-e', '0'),
    node('--version', PROGRAM, '--version'),
    node('--help', PROGRAM, '--help'),
    node(LIBRARIES, path.join(folder.path, 'dist/turnout.js'), ...status),
    node('status', PROGRAM, ...status),
  ];
  const [base, ...timings] = await interleave(candidates, rounds);
  const libraries = timings.find(({ name }) => name === LIBRARIES)!.median / base!.median;
  const limits: typeof LIMITS = { ...LIMITS, status: STATUS_MAX * libraries };
  return [base!, ...timings].map((timing) => {
    const times = timing.median / base!.median;
    const limit = limits[timing.name];
    return { ...timing, times, ...(limit === undefined ? {} : { limit }), ok: limit === undefined || times <= limit };
  });
}
