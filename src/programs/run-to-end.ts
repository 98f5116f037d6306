import type { Clock } from '../clock.ts';
import type { Guardian } from './guardian.ts';
import { startProgram, type Program, type ProgramResult } from './program.ts';

export interface ProgramTools {
  readonly clock: Clock;
  readonly guardian: Guardian;
  readonly folder: string;
}

const ANSWER = { graceMs: 1000, onLine: () => {} };

/**
 * A program, run to its end, or stopped when the time limit passes.
 * @param manner the time from SIGTERM to SIGKILL, and who gets its output; by default a short time, and nobody
 */
export async function runToEnd(
  run: readonly string[],
  timeoutMs: number,
  variables: Readonly<Record<string, string>>,
  { clock, guardian, folder }: ProgramTools,
  manner: Pick<Program, 'graceMs' | 'onLine'> = ANSWER,
): Promise<ProgramResult> {
  const program = startProgram({ run, folder, variables, ...manner }, clock, guardian);
  const over = new AbortController();
  const late = clock.sleep(timeoutMs, over.signal).then(
    () => program.stop().then(() => true),
    () => false,
  );
  const ended = await program.ended;
  over.abort();
  return (await late)
    ? { ...ended, ok: false, why: `it was ended after ${timeoutMs / 1000} s, its time limit` }
    : ended;
}
