import type {
  Delivery,
  EndedFleet,
  GoalOf,
  LaunchSpec,
  MinimumHealthy,
  Refusal,
  RequestedBy,
  Verb,
} from '../src/domain/goal.ts';
import type { LaunchRequest } from '../src/fleets/fleet.ts';
import { NOTHING, type Reads } from '../src/observe/reads.ts';
import type { AfterFailure, Failure, Plan } from '../src/plan/plan.ts';
import type { ProductionRecord } from '../src/domain/production-record.ts';
import type { Snapshot } from '../src/domain/snapshot.ts';
import type { SwitchSettings } from '../src/domain/traffic.ts';
import type { OptionDefinitions, OptionsOf } from './options.ts';

/** What a task needs to pin its goal. */
export interface Request<D = OptionDefinitions> {
  readonly snapshot: Snapshot;
  readonly options: OptionsOf<D>;
  readonly requestedBy: RequestedBy;
  /** Resolves what a release boots to exact ids; changes nothing. */
  readonly resolve: (request: LaunchRequest) => Promise<LaunchSpec>;
  /** What the config decides about a switch, to be pinned in the goal. */
  readonly settings: SwitchSettings;
  /** How code gets onto a running instance; undefined where the config does not say. */
  readonly delivery?: Delivery | undefined;
  /** How many instances a new fleet has, where the config fixes that. */
  readonly fleetCount?: number | undefined;
  /** What production was after the last run that was about it, as far as that is known. */
  readonly lastProduction?: ProductionRecord | undefined;
}

/** Where things stand after a run, and what can be done next. */
export interface Summary {
  readonly message: string;
  readonly next: readonly string[];
  /** What this run, or what it continues, was to end. */
  readonly terminated?: readonly EndedFleet[];
  /** Where what it has brought up can be tried. */
  readonly testUrls?: readonly string[];
}

/** A verb as a runbook: what it is called, what it is asked, and its plan. All of it pure but for `resolve`. */
export interface Task<V extends Verb = Verb, D extends OptionDefinitions = OptionDefinitions> {
  readonly verb: V;
  readonly summary: string;
  readonly details: string;
  readonly examples: readonly (readonly [command: string, what: string])[];
  readonly options: D;
  /** It moves production to another fleet; the minimum healthy of an unfinished one holds for its opposite. */
  readonly movesProduction: boolean;
  /** It says which fleet is to serve: what production is when it is done, is meant to be so. */
  readonly decidesProduction: boolean;
  /** It leads out of trouble: nothing but production and the fleets themselves keeps it from that. */
  readonly isEmergencyExit: boolean;
  /** It does not begin in a closed time of the config. */
  readonly heedsFreeze: boolean;
  /** Production's own answers show whether it is done. */
  readonly verifiesRelease: boolean;
  /** It is about instances that the operator names, and can always be requested. */
  readonly aboutInstances: boolean;
  /** It works on servers that stay, and needs a deployer. */
  readonly inPlace: boolean;
  /** How far it looks beyond the config for what holds the instances and what leads to them; see `OutsideRequest`. */
  readonly looksOutside: 'all' | 'some' | 'no';
  /** Where the result can be tried belongs into the last sentence. */
  readonly tellsUrls: boolean;
  /** Hooks that run in it beside those around every task. */
  readonly hooks: readonly ('onRollback' | 'afterInstance')[];
  /** The verbs that may take over while this one is unfinished. */
  readonly mayBeReplacedBy: readonly Verb[];
  /** The command that continues an unfinished one; undefined where only `resume` does. */
  readonly again: ((release: string) => string) | undefined;
  /** The command that reverts an unfinished one, and what it does; undefined where there is none. */
  readonly wayBack: { readonly command: string; readonly does: string } | undefined;
  /** What else it has to know before it plans, of the world as it was just read. */
  readsAlso(snapshot: Snapshot, settings: SwitchSettings): Reads;
  /** It has to know about requests to fleets that production has left. */
  watchesResidualTraffic(options: OptionsOf<D>): boolean;
  /** Pins exactly what is wanted in this world, or refuses. */
  pinGoal(request: Request<D>): Promise<GoalOf<V> | Refusal> | GoalOf<V> | Refusal;
  /** The minimum healthy that it keeps; `as-now` where it takes nothing out of production. */
  minimumHealthy(goal: GoalOf<V>): MinimumHealthy | 'as-now';
  /** The steps from this world to the goal; none when it is reached. */
  plan(snapshot: Snapshot, goal: GoalOf<V>): Plan | Refusal;
  /** What to do when a run has failed: revert it by another goal, or leave things as they are. */
  afterFailure(snapshot: Snapshot, goal: GoalOf<V>, failure: Failure): AfterFailure;
  /** Whether the snapshot shows that a run for this release is done: then it is not older than the run's last change. */
  isVisible(snapshot: Snapshot, release: string): boolean;
  /** What to ask before changing anything. */
  question(snapshot: Snapshot, goal: GoalOf<V>): string;
  /** What a look at the end shows that is not as `standing` says: a sentence without its subject; undefined when all is. */
  finalProblem(snapshot: Snapshot, goal: GoalOf<V>): string | undefined;
  /** Where things stand once the goal is reached. */
  standing(snapshot: Snapshot, goal: GoalOf<V>): Summary;
}

/** A task says about itself that it is one of these, and what is different in it. */
const NONE = {
  movesProduction: false,
  decidesProduction: false,
  isEmergencyExit: false,
  heedsFreeze: false,
  verifiesRelease: false,
  aboutInstances: false,
  inPlace: false,
  looksOutside: 'some',
  tellsUrls: false,
  hooks: [],
  readsAlso: () => NOTHING,
  watchesResidualTraffic: () => false,
} as const;

/** It moves production from one fleet to the other. */
export const SWITCH = { ...NONE, movesProduction: true, decidesProduction: true, verifiesRelease: true } as const;

/** It begins or ends fleets beside production. */
export const FLEETS = { ...NONE, minimumHealthy: () => 'as-now' as const };

/** It works on servers that stay. */
export const IN_PLACE = {
  ...NONE,
  inPlace: true,
  looksOutside: 'all',
  mayBeReplacedBy: ['rolling', 'deploy', 'drain', 'join'],
  isVisible: () => false,
} as const;
