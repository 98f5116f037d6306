import type { Goal } from '../domain/goal.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { Step } from '../steps/index.ts';

/** What is left to do, in order. */
export interface Plan {
  readonly steps: readonly Step[];
  /** Sentences worth reading before saying yes. */
  readonly notes: readonly string[];
}

/** Why a run stopped. */
export interface Failure {
  /** Undefined where no step failed: a hook did, or the world could not be read. */
  readonly step: Step | undefined;
  readonly reason: string;
  /** Others have changed what the step is about. */
  readonly isConflict: boolean;
  /** The world in which it stopped; absent where no step failed. */
  readonly seen?: Snapshot;
}

/** `safe`: can be left as it is. `held`: nothing is known to be wrong, and a person decides. `needs-attention`: needs attention now. `next`: the ways on, where they are not those of every task. */
export type AfterFailure =
  | { readonly undo: Goal; /** What can be done once it is undone. */ readonly next: readonly string[] }
  | {
      readonly leave: 'safe' | 'held' | 'needs-attention';
      readonly message: string;
      readonly next?: readonly string[];
    };
