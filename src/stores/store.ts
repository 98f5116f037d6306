import type { TrafficSeen } from '../probe/seen.ts';
import type { Goal } from '../domain/goal.ts';

/** Who runs what. Kept in the lease, so that the next person can be told. */
export interface Holder {
  /** Id of the run. */
  readonly run: string;
  /** `user@host`. */
  readonly who: string;
  readonly host: string;
  readonly pid: number;
  readonly verb: string;
  readonly release?: string;
  /** ISO time at which the run began. */
  readonly since: string;
}

export interface Lease {
  readonly holder: Holder;
  /** Grows with every acquisition of this environment's lease, for ever: of two writers the one with the smaller number is stale. */
  readonly fence: number;
  /** What the holder does now, as a sentence; updated with each renewal. */
  readonly doing: string;
  /** What it expects to do after that; absent where there is nothing more, or it is not known yet. */
  readonly next?: string;
  /** Milliseconds since the epoch, by the store's clock; where the store has none, by the holder's. */
  readonly renewedAt: number;
  readonly expiresAt: number;
  /** By its times it has expired, and the store cannot tell before it has been watched for its whole time to live. */
  readonly doubtful?: true;
}

/** A goal with how far it got; it outlives the lease of the run that recorded it. */
export interface RecordedGoal {
  readonly goal: Goal;
  readonly stepsDone: number;
  readonly stepsAll: number;
  /** ISO time of the last update. */
  readonly updatedAt: string;
}

export type Outcome = 'running' | 'done' | 'refused' | 'undone' | 'failed' | 'interrupted';

/** One run in the journal; it is written at the start (`running`) and again at the end. */
export interface JournalEntry {
  readonly run: string;
  readonly verb: string;
  readonly release?: string;
  readonly who: string;
  readonly host: string;
  /** ISO times. */
  readonly since: string;
  readonly until?: string;
  readonly outcome: Outcome;
  /** The run's last sentence. */
  readonly message: string;
  readonly awsRequests: number;
  /** Answers of production in a row that prove its switch; absent when it is not proven. */
  readonly proven?: number;
  /** What clients met (`--watch-traffic`). */
  readonly traffic?: Omit<TrafficSeen, 'timeline'>;
}

/** What stands between a run and the lease: who has it, and who waits for it before this run. */
export interface Ahead {
  readonly heldBy?: Lease;
  /** The next one first. */
  readonly queue: readonly Holder[];
}

export type Acquired = { readonly lease: Lease } | Ahead;

/**
 * Lease, queue, goal and journal of one environment. All methods are safe between processes; a write that carries a
 * fence rejects with `OperatorError('lease-lost')` when a later lease has been given out.
 */
export interface Store {
  readonly kind: string;
  /** Takes the lease if it is free, expired, or its holder is known to be gone, and nobody waits for it; never waits. */
  acquire(holder: Holder, ttlMs: number): Promise<Acquired>;
  /**
   * The same for one who waits: takes the lease when it is this run's turn. Otherwise the run takes a place at the end of
   * the queue, or keeps the one that it has, for `placeMs`: without another call it is skipped after that. Never waits.
   */
  enqueue(holder: Holder, ttlMs: number, placeMs: number): Promise<Acquired>;
  /** Gives up a run's place in the queue, and a lease that the run was given without getting to know of it. */
  leave(holder: Holder): Promise<void>;
  /** Those who wait, the next one first. */
  queue(): Promise<readonly Holder[]>;
  /** Takes the lease away from whoever has `from`, alive or not; undefined when that is no longer the lease. */
  takeOver(holder: Holder, ttlMs: number, from: Lease): Promise<Lease | undefined>;
  /** Prolongs the lease and says what its holder does now and next; false when it is no longer ours. */
  renew(lease: Lease, ttlMs: number, doing: string, next?: string): Promise<boolean>;
  /** Gives the lease back; does nothing when it is no longer ours. */
  release(lease: Lease): Promise<void>;
  /** The lease that is held now. */
  held(): Promise<Lease | undefined>;
  goal(): Promise<RecordedGoal | undefined>;
  putGoal(lease: Lease, goal: RecordedGoal): Promise<void>;
  clearGoal(lease: Lease): Promise<void>;
  /** Writes or overwrites the entry of one run. */
  log(entry: JournalEntry): Promise<void>;
  /** The newest first. */
  history(limit: number): Promise<readonly JournalEntry[]>;
  close(): Promise<void>;
}
