import { ExitCode, OperatorError } from '../errors.ts';
import { ago } from '../observe/words.ts';
import type { Goal } from '../plan/goal.ts';
import { waysOut } from './aim.ts';
import type { RunEvent } from './event.ts';
import { Interrupted } from './runner.ts';

/** How a run ends, before its time and requests are counted. */
export type Ending = Pick<
  Extract<RunEvent, { type: 'finished' }>,
  'result' | 'code' | 'exitCode' | 'message' | 'next' | 'proven'
>;

export function done(message: string, next: readonly string[]): Ending {
  return { result: 'done', code: 'done', exitCode: ExitCode.done, message, next };
}

export function planned(message: string): Ending {
  return { result: 'planned', code: 'planned', exitCode: ExitCode.done, message, next: [] };
}

/** It failed, and can be left as it is. */
export function safe(result: 'failed' | 'undone', message: string, next: readonly string[]): Ending {
  return { result, code: result, exitCode: ExitCode.safe, message, next };
}

export function needsPerson(message: string, next: readonly string[]): Ending {
  const look = '`turnout status` shows what is where';
  return { result: 'failed', code: 'needs-person', exitCode: ExitCode.person, message, next: [look, ...next] };
}

/** The process slept at its very end: by the time that its last sentence is read, others may have gone on. */
export function dated({ message, next, ...rest }: Ending, ageMs: number): Ending {
  const look = '`turnout status` shows how things stand now';
  return {
    ...rest,
    message: `${message} That was so ${ago(ageMs / 1000)}; others may have gone on since.`,
    next: [look, ...next],
  };
}

/** The run stopped before its goal was reached, without trying to go anywhere else. */
export function stopped(error: unknown, goal: Goal): Ending {
  if (!(error instanceof Interrupted)) return endingOf(error);
  return interrupted(
    `${error.message} Nothing is broken; the ${goal.verb} is not finished.`,
    waysOut(goal.verb, goal.release),
  );
}

/** The ending that an error stands for. Faults of ours are thrown on, for the catch-all. */
export function endingOf(error: unknown): Ending {
  if (error instanceof Interrupted) return interrupted(`${error.message} Nothing was changed.`, []);
  if (!(error instanceof OperatorError)) throw error;
  const { code, exitCode, message, next } = error;
  return { result: exitCode === ExitCode.refused ? 'refused' : 'failed', code, exitCode, message, next };
}

function interrupted(message: string, next: readonly string[]): Ending {
  return { result: 'interrupted', code: 'interrupted', exitCode: ExitCode.interrupted, message, next };
}
