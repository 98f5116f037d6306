import { ExitCode, messageOf, OperatorError } from '../../errors.ts';
import type { Goal } from '../../domain/goal.ts';
import type { HeldLease } from '../../record/lease.ts';
import type { Setup } from './setup.ts';

type Recorded = Pick<Setup, 'store' | 'view' | 'ports' | 'nested'>;

/**
 * The goal on record, for as long as it is open. It must be there before the first change; after that, a store that fails
 * ends nothing: how far the run is can be seen in AWS, and whether it may go on is for the lease to say.
 */
export class Recording {
  readonly #setup: Recorded;
  readonly #lease: HeldLease;
  readonly #goal: Goal;
  readonly #stepsAll: number;

  constructor(setup: Recorded, lease: HeldLease, goal: Goal, stepsAll: number) {
    this.#setup = setup;
    this.#lease = lease;
    this.#goal = goal;
    this.#stepsAll = stepsAll;
  }

  /** Rejects when it cannot be recorded: then nothing may be changed. */
  async begin(): Promise<void> {
    if (this.#setup.nested) return;
    await this.#put(0);
  }

  async reached(stepsDone: number): Promise<void> {
    if (stepsDone === 0 || this.#setup.nested) return;
    await this.#put(stepsDone).catch(this.#pass('How far this run is could not be recorded'));
  }

  /** The goal is reached, or given up. */
  async forget(): Promise<void> {
    const { store, nested } = this.#setup;
    if (nested) return;
    await store
      .clearGoal(this.#lease.lease)
      .catch(this.#pass('The goal is reached and could not be forgotten (`turnout abandon` does it)'));
  }

  async #put(stepsDone: number): Promise<void> {
    const { store, ports } = this.#setup;
    const updatedAt = new Date(ports.clock.now()).toISOString();
    await store.putGoal(this.#lease.lease, { goal: this.#goal, stepsDone, stepsAll: this.#stepsAll, updatedAt });
  }

  /** Warns of an error, unless it says that the lease is somebody else's. */
  #pass(what: string): (error: unknown) => void {
    return (error) => {
      if (error instanceof OperatorError && error.exitCode === ExitCode.leaseLost) throw error;
      this.#setup.view.emit({ type: 'warning', message: `${what}: ${messageOf(error)}` });
    };
  }
}
