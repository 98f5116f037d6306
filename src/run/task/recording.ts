import { ExitCode, messageOf, OperatorError } from '../../errors.ts';
import type { Goal } from '../../domain/goal.ts';
import type { HeldLease } from '../../record/lease.ts';
import type { Setup } from './setup.ts';

/** The goal on record, for as long as it is open. */
export interface Recording {
  /** Rejects when it cannot be recorded: then nothing may be changed. */
  begin(): Promise<void>;
  reached(stepsDone: number): Promise<void>;
  /** The goal is reached, or given up. */
  forget(): Promise<void>;
}

/**
 * It must be there before the first change; after that, a store that fails ends nothing: how far the run is can be seen in
 * AWS, and whether it may go on is for the lease to say.
 */
export function createRecording(
  { store, view, ports, nested }: Pick<Setup, 'store' | 'view' | 'ports' | 'nested'>,
  { lease }: HeldLease,
  goal: Goal,
  stepsAll: number,
): Recording {
  const put = async (stepsDone: number): Promise<void> => {
    const updatedAt = new Date(ports.clock.now()).toISOString();
    await store.putGoal(lease, { goal, stepsDone, stepsAll, updatedAt });
  };
  /** Warns of an error, unless it says that another run has the lease. */
  const warn = (what: string) => (error: unknown) => {
    if (error instanceof OperatorError && error.exitCode === ExitCode.leaseLost) throw error;
    view.emit({ type: 'warning', message: `${what}: ${messageOf(error)}` });
  };
  const unforgotten = 'The goal is reached and could not be forgotten (`turnout abandon` does it)';
  return {
    begin: async () => (nested ? undefined : put(0)),
    reached: async (stepsDone) => {
      if (stepsDone === 0 || nested) return;
      await put(stepsDone).catch(warn('How far this run is could not be recorded'));
    },
    forget: async () => (nested ? undefined : store.clearGoal(lease).catch(warn(unforgotten))),
  };
}
