import type { Judged } from '../domain/gates.ts';
import type { Clock } from '../clock.ts';
import type { CommandGateConfig } from '../config/config.ts';
import { inconclusive } from '../domain/verdicts.ts';
import type { Guardian } from '../programs/guardian.ts';
import { startProgram } from '../programs/program.ts';

/** EX_TEMPFAIL of sysexits.h: it could not tell. */
const CANNOT_TELL = 75;
const PASSES = 0;
const FAILS = 1;
const GRACE_MS = 5000;

export interface CommandTools {
  readonly clock: Clock;
  readonly guardian: Guardian;
  readonly onOutput: (line: string) => void;
}

/** Runs the program, without a shell: 0 passes, 1 fails, 75 and all else is inconclusive. Its last line is the reason. */
export async function judgeCommand(
  { run, folder, timeoutMs }: CommandGateConfig,
  variables: Readonly<Record<string, string>>,
  { clock, guardian, onOutput }: CommandTools,
): Promise<Judged> {
  const program = startProgram({ run, folder, variables, graceMs: GRACE_MS, onLine: onOutput }, clock, guardian);
  const over = new AbortController();
  const late = clock.sleep(timeoutMs, over.signal).then(
    async () => program.stop().then(() => true),
    () => false,
  );
  const { why, code, output } = await program.ended;
  over.abort();
  if (await late) return inconclusive(`${run.join(' ')} took longer than ${timeoutMs / 1000} s`);
  const said = output.at(-1) ?? why;
  const numbers = code === null ? {} : { code };
  if (code === PASSES) return { verdict: 'pass', why: said, numbers };
  if (code === FAILS) return { verdict: 'fail', why: said, numbers };
  return inconclusive(code === CANNOT_TELL ? said : `${run.join(' ')}: ${why}`, numbers);
}
