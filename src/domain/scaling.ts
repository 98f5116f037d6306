import type { PreparedGroup } from './prepared.ts';
import type { RecordedRefresh, SeenRefresh } from './refresh.ts';

/** Fleets that are the instances of an Auto Scaling group, which launches, replaces and terminates them by itself. */

/** A minimum that a run has raised, so that the group does not scale in. Recorded on the group's tags before it is raised. */
export interface HeldMinimum {
  /** What the group's minimum is put back to. */
  readonly before: number;
  /** What it was raised to. */
  readonly at: number;
  readonly run: string;
  /** ISO time. */
  readonly since: string;
  /** `user@host`. */
  readonly who: string;
}

/** An Auto Scaling group as it is now. Sizes are in units of capacity: instances, or the weights of their types. */
export interface FleetGroup {
  readonly name: string;
  readonly minimum: number;
  readonly maximum: number;
  readonly desired: number;
  /** What its instances in service add up to, in the same units. */
  readonly capacity: number;
  /** How many instances are in service (`InService`). */
  readonly inService: number;
  readonly zones: readonly string[];
  /** ARNs of the target groups that it registers its instances with. */
  readonly targetGroups: readonly string[];
  /** turnout has made it, and deletes it with its fleet. Absent: it stays, at 0. */
  readonly clone?: true;
  /** It is attached to the pools of production or of test in turn. Absent: it stays in a pool of its own. */
  readonly moves?: true;
  /**
   * What it launches from, as `lt-0123 version 7`; of `$Latest` and `$Default` that word; with its images where a refresh has replaced root
   * volumes. Absent: a launch configuration.
   */
  readonly launches?: string;
  /** The release that it launches, by its tags: what is deployed in place is not launched. */
  readonly boots?: string;
  /** What the instances of its release are launched from. Absent: not recorded. */
  readonly carries?: string;
  readonly held?: HeldMinimum;
  /** What a deploy in place has changed. */
  readonly prepared?: PreparedGroup;
  /** Ids of instances that it must not scale in. */
  readonly protects: readonly string[];
  /** Processes that are suspended, in AWS's words. */
  readonly suspended: readonly string[];
  /** Those of them that AWS has suspended itself, as it does when launches fail for a day. */
  readonly suspendedByAws?: readonly string[];
  /** How many instances its warm pool has. Absent: there is none. */
  readonly warm?: number;
  /** State of the instance refresh that is under way. */
  readonly refresh?: string;
  /** The newest refresh, also one that has ended. */
  readonly newest?: SeenRefresh;
  /** A refresh of turnout's that is not done. */
  readonly recorded?: RecordedRefresh;
  /** The AWS service that alone may change it (`Operator`). */
  readonly managedBy?: string;
  /** `Delete in progress`. */
  readonly status?: string;
  /** Why launches failed lately, in the words of its scaling activities, the newest first. */
  readonly failures: readonly string[];
}

/** `2 5 261127-1405-k3f9 2026-11-27T14:05:00.000Z ann@ci`, in the characters that a tag may have. */
export function heldText({ before, at, run, since, who }: HeldMinimum): string {
  return [before, at, run, since, who.replaceAll(/[^\p{L}\p{N} +\-=._:/@]/gu, '_')].join(' ').slice(0, 256);
}

export function heldIn(text: string | undefined): HeldMinimum | undefined {
  const [, before, at, run, since, who] = /^(\d+) (\d+) (\S+) (\S+) (.*)$/.exec(text ?? '') ?? [];
  if (before === undefined || run === undefined || since === undefined || who === undefined) return undefined;
  return { before: Number(before), at: Number(at), run, since, who };
}
