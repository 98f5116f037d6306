import type { TrafficSeen } from '../probe/seen.ts';
import type { Approval, ApprovalDecision } from '../domain/approval.ts';
import type { Judgement } from '../domain/gates.ts';
import type { Location } from '../domain/location.ts';
import type { EndedFleet, Goal } from '../domain/goal.ts';
import type { Production } from '../domain/production-record.ts';

/** Identifies a run and its operator; stored in the lease for other operators to see. */
export interface Holder {
  /** Id of the run. */
  readonly run: string;
  /** `user@host`. */
  readonly who: string;
  readonly host: string;
  readonly pid: number;
  readonly verb: string;
  readonly release?: string;
  /** ISO time at which the run started. */
  readonly since: string;
}

export interface Lease {
  readonly holder: Holder;
  /** Fencing number, greater for every new lease of this environment: of two writers the one with the smaller number is stale. */
  readonly fence: number;
  /** Current step of the holder, as a sentence; updated with each renewal. */
  readonly doing: string;
  /** Next step of the holder; absent for the last step, or when not known yet. */
  readonly next?: string;
  /** Milliseconds since the epoch, by the store's clock or, if the store has none, by the holder's. */
  readonly renewedAt: number;
  readonly expiresAt: number;
  /** `expiresAt` has passed, but the store must watch the lease for its whole time to live before it counts as expired. */
  readonly maybeExpired?: true;
}

/** A goal and its progress. It outlives the lease of the run that recorded it. */
export interface RecordedGoal {
  readonly goal: Goal;
  readonly stepsDone: number;
  readonly stepsAll: number;
  /** ISO time of the last update. */
  readonly updatedAt: string;
}

/** There is one, and it cannot be read: it is of a newer version, or damaged. */
export interface UnreadableGoal {
  /** Why, as sentences. */
  readonly unreadable: string;
}

/** `unreadable`: the entry is of another version, or damaged; nothing else of it is known than `since`. */
export type JournalOutcome = 'running' | 'done' | 'refused' | 'undone' | 'failed' | 'interrupted' | 'unreadable';

/** One run in the journal, written when the run starts (`running`) and again when it ends. */
export interface JournalEntry {
  readonly run: string;
  readonly verb: string;
  readonly release?: string;
  readonly who: string;
  readonly host: string;
  /** Absent in entries of versions that did not record it, and of commands that read nothing of AWS. */
  readonly location?: Location;
  /** ISO times. */
  readonly since: string;
  readonly until?: string;
  /** Of its last request that changed what serves production; absent when there was none, or it is not known. */
  readonly movedAt?: string;
  readonly outcome: JournalOutcome;
  /** The run's last sentence. */
  readonly message: string;
  readonly awsRequests: number;
  /** Why closed times did not count for it, as its operator said. */
  readonly overrideFreeze?: string;
  /** Why production went back to a release that cannot read the data. */
  readonly overrideSchema?: string;
  /** Consecutive responses of production that proved the switch; absent when it was not proven. */
  readonly proven?: number;
  /** What a `cleanup` has terminated; absent unless it is done. */
  readonly terminated?: readonly EndedFleet[];
  /** What production was at the end, as the run saw it; absent when it did not see it, or was not about that. */
  readonly production?: Production;
  /** The last word of each gate, by share of production; absent when none was asked. */
  readonly verdicts?: readonly (Omit<Judgement, 'at'> & { readonly percent: number })[];
  /** Results of `--watch-traffic`. */
  readonly traffic?: Omit<TrafficSeen, 'timeline'>;
}

/** Why a run cannot have the lease yet. */
export interface QueueStatus {
  /** Absent when no lease is held. */
  readonly heldBy?: Lease;
  /** Runs ahead of this one in the queue, first in line first. */
  readonly queue: readonly Holder[];
}

export type AcquireResult = { readonly lease: Lease } | QueueStatus;

/**
 * Lease, queue, goal and journal of one environment. All methods are safe to call from several processes at once. Writing the
 * goal rejects with `OperatorError('lease-lost')` when the lease is no longer the current one.
 */
export interface Store {
  readonly kind: string;
  /** Where it is, for people: `file /home/ann/shop/.turnout/shop.db on desk`. */
  readonly place: string;
  /** Made once for this environment in this store, and kept: another store has another id, and so has a copy of a file. */
  id(): Promise<string>;
  /** A fact about the environment that is recorded once: where there is none, `value` is recorded. @returns what is recorded */
  fact(name: 'account' | 'region', value?: string): Promise<string | undefined>;
  /**
   * Acquires the lease if none is held (or it has expired, or its holder's process has ended) and no other run is ahead in the
   * queue. Otherwise, if `placeMs` is given, adds the run to the end of the queue or renews its place: without another call within
   * that time the place expires. Returns at once.
   */
  acquire(holder: Holder, ttlMs: number, placeMs?: number): Promise<AcquireResult>;
  /** Removes a run from the queue, and releases a lease that was granted to it in a response that got lost. */
  dequeue(holder: Holder): Promise<void>;
  /** The runs that wait, first in line first. */
  queue(): Promise<readonly Holder[]>;
  /** Replaces the lease `from`, whether or not its holder is alive; undefined when `from` is no longer the current lease. */
  takeOver(holder: Holder, ttlMs: number, from: Lease): Promise<Lease | undefined>;
  /** Renews the lease and updates its current and next step; false when the lease is no longer the current one. */
  renew(lease: Lease, ttlMs: number, doing: string, next?: string): Promise<boolean>;
  /** Releases the lease; does nothing when it is no longer the current one. */
  release(lease: Lease): Promise<void>;
  /** The current lease. */
  held(): Promise<Lease | undefined>;
  goal(): Promise<RecordedGoal | UnreadableGoal | undefined>;
  putGoal(lease: Lease, goal: RecordedGoal): Promise<void>;
  clearGoal(lease: Lease): Promise<void>;
  /** The approval that was asked for last; undefined where none was, or it cannot be read: then it is asked for again. */
  approval(): Promise<Approval | undefined>;
  putApproval(lease: Lease, approval: Approval): Promise<void>;
  /** Without a lease: replaces that approval, unless it is not the current one any more. @returns whether it was */
  decideApproval(seen: Approval, decision: ApprovalDecision): Promise<boolean>;
  /** Creates or overwrites the journal entry of one run. */
  log(entry: JournalEntry): Promise<void>;
  /** Newest first. */
  history(limit: number): Promise<readonly JournalEntry[]>;
  close(): Promise<void>;
}
