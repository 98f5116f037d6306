import type { Snapshot } from '../../domain/snapshot.ts';
import type { Waiting } from '../../domain/waiting.ts';
import type { Effect, Limits } from '../../steps/definition.ts';
import type { Step } from '../../steps/index.ts';
import type { Ports } from '../../steps/ports.ts';
import type { Emit } from '../event.ts';

/** A step did not get there: it names the step, the last thing seen, and what it waits for. */
export class StepFailed extends Error {
  readonly step: Step;
  readonly waiting: readonly Waiting[];
  /** The world in which it stopped. */
  readonly seen: Snapshot;
  /** What can be done about it. */
  readonly next: readonly string[];
  /** Others have changed what it is about. */
  readonly isConflict: boolean;

  constructor(
    step: Step,
    message: string,
    waiting: readonly Waiting[],
    seen: Snapshot,
    {
      next = [],
      isConflict = false,
    }: { readonly next?: readonly string[] | undefined; readonly isConflict?: boolean } = {},
  ) {
    super(message);
    this.name = 'StepFailed';
    this.step = step;
    this.waiting = waiting;
    this.seen = seen;
    this.next = next;
    this.isConflict = isConflict;
  }
}

/** Why a run was asked to stop: given as the reason of the abort signal. */
export class Interrupted extends Error {
  constructor(signal: string) {
    super(`Stopped by ${signal}.`);
    this.name = 'Interrupted';
  }
}

/** What steps are run with. */
export interface RunContext {
  readonly ports: Ports;
  readonly limits: Limits;
  readonly emit: Emit;
  /** Aborted by the first Ctrl-C: the request in hand is finished, then the run stops. */
  readonly signal: AbortSignal;
  /** Called as each step begins, with the number of steps done: keeps the recorded goal and the lease up to date. */
  readonly reached: (stepsDone: number, title: string) => Promise<void>;
  /** Awaited before capacity is removed: until answers show what other runs have changed. */
  readonly settled: () => Promise<void>;
  /** It leads out of trouble: what is only recorded, and denied, does not stop it. */
  readonly isEmergency?: boolean;
  /** Id of the store of this run. */
  readonly store: string;
  /** Awaited before production is changed: until a run with another store has seen that this one keeps the environment. */
  readonly noticed: (snapshot: Snapshot) => Promise<void>;
  /** Called with each decision to change something, and when the look began that it rests on: see `Decision`. */
  readonly decided: (lookedFrom: number) => void;
  /** Called after each request that may have changed something, with what it was to do. */
  readonly changed: (effect: Effect) => void;
  /** Called at the end, where what showed the last effect was a look at everything, which began then on the monotonic clock. */
  readonly sawAll: (snapshot: Snapshot, lookedFrom: number) => void;
  /** Awaited before a conflict is believed: until answers show what this run has changed. */
  readonly shown: () => Promise<void>;
  /** Aborted when the lease is lost: what this run has under way by itself must end. */
  readonly lost?: AbortSignal;
  /** What is run around the steps of a deploy in place; `before` only where the step is not done already. */
  readonly hooks?: {
    /** @returns whether anything was run, and the world may have changed */
    readonly before: (step: Step, snapshot: Snapshot) => Promise<boolean>;
    readonly after: (step: Step, snapshot: Snapshot) => Promise<void>;
  };
}
