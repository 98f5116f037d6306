import type { EndedFleet, Verb } from '../domain/goal.ts';
import type { Judgement } from '../domain/gates.ts';
import type { Location } from '../domain/location.ts';
import type { ExitCode } from '../errors.ts';
import type { StepKind } from '../steps/index.ts';
import type { Holder } from '../stores/store.ts';
import type { TrafficSeen } from '../probe/seen.ts';
import type { Count, Waiting } from '../domain/waiting.ts';

/** A step of a plan, as it is shown. */
export interface PlannedStep {
  /** The kind of step, such as `register`; scripts may rely on it. */
  readonly do: StepKind;
  /** What it does, in words, with counts: `register 3 instances of 42 with shop-production`. */
  readonly title: string;
  readonly fleet: string;
  readonly pool?: string;
  /** Ids of the instances that it changes. */
  readonly instances: readonly string[];
  /** Whether it waits for a person's answer. */
  readonly asks: boolean;
  /** Expected time in seconds. */
  readonly seconds: number;
  /** Healthy targets by production pool once the step is done. */
  readonly healthyAfter: Readonly<Record<string, number>>;
}

/** A run before another one that waits for the lease. */
export interface RunAhead extends Pick<Holder, 'run' | 'verb' | 'release' | 'who' | 'since'> {
  /** Whether it holds the lease; otherwise it waits, too. */
  readonly holds: boolean;
  /** Its current step, as a sentence; empty before the first one. */
  readonly doing: string;
}

export type Result = 'done' | 'planned' | 'refused' | 'undone' | 'failed' | 'interrupted';

/** All that a run reports; views turn it into text and add the time. */
export type RunEvent =
  | {
      readonly type: 'started';
      readonly run: string;
      readonly environment: string;
      readonly verb: Verb;
      readonly release?: string;
      readonly who: string;
    }
  | {
      /** The run waits for the lease. */
      readonly type: 'queued';
      /** 1 is the next one to get it. */
      readonly place: number;
      /** In the order in which they get the lease. */
      readonly ahead: readonly RunAhead[];
    }
  | {
      readonly type: 'planned';
      readonly steps: readonly PlannedStep[];
      readonly notes: readonly string[];
      /** Healthy targets by production pool now, and the minimum. */
      readonly healthyNow: Readonly<Record<string, number>>;
      readonly minimumHealthy: Readonly<Record<string, number>>;
      readonly seconds: number;
      /** Absent when no ARN says it. */
      readonly location?: Location;
    }
  | { readonly type: 'step-started'; readonly index: number; readonly title: string }
  | ({ readonly type: 'step-waiting'; readonly index: number } & Count)
  | { readonly type: 'step-done'; readonly index: number; readonly seconds: number; readonly already: boolean }
  | {
      readonly type: 'step-failed';
      readonly index: number;
      readonly message: string;
      readonly waiting: readonly Waiting[];
    }
  | {
      /** A line that one of the operator's programs wrote: a deploy, a migration, a hook. */
      readonly type: 'output';
      readonly line: string;
      /** Absent when it is not about one instance. */
      readonly instance?: string;
    }
  | ({
      /** What a gate says of the release with that share of production; again when that changes. */
      readonly type: 'verdict';
      readonly percent: number;
    } & Omit<Judgement, 'at'>)
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'undoing'; readonly why: string }
  /** What clients saw from start to end of the run (`--watch-traffic`). */
  | ({ readonly type: 'traffic' } & TrafficSeen)
  | {
      readonly type: 'finished';
      readonly result: Result;
      readonly code: string;
      readonly exitCode: ExitCode;
      /** The last sentence: how things are now. */
      readonly message: string;
      /** What can be done next. */
      readonly next: readonly string[];
      readonly seconds: number;
      readonly awsRequests: number;
      /** Answers of production in a row that prove its switch; absent when it is not proven. */
      readonly proven?: number;
      /** What a `cleanup` that is done has terminated. */
      readonly terminated?: readonly EndedFleet[];
      /** Absent where no run began. */
      readonly run?: string;
      /** What it was about, as far as that was known. */
      readonly release?: string;
      /** Where the new fleet can be tried. */
      readonly testUrls?: readonly string[];
    };

/** Where events go. */
export type Emit = (event: RunEvent) => void;

/** Draws a run; one of `listr`, `lines`, `json`. */
export interface View {
  readonly emit: Emit;
  /** Asks on the terminal; resolves to false for any answer but yes. */
  confirm(question: string): Promise<boolean>;
  /** Waits until everything is drawn. */
  close(): Promise<void>;
}
