import type { Clock } from '../clock.ts';
import type { Guardian } from './guardian.ts';
import { startProgram, type ProgramResult } from './program.ts';

export interface ProgramTools {
  readonly clock: Clock;
  readonly guardian: Guardian;
  readonly folder: string;
}

const GRACE_MS = 1000;

/** A program that answers a question: run to its end, or stopped when the time limit passes. Its output is not shown. */
export async function runToEnd(
  run: readonly string[],
  timeoutMs: number,
  variables: Readonly<Record<string, string>>,
  { clock, guardian, folder }: ProgramTools,
): Promise<ProgramResult> {
  const program = startProgram({ run, folder, variables, graceMs: GRACE_MS, onLine: () => {} }, clock, guardian);
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
