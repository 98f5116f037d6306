import type { Goal } from '../plan/goal.ts';

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
  /** Milliseconds since the epoch, by the store's clock. */
  readonly renewedAt: number;
  readonly expiresAt: number;
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
}

export type Acquired = { readonly lease: Lease } | { readonly heldBy: Lease };

/**
 * Lease, goal and journal of one environment. All methods are safe between processes; a write that carries a fence
 * rejects with `OperatorError('lease-lost')` when a later lease has been given out.
 */
export interface Store {
  readonly kind: string;
  /** Takes the lease if it is free, expired, or its holder is known to be gone; never waits. */
  acquire(holder: Holder, ttlMs: number): Promise<Acquired>;
  /** Prolongs the lease and says what its holder does now; false when it is no longer ours. */
  renew(lease: Lease, ttlMs: number, doing: string): Promise<boolean>;
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
