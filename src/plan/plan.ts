import type { Step } from '../steps/index.ts';

/** What is left to do, in order. */
export interface Plan {
  readonly steps: readonly Step[];
  /** Sentences worth reading before saying yes. */
  readonly notes: readonly string[];
}
