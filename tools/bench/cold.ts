import type { Rig } from '../rig/sandbox.ts';
import { PROGRAM } from '../rig/sandbox.ts';
import { interleave } from './interleave.ts';
import type { Candidate } from './interleave.ts';
import type { Row } from './table.ts';

/** What a start of the program may cost, in starts of a Node that does nothing. */
const LIMITS: Readonly<Record<string, number>> = { '--version': 1.5, '--help': 2.5, status: 4.5 };

/** Times the built program from nothing to its last line, against `node -e 0`. */
export async function coldStart(rig: Rig, rounds: number): Promise<readonly Row[]> {
  const turnout = (...args: readonly string[]): Candidate => ({
    name: args[0]!,
    command: process.execPath,
    args: [PROGRAM, ...args],
    env: rig.env,
  });
  const bare: Candidate = { name: 'node -e 0', command: process.execPath, args: ['-e', '0'], env: rig.env };
  const candidates = [bare, turnout('--version'), turnout('--help'), turnout('status', '--config', rig.config)];
  const [base, ...timings] = await interleave(candidates, rounds);
  return [base!, ...timings].map((timing) => {
    const times = timing.median / base!.median;
    const limit = LIMITS[timing.name];
    return { ...timing, times, ...(limit === undefined ? {} : { limit }), ok: limit === undefined || times <= limit };
  });
}
