import type { DeployOrder } from '../domain/deploys.ts';
import type { Gate } from '../domain/gates.ts';
import type { GreenCheck } from '../domain/green-checks.ts';
import { hasGroups } from '../domain/scaled.ts';
import type { Marks, Snapshot, Trial } from '../domain/snapshot.ts';
import type { WayBackQuestion } from '../domain/way-back.ts';

/** Which part of the world is read again. */
export interface Reads {
  /** By name. */
  readonly pools: readonly string[] | 'all';
  /** By id; only with `all` are unmanaged instances looked for. */
  readonly fleets: readonly string[] | 'all';
  /** Whether that fleet carries these marks: for a large fleet far less to read than the fleet. */
  readonly marks?: { readonly fleet: string; readonly marks: Marks };
  readonly routes?: boolean;
  /** How far the last change of names has come. */
  readonly follow?: boolean;
  /** Asks production for some more answers. */
  readonly answers?: boolean;
  /** Asks a fleet without production's traffic for its release, where the pool is tested. */
  readonly trial?: Pick<Trial, 'fleet' | 'before'> & { readonly pool: string };
  /** Asks a fleet without production's traffic what these checks ask; the pool is where it is tested. */
  readonly green?: { readonly fleet: string; readonly pool: string; readonly checks: readonly GreenCheck[] };
  /** Asks the gates about a fleet that has that share of production since then, in milliseconds since the epoch. */
  readonly bake?: {
    readonly fleet: string;
    readonly percent: number;
    readonly seconds: number;
    readonly since: number;
    readonly gates: readonly Gate[];
  };
  /** Names of alarms whose state is read. */
  readonly alarms?: readonly string[];
  /** Counts the requests that still reach pools that production has left. */
  readonly residual?: boolean;
  /** Ids of instances whose target groups are looked for among all of the account, and what leads to those and to ours. */
  readonly outsideOf?: readonly string[];
  /** What the store says of the approval that was asked for last. */
  readonly approval?: boolean;
  /** Who takes work that must not run twice; and whether no work of these releases is under way. */
  readonly work?: 'owner' | { readonly idle: readonly string[] };
  /** The rules that lead some requests to green, where the config has them or one was found. */
  readonly preview?: boolean;
  /** Whether the data lets production go back. */
  readonly wayBack?: WayBackQuestion;
  /** Whether this is a closed time. */
  readonly freeze?: boolean;
  /** What the deployer says of this order. */
  readonly deploy?: DeployOrder;
  /** Ids of instances that are asked whether they answer their check. */
  readonly checks?: readonly string[];
  /** Since when each target of this pool is healthy. */
  readonly healthyIn?: string;
  /** Id of the fleet whose size is compared with what serves in this very reading. */
  readonly sizeOf?: string;
  /** Ids of instances that are asked whether anything is in flight there. */
  readonly inFlight?: readonly string[];
  /** Asks instances that no run has deployed to for the release that they have fetched by themselves. */
  readonly fetched?: boolean;
}

export const NOTHING: Reads = { pools: [], fleets: [] };

/** All groups and weights, and no fleet. */
export const ALL_POOLS: Reads = { pools: 'all', fleets: [], routes: true };

/** What changes by itself is read again with all else that a decision needs. */
export function withGroups(snapshot: Pick<Snapshot, 'fleets'>, reads: Reads): Reads {
  return hasGroups(snapshot) ? { ...reads, fleets: 'all' } : reads;
}
