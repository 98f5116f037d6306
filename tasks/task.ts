import type { Asked, Goal, GoalOf, LaunchSpec, Refusal, Verb } from '../src/plan/goal.ts';
import type { LaunchWish } from '../src/fleets/fleet.ts';
import type { Plan } from '../src/plan/step.ts';
import type { Snapshot } from '../src/observe/snapshot.ts';

/** What the command line may say to a task. */
export interface Wish {
  readonly release?: string;
  readonly count?: number;
  readonly floor?: number;
  readonly discard?: boolean;
  readonly wait?: boolean;
  readonly 'accept-tail'?: boolean;
  /** Ascending, in percent. */
  readonly steps?: readonly number[];
  /** Seconds. */
  readonly every?: number;
  /** Percent. */
  readonly to?: number;
}

export interface Option {
  /** `percents`: such as `1,10,50,100`. `duration`: such as `2m`, in seconds. */
  readonly type: 'string' | 'number' | 'boolean' | 'percents' | 'duration';
  readonly describe: string;
  readonly required?: true;
}

/** What a task needs to pin its goal. */
export interface Request {
  readonly snapshot: Snapshot;
  readonly wish: Wish;
  readonly asked: Asked;
  /** Resolves what a release boots to exact ids; changes nothing. */
  readonly resolve: (wish: LaunchWish) => Promise<LaunchSpec>;
}

/** Where things stand after a run, and what can be done next. */
export interface Standing {
  readonly message: string;
  readonly next: readonly string[];
}

/** `safe`: can be left as it is. `person`: somebody should look now. */
export type AfterFailure = { readonly undo: Goal } | { readonly leave: 'safe' | 'person'; readonly message: string };

/** A verb as a runbook: what it is called, what it is asked, and its plan. All of it pure but for `resolve`. */
export interface Task<V extends Verb = Verb> {
  readonly verb: V;
  readonly summary: string;
  readonly details: string;
  readonly examples: readonly (readonly [command: string, what: string])[];
  readonly options: Readonly<Partial<Record<keyof Wish, Option>>>;
  /** Pins exactly what is wanted in this world, or refuses. */
  aim(request: Request): Promise<GoalOf<V> | Refusal> | GoalOf<V> | Refusal;
  /** The steps from this world to the goal; none when it is reached. */
  plan(snapshot: Snapshot, goal: GoalOf<V>): Plan | Refusal;
  /** What to do when a step has failed: lead back by another goal, or leave things as they are. */
  afterFailure(snapshot: Snapshot, goal: GoalOf<V>): AfterFailure;
  /** Where the result can be tried belongs into the last sentence. */
  readonly tellsUrls?: true;
  /** The verbs that may take over while this one is unfinished. */
  readonly mayBeReplacedBy: readonly Verb[];
  /** What to ask before changing anything. */
  question(snapshot: Snapshot, goal: GoalOf<V>): string;
  /** Where things stand once the goal is reached. */
  standing(snapshot: Snapshot, goal: GoalOf<V>): Standing;
}
