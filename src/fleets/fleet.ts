import type { LaunchSpec } from '../domain/goal.ts';
import type { PreparedGroup } from '../domain/prepared.ts';
import type { HeldMinimum } from '../domain/scaling.ts';
import type { DeployNote, Fleet, Instance, Marks, Membership } from '../domain/snapshot.ts';
import type { Unreadable } from '../domain/unreadable.ts';

/** The fleets of this environment, and those of the requested instances that belong to none of them. */
export interface FleetReading {
  readonly fleets: readonly Fleet[];
  readonly unmanaged: readonly Instance[];
  /** Holders of fleets that the config names and that do not exist. */
  readonly noGroups?: readonly Unreadable[];
}

/** What the next fleet should be. */
export interface LaunchRequest {
  readonly release: string;
  /** Number of instances by zone, for example `{ 'eu-west-1a': 2 }`. */
  readonly zones: Readonly<Record<string, number>>;
  /** The fleet that serves now. Its instances are cloned if the config has no launch template. */
  readonly blue: Fleet;
  /** The instance of it that is cloned, where its instances differ. */
  readonly cloneFrom?: string;
  /** Id of the fleet to be. Absent: it is only asked what it would be. */
  readonly fleet?: string;
  /** ARNs of the target groups that it has to itself from its start: where weights move traffic. */
  readonly targetGroups?: readonly string[];
  /** It takes the place of `blue`, instance by instance, in the same Auto Scaling group. */
  readonly refresh?: true;
  /** Its instances stay then, and get other root volumes. */
  readonly rootVolumes?: true;
}

/** A fleet to launch, with the result of `resolve`. */
export interface LaunchOrder {
  readonly fleet: string;
  readonly release: string;
  readonly spec: LaunchSpec;
  /** Marks that it has from its launch on. */
  readonly marks?: Marks;
  /** Of a group: what its minimum is raised to, and what it is put back to. */
  readonly held?: HeldMinimum;
}

/** Sizes to give to the group of a fleet, in its own units. */
export interface GroupSizes {
  readonly minimum: number;
  /** Absent: as it is. */
  readonly desired?: number;
  /** What is recorded of the minimum as it was before; absent where nothing holds it any more. */
  readonly held?: HeldMinimum;
}

/** What a deploy in place does to the group of a fleet. Only of fleets that have one. */
export interface StandbyChanges {
  /** Sets the group's minimum and suspends processes of it, once that is recorded on its tags. */
  prepare(fleet: Fleet, prepared: PreparedGroup): Promise<void>;
  /** Puts back what is recorded, and forgets it. */
  restore(fleet: Fleet): Promise<void>;
  /** Takes those out of service that are in it: their group deregisters them, drains them, and launches none for them. */
  enterStandby(fleet: Fleet, instances: readonly Instance[]): Promise<void>;
  /** Puts those into service that are in Standby: their group registers them. */
  exitStandby(fleet: Fleet, instances: readonly Instance[]): Promise<void>;
}

/** An instance refresh of a fleet's group. */
export interface RefreshOrder {
  readonly release: string;
  readonly spec: LaunchSpec;
  /** What stays in service, and how much there may be, in percent of the desired capacity. */
  readonly minPercent: number;
  readonly maxPercent: number;
  readonly run: string;
  readonly who: string;
  readonly since: string;
}

/** Instance refreshes of the group of a fleet. Only of fleets that have one. */
export interface RefreshChanges {
  /** Records it, and starts it; where one is under way that goes away from the release, rolls that back. */
  startRefresh(fleet: Fleet, order: RefreshOrder): Promise<void>;
  cancelRefresh(fleet: Fleet): Promise<void>;
  /** The release of the group is the one that it was refreshed to. */
  finishRefresh(fleet: Fleet): Promise<void>;
}

/** Running instances that are to become a fleet. */
export interface ClaimRequest {
  readonly fleet: string;
  readonly release: string;
  readonly instances: readonly string[];
  /** `current` among them: they become the current fleet. */
  readonly marks: Marks;
}

/** Notes to write on single instances; absent ones stay unchanged. */
export interface Notes {
  readonly release?: string;
  readonly deploy?: DeployNote;
  /** An empty list removes the note. */
  readonly left?: readonly Membership[];
}

/**
 * A kind of fleet: how instances are found, booted, tagged and terminated. Reads are eventually consistent; every change is
 * idempotent, so it can be repeated when its response got lost. Errors are `OperatorError`s, translated in `src/aws`.
 */
export interface FleetPort extends StandbyChanges, RefreshChanges {
  readonly kind: string;
  /** How many instances a new fleet has, where the config fixes that. */
  readonly count: number | undefined;
  /**
   * All instances with this environment's ownership tags, and those of `ids` without them (unknown ids are omitted). `ids` may
   * be a promise, so that the tags are read while the ids are being read.
   */
  read(ids: readonly string[] | Promise<readonly string[]>): Promise<FleetReading>;
  /** Reads these fleets only, by id; a fleet without instances is omitted. */
  readFleets(ids: readonly string[]): Promise<readonly Fleet[]>;
  /** Resolves a release to exact ids. Changes nothing. @throws OperatorError when the image, launch template or version does not exist */
  resolve(request: LaunchRequest): Promise<LaunchSpec>;
  /** Launches the instances of the spec that are missing, tagged at launch; the same order never launches an instance twice. */
  launch(order: LaunchOrder): Promise<void>;
  /** Writes ownership tags and marks on running instances. */
  claim(request: ClaimRequest): Promise<void>;
  /** Writes marks on all instances of the fleet. */
  mark(fleet: Fleet, marks: Marks): Promise<void>;
  /** Whether all instances of the fleet carry these marks. */
  carries(fleet: Fleet, marks: Marks): Promise<boolean>;
  /** Writes notes on single instances of any of the fleets, as tags. */
  note(instances: readonly Instance[], notes: Notes): Promise<void>;
  /** Sets the sizes of the fleet's group. Only of fleets that have one. */
  resize(fleet: Fleet, sizes: GroupSizes): Promise<void>;
  /** Attaches the fleet's group to a target group, by its ARN: it registers what it has and what it launches. Only of fleets that have one. */
  attach(fleet: Fleet, targetGroup: string): Promise<void>;
  /** Detaches it: what it has there drains, and keeps running. */
  detach(fleet: Fleet, targetGroup: string): Promise<void>;
  /** Terminates the remaining instances of the fleet. The caller has checked that none is in production. */
  terminate(fleet: Fleet): Promise<void>;
  /** Deletes the holder of the fleet (`Fleet.holder`) and the records of its instances, once all of them have terminated. */
  remove(fleet: Fleet): Promise<void>;
}

async function noGroup({ id }: Fleet): Promise<never> {
  throw new Error(`The fleet ${id} is no group that could be changed.`);
}

/** Of fleets that have no group. */
export const NO_GROUP = {
  resize: noGroup,
  attach: noGroup,
  detach: noGroup,
  prepare: noGroup,
  restore: noGroup,
  enterStandby: noGroup,
  exitStandby: noGroup,
  startRefresh: noGroup,
  cancelRefresh: noGroup,
  finishRefresh: noGroup,
} as const satisfies Partial<FleetPort>;
