import type { Snapshot } from '../domain/snapshot.ts';
import type { Progress, Step } from './step.ts';
import type { Count } from '../domain/waiting.ts';

/** What a step means, as pure functions of a snapshot. `src/run/actions.ts` has the other half: how it is asked of AWS. */
export interface Meaning<S extends Step> {
  /** Answers four questions at once: skip it on resume, when to stop waiting, what the plan says, what a test asserts. */
  progress(snapshot: Snapshot, step: S): Progress;
  /** In words, with counts: what is shown before and while it is done. */
  title(snapshot: Snapshot, step: S): string;
  /** Ids of the instances it touches now. */
  touches(snapshot: Snapshot, step: S): readonly string[];
  /** Seconds that it is expected to take. */
  seconds(snapshot: Snapshot, step: S): number;
  /** What was seen last, when time runs out. */
  late?(snapshot: Snapshot, step: S): string | undefined;
  /** Why it must not be applied to this world; checked directly before it is. */
  forbids?(snapshot: Snapshot, step: S): string | undefined;
  /** How far it is, and who is missing. */
  count?(snapshot: Snapshot, step: S): Count | undefined;
  /** Why waiting on is in vain. */
  hopeless?(snapshot: Snapshot, step: S): string | undefined;
  /** What looks like somebody else's doing, unless the reading is older than what this run has changed. */
  disturbed?(snapshot: Snapshot, step: S): string | undefined;
}
