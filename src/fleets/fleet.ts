import type { LaunchSpec } from '../domain/goal.ts';
import type { StepOf } from '../steps/index.ts';
import type { DeployNote, Fleet, Instance, Marks, Membership } from '../domain/snapshot.ts';

/** What a fleet adapter reads: the fleets of this environment, and the instances asked for that belong to none. */
export interface FleetReading {
  readonly fleets: readonly Fleet[];
  readonly strangers: readonly Instance[];
}

/** What the next fleet shall be; `zones` says how many instances go where. */
export interface LaunchRequest {
  readonly release: string;
  /** Instances by zone, such as `{ 'eu-west-1a': 2 }`. */
  readonly zones: Readonly<Record<string, number>>;
  /** The fleet that serves now, to clone from where the config names no template. */
  readonly blue: Fleet;
}

/** What is to be noted on single instances; what is not named stays as it is. */
export interface Notes {
  readonly release?: string;
  readonly deploy?: DeployNote;
  /** An empty list takes the note away. */
  readonly left?: readonly Membership[];
}

/**
 * A kind of fleet: how instances are found, booted, tagged and terminated. Reads are eventually consistent; every change is
 * idempotent, so a change whose answer was lost can be asked for again. Errors are `OperatorError`s, translated in `src/aws`.
 */
export interface FleetPort {
  readonly kind: string;
  /**
   * All instances that carry this environment's ownership tags, and those of `ids` that don't (unknown ids are left out).
   * The ids may still be under way: the tags are read meanwhile.
   */
  read(ids: readonly string[] | Promise<readonly string[]>): Promise<FleetReading>;
  /** Reads these fleets alone, by id; of one that has nothing left there is nothing. */
  readFleets(ids: readonly string[]): Promise<readonly Fleet[]>;
  /** Resolves what a release boots to exact ids. Changes nothing. Throws an `OperatorError` when there is no such image, template or version. */
  resolve(wish: LaunchRequest): Promise<LaunchSpec>;
  /** Boots what is missing of the spec's batches, tagged at launch; the same step never boots an instance twice. */
  launch(step: StepOf<'launch'>): Promise<void>;
  /** Writes ownership tags on instances that run already, and makes them the current fleet as of `at`. */
  claim(step: StepOf<'claim'>): Promise<void>;
  /** Writes marks on all instances of the fleet. */
  mark(fleet: Fleet, marks: Marks): Promise<void>;
  /** Whether all of the fleet carries these marks by now. */
  carries(fleet: Fleet, marks: Marks): Promise<boolean>;
  /** Writes notes on single instances of any of the fleets, as tags. */
  note(instances: readonly Instance[], notes: Notes): Promise<void>;
  /** Terminates the fleet's instances that are not gone yet. The caller has checked that none is in production. */
  terminate(fleet: Fleet): Promise<void>;
  /** Deletes the fleet's holder (`Fleet.holder`) with what is left of its instances, once all of them have ended. */
  remove(fleet: Fleet): Promise<void>;
}
