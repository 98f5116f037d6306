import type { DeployOrder } from '../domain/deploys.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { Count } from '../domain/waiting.ts';
import type { Reads } from '../observe/reads.ts';
import type { Ports } from './ports.ts';

/** `todo`: its effect is yet to be requested. `under way`: requested, AWS is working on it. `done`: seen to be so. */
export type Progress = 'todo' | 'under way' | 'done';

/** What a step does to the world, as far as guards, the plan's reader and the tests care. */
export type Effect =
  /** Nothing: it waits. */
  | 'waits'
  /** Waits for a person's answer. */
  | 'asks'
  /** Nothing: it collects evidence, and can do so again at any time. */
  | 'verifies'
  /** Writes tags or TTLs, or targets that only test traffic reaches: takes nothing from production. */
  | 'records'
  /** Starts instances. */
  | 'launches'
  | 'adds-capacity'
  | 'removes-capacity'
  /** Changes weights. */
  | 'shifts-traffic'
  /** Changes what runs on instances. */
  | 'deploys'
  /** Terminates instances, or deletes what held them. */
  | 'destroys';

const MOVES: ReadonlySet<Effect> = new Set<Effect>(['adds-capacity', 'removes-capacity', 'shifts-traffic']);

/** It changes what serves production. */
export function movesProduction(effect: Effect): boolean {
  return MOVES.has(effect);
}

/** Time limits of a run, in milliseconds. */
export interface Limits {
  /** Until every instance runs. */
  readonly bootMs: number;
  /** Until targets are healthy, or a guard allows a step. */
  readonly healthyMs: number;
  /** Until draining has ended. */
  readonly releasedMs: number;
  /** Until production's own answers show a switch. */
  readonly provenMs: number;
  /** Until green has passed its checks. */
  readonly warmMs: number;
  /** Until Route 53, or what name servers answer, shows a change. */
  readonly dnsMs: number;
  /** Until a deploy, or the migrations, have ended. */
  readonly deployMs: number;
  /** Until no work of the other side is under way. */
  readonly idleMs: number;
}

/** Everything that is known of one step. Pure but for `apply`; nothing has a default, so that the compiler names what a new kind lacks. */
export interface StepBehaviour {
  /** What is shown before and while it is done, with counts. */
  title(snapshot: Snapshot): string;
  /** Ids of the instances that it affects now. */
  instances(snapshot: Snapshot): readonly string[];
  /** Seconds that it is expected to take. */
  estimateS(snapshot: Snapshot): number;
  /** Answers four questions: skip it on resume, when to stop waiting, what the plan says, what a test asserts. */
  progress(snapshot: Snapshot): Progress;
  /** Why it must not be applied to this world; asked directly before each attempt. */
  guard(snapshot: Snapshot): string | undefined;
  /** What looks like another actor's change, unless the reading is older than what this run has changed. */
  conflict(snapshot: Snapshot): string | undefined;
  /** Why waiting longer is in vain. */
  cannotSucceed(snapshot: Snapshot): string | undefined;
  /** How far it is, and what is missing. */
  count(snapshot: Snapshot): Count | undefined;
  /** What was seen last, for the message when time runs out. */
  lastSeen(snapshot: Snapshot): string | undefined;
  /** What to read directly before it is applied. */
  readsBefore(snapshot: Snapshot): Reads;
  /** What to read to see how far it is. */
  readsToPoll(snapshot: Snapshot): Reads;
  effect(snapshot: Snapshot): Effect;
  /** It only records what helps later: an emergency exit goes on without it where it is denied. */
  readonly isDispensable: boolean;
  /** It comes once a switch is proven, and may take long: what is handed over with traffic is handed over before it. */
  readonly isAfterSwitch: boolean;
  /** Milliseconds after which it has failed. */
  timeLimitMs(limits: Limits, progress: Progress): number;
  /** Milliseconds until the next reading. */
  pollEveryMs(snapshot: Snapshot, waitedMs: number): number;
  /** What it hands to a deployer. */
  readonly order: DeployOrder | 'none';
  /** The hooks of the config that run around it. */
  readonly hook: 'none' | 'before-instances' | 'after-instances';
  /** Requests its effect. Idempotent: sends nothing that is done already. */
  apply(ports: Ports, snapshot: Snapshot): Promise<void>;
  /** The world once it is done and nothing else has happened: for showing a plan before it is run. */
  simulate(snapshot: Snapshot): Snapshot;
}

/**
 * A kind of step. The step itself is data: it can be shown, counted, compared and kept. Steps that move a fleet name it and a
 * pool, never a list of instances, so that they stay true when an instance dies; those of a deploy in place are about one
 * batch of instances, and name it.
 */
export type StepDefinition<S extends { readonly do: string }> = (step: S) => StepBehaviour;

/** Nothing to say, in any world. */
export const never = (): undefined => undefined;
