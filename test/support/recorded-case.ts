import type { Goal, GoalOf, Verb } from '../../src/domain/goal.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import type { OptionsByVerb } from '../../tasks/index.ts';
import type { TaskOptions } from '../../tasks/options.ts';

/** What comes of one option: a goal that differs from the recorded one, the same because it says so already, or a refusal. */
export interface RecordedCase<G> {
  readonly goal: G;
  readonly seen: Snapshot;
  readonly given: TaskOptions;
  readonly becomes:
    | { readonly [K in keyof G]?: G[K] | undefined }
    | 'the same'
    | 'other-subject'
    | { readonly refused: string };
}

export type RecordedCases = {
  readonly [V in Verb]: { readonly [K in keyof OptionsByVerb[V]]-?: readonly RecordedCase<GoalOf<V>>[] };
};

/** A rolling deploy that goes by an instance refresh, which keeps the instances or not. */
export function refreshOf(goal: GoalOf<'rolling'>, rootVolumes: boolean): GoalOf<'rolling'> {
  const spec = { kind: 'fake', summary: [], batches: [], request: rootVolumes ? { rootVolumes } : {} };
  return { ...goal, batches: [], refresh: { spec, minPercent: 100, maxPercent: 100 } };
}

export function on<G extends Goal>(goal: G, seen: Snapshot) {
  return (given: TaskOptions, becomes: RecordedCase<G>['becomes']): RecordedCase<G> => ({ goal, seen, given, becomes });
}
