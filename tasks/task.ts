import type { Asked, Delivery, Goal, GoalOf, LaunchSpec, Refusal, Verb } from '../src/domain/goal.ts';
import type { LaunchRequest } from '../src/fleets/fleet.ts';
import type { Batch } from '../src/domain/batches.ts';
import type { Plan } from '../src/plan/plan.ts';
import type { Snapshot } from '../src/domain/snapshot.ts';

/** What the command line may say to a task. */
export interface Wish {
  readonly release?: string;
  readonly count?: number;
  readonly floor?: number;
  readonly discard?: boolean;
  readonly wait?: boolean;
  readonly acceptTail?: boolean;
  /** Ascending, in percent. */
  readonly steps?: readonly number[];
  /** Seconds. */
  readonly every?: number;
  /** Percent. */
  readonly to?: number;
  readonly batch?: Batch;
  readonly force?: boolean;
  readonly allowDowntime?: boolean;
  /** Ids. */
  readonly instances?: readonly string[];
  /** The instance that this runs on; `instances` has its id by the time that a task is asked. */
  readonly self?: boolean;
  /** Id of the run that did not end: nothing but its recorded goal. */
  readonly resumes?: string;
}

export interface Option {
  /** `percents`: such as `1,10,50,100`. `batch`: `2` or `25%`. `duration`: such as `2m`, in seconds. `list`: ids of instances. */
  readonly type: 'string' | 'number' | 'boolean' | 'percents' | 'batch' | 'duration' | 'list';
  /** What it is called on the command line, where that is not the key in hyphens. */
  readonly name?: string;
  readonly describe: string;
  readonly required?: true;
}

/** What a task needs to pin its goal. */
export interface Request {
  readonly snapshot: Snapshot;
  readonly wish: Wish;
  readonly asked: Asked;
  /** Resolves what a release boots to exact ids; changes nothing. */
  readonly resolve: (wish: LaunchRequest) => Promise<LaunchSpec>;
  /** How code gets onto a running instance; undefined where the config does not say. */
  readonly delivery?: Delivery | undefined;
}

/** Where things stand after a run, and what can be done next. */
export interface Summary {
  readonly message: string;
  readonly next: readonly string[];
}

/** `safe`: can be left as it is. `person`: somebody should look now. `next`: the ways on, where they are not those of every task. */
export type AfterFailure =
  | { readonly undo: Goal }
  | { readonly leave: 'safe' | 'person'; readonly message: string; readonly next?: readonly string[] };

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
  /** What the words after the verb are. */
  readonly positional?: 'instances';
  /** It looks for the instances in every target group, not only in those of the config. */
  readonly everywhere?: true;
  /** It has to know who still comes to fleets that production has left. */
  watchesTail?(wish: Wish): boolean;
  /** Whether a goal on record is what this wish asks for; by default, where it is about the same release. */
  fits?(goal: GoalOf<V>, wish: Wish): boolean;
  /** Where the result can be tried belongs into the last sentence. */
  readonly tellsUrls?: true;
  /** The verbs that may take over while this one is unfinished. */
  readonly mayBeReplacedBy: readonly Verb[];
  /** What to ask before changing anything. */
  question(snapshot: Snapshot, goal: GoalOf<V>): string;
  /** Where things stand once the goal is reached. */
  standing(snapshot: Snapshot, goal: GoalOf<V>): Summary;
}
