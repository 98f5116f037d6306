import type { Task } from '../../../tasks/task.ts';
import { ExitCode, OperatorError } from '../../errors.ts';
import { ago } from '../../domain/text.ts';
import type { Goal } from '../../domain/goal.ts';
import { waysToContinue } from './resolve-goal.ts';
import { RunFault, type Position } from './fault.ts';
import type { TrafficSeen } from '../../probe/seen.ts';
import type { JournalEntry } from '../../stores/store.ts';
import type { RunEvent } from '../event.ts';
import { Interrupted } from '../engine/context.ts';

/** How a run ends, before its time and requests are counted. */
export type RunOutcome = Pick<
  Extract<RunEvent, { type: 'finished' }>,
  'result' | 'code' | 'exitCode' | 'message' | 'next' | 'proven' | 'terminated' | 'release' | 'testUrls'
> &
  Pick<JournalEntry, 'production'>;

export function done(message: string, next: readonly string[]): RunOutcome {
  return { result: 'done', code: 'done', exitCode: ExitCode.done, message, next };
}

export function planned(message: string): RunOutcome {
  return { result: 'planned', code: 'planned', exitCode: ExitCode.done, message, next: [] };
}

/** It failed, and can be left as it is. */
export function safe(result: 'failed' | 'undone', message: string, next: readonly string[]): RunOutcome {
  return { result, code: result, exitCode: ExitCode.safe, message, next };
}

/** It stopped half-way on purpose; the goal stays on record. */
export function held(message: string, next: readonly string[]): RunOutcome {
  return { result: 'failed', code: 'held', exitCode: ExitCode.held, message, next };
}

export const LOOK = '`turnout status` shows what is where';

export function needsAttention(message: string, ways: readonly string[]): RunOutcome {
  const next = [LOOK, ...ways];
  return { result: 'failed', code: 'needs-attention', exitCode: ExitCode.needsAttention, message, next };
}

/** The process slept at its very end: by the time that its last sentence is read, others may have gone on. */
export function withAge(ending: RunOutcome, ageMs: number): RunOutcome {
  const message = `${ending.message} That was so ${ago(ageMs / 1000)}; others may have gone on since.`;
  return { ...ending, message, next: ['`turnout status` shows how things are now', ...ending.next] };
}

/** The run stopped before its goal was reached, without trying to go anywhere else. */
export function stopped(error: unknown, task: Task, goal: Goal): RunOutcome {
  if (!(error instanceof Interrupted)) return outcomeOf(error);
  const message = `${error.message} Nothing is broken; the ${goal.verb} is not finished.`;
  return interrupted(message, waysToContinue(task, goal.release));
}

/** The ending that an error stands for. What is not one of those that runs end with is thrown on. */
export function outcomeOf(error: unknown): RunOutcome {
  if (error instanceof RunFault)
    return { result: 'failed', code: 'fault', exitCode: ExitCode.fault, message: error.message, next: error.next };
  if (error instanceof Interrupted) return interrupted(`${error.message} Nothing was changed.`, []);
  if (!(error instanceof OperatorError)) throw error;
  const { code, exitCode, message, next } = error;
  return { result: exitCode === ExitCode.refused ? 'refused' : 'failed', code, exitCode, message, next };
}

/** The error, if it is one that runs end with; else it is a fault of ours. */
export function knownError(error: unknown, position?: Position): Error {
  if (error instanceof OperatorError || error instanceof Interrupted || error instanceof RunFault) return error;
  return new RunFault(error, position);
}

function interrupted(message: string, next: readonly string[]): RunOutcome {
  return { result: 'interrupted', code: 'interrupted', exitCode: ExitCode.interrupted, message, next };
}

/** For the journal; empty where clients were not watched. */
export function trafficOf(seen: TrafficSeen | undefined): Pick<JournalEntry, 'traffic'> {
  if (seen === undefined) return {};
  const { timeline: _, ...traffic } = seen;
  return { traffic };
}
