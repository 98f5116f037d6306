import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../clock.ts';
import { openDatabase, type FileDatabase } from './file-database.ts';
import { FileQueue } from './file-queue.ts';
import { leaseLost } from './lost.ts';
import { machineProcesses, type ProcessIdentity, type Processes } from './processes.ts';
import type { AcquireResult, Holder, JournalEntry, Lease, QueueStatus, RecordedGoal, Store } from './store.ts';

export interface FileStoreOptions {
  readonly environment: string;
  readonly clock: Clock;
  /** Tells whether a holder's process has ended. Default: the processes of this machine. */
  readonly processes?: Processes;
}

/** Maximum number of journal entries per environment. */
const JOURNAL_MAX = 1000;

/**
 * A store in a SQLite file, for the processes of one machine. Environments may share a file. Every write is durable when its
 * promise resolves. Throws (and rejects with) `OperatorError`s that name the file: `store-unwritable`,
 * `store-corrupt`, `store-foreign`, `store-newer`, `store-busy`, `store-full`, `store-replaced`, `store-failed`.
 */
export function openFileStore(
  path: string,
  { environment, clock, processes = machineProcesses(clock) }: FileStoreOptions,
): Store {
  return new FileStore(openDatabase(path), environment, clock, processes);
}

interface LeaseRow {
  readonly fence: number;
  readonly holder: string;
  readonly process: string;
  readonly doing: string;
  readonly next: string | null;
  readonly renewed_at: number;
  readonly expires_at: number;
}

class FileStore implements Store {
  readonly kind = 'file';
  readonly #file: FileDatabase;
  readonly #environment: string;
  readonly #clock: Clock;
  readonly #processes: Processes;
  readonly #queue: FileQueue;

  constructor(file: FileDatabase, environment: string, clock: Clock, processes: Processes) {
    this.#file = file;
    this.#environment = environment;
    this.#clock = clock;
    this.#processes = processes;
    this.#queue = new FileQueue(environment, clock, processes);
  }

  async acquire(holder: Holder, ttlMs: number): Promise<AcquireResult> {
    return this.enqueue(holder, ttlMs, 0);
  }

  /** Waiting runs poll: most polls only read, so that they do not block other processes. */
  async enqueue(holder: Holder, ttlMs: number, placeMs: number): Promise<AcquireResult> {
    const status = this.#file.read((database) => this.#status(database, holder, placeMs));
    return status ?? this.#file.write((database) => this.#tryAcquire(database, holder, ttlMs, placeMs));
  }

  /** Undefined when a write is needed: the run can acquire the lease, or has to add or renew its place. */
  #status(database: DatabaseSync, holder: Holder, placeMs: number): QueueStatus | undefined {
    const queue = this.#queue.read(database);
    const heldBy = this.#held(database);
    if (!heldBy && queue.isFirst(holder)) return undefined;
    if (placeMs > 0 && (queue.expiryOf(holder) ?? 0) < this.#clock.now() + placeMs / 2) return undefined;
    return { ...(heldBy ? { heldBy } : {}), queue: queue.aheadOf(holder) };
  }

  #tryAcquire(database: DatabaseSync, holder: Holder, ttlMs: number, placeMs: number): AcquireResult {
    this.#queue.removeExpired(database);
    if (placeMs > 0) this.#queue.enqueue(database, holder, this.#clock.now() + placeMs);
    const status = this.#status(database, holder, 0);
    if (status) return status;
    this.#queue.remove(database, holder);
    return { lease: this.#grant(database, holder, ttlMs) };
  }

  async dequeue(holder: Holder): Promise<void> {
    this.#file.write((database) => {
      this.#queue.remove(database, holder);
      const lease = this.#held(database);
      if (lease?.holder.run === holder.run) this.#clearHolder(database, lease);
    });
  }

  async queue(): Promise<readonly Holder[]> {
    return this.#file.read((database) => this.#queue.read(database).aheadOf());
  }

  async takeOver(holder: Holder, ttlMs: number, from: Lease): Promise<Lease | undefined> {
    return this.#file.write((database) => {
      if (this.#held(database)?.fence !== from.fence) return undefined;
      // The former holder may still act on its last check, so the lease stays tied to that process: its end releases the lease at once.
      const row = database.prepare('SELECT process FROM lease WHERE environment = ?').get(this.#environment);
      return this.#grant(database, holder, ttlMs, String(row!['process']));
    });
  }

  async renew({ fence }: Lease, ttlMs: number, doing: string, next = ''): Promise<boolean> {
    if (!this.#file.isSameFile()) return false;
    const { renewedAt, expiresAt } = this.#times(ttlMs);
    return this.#file.write(
      (database) =>
        database
          .prepare(
            `UPDATE lease SET doing = ?, next = ?, renewed_at = ?, expires_at = ?
             WHERE environment = ? AND fence = ? AND holder IS NOT NULL`,
          )
          .run(doing, next, renewedAt, expiresAt, this.#environment, fence).changes === 1,
    );
  }

  async release(lease: Lease): Promise<void> {
    if (!this.#file.isSameFile()) return;
    this.#file.write((database) => this.#clearHolder(database, lease));
  }

  async held(): Promise<Lease | undefined> {
    return this.#file.read((database) => this.#held(database));
  }

  async goal(): Promise<RecordedGoal | undefined> {
    return this.#file.read((database) => {
      const row = database.prepare('SELECT goal FROM goal WHERE environment = ?').get(this.#environment);
      return row && (JSON.parse(String(row['goal'])) as RecordedGoal);
    });
  }

  async putGoal(lease: Lease, goal: RecordedGoal): Promise<void> {
    this.#writeAsHolder(lease, (database) =>
      database
        .prepare(
          'INSERT INTO goal (environment, goal) VALUES (?, ?) ON CONFLICT (environment) DO UPDATE SET goal = excluded.goal',
        )
        .run(this.#environment, JSON.stringify(goal)),
    );
  }

  async clearGoal(lease: Lease): Promise<void> {
    this.#writeAsHolder(lease, (database) =>
      database.prepare('DELETE FROM goal WHERE environment = ?').run(this.#environment),
    );
  }

  async log(entry: JournalEntry): Promise<void> {
    this.#file.write((database) => {
      database
        .prepare(
          `INSERT INTO journal (environment, run, since, entry) VALUES (?, ?, ?, ?)
           ON CONFLICT (environment, run) DO UPDATE SET since = excluded.since, entry = excluded.entry`,
        )
        .run(this.#environment, entry.run, entry.since, JSON.stringify(entry));
      database
        .prepare(
          `DELETE FROM journal WHERE rowid IN
             (SELECT rowid FROM journal WHERE environment = ? ORDER BY since DESC, rowid DESC LIMIT -1 OFFSET ${JOURNAL_MAX})`,
        )
        .run(this.#environment);
    });
  }

  async history(limit: number): Promise<readonly JournalEntry[]> {
    return this.#file.read((database) =>
      database
        .prepare('SELECT entry FROM journal WHERE environment = ? ORDER BY since DESC, rowid DESC LIMIT ?')
        .all(this.#environment, limit)
        .map((row) => JSON.parse(String(row['entry'])) as JournalEntry),
    );
  }

  async close(): Promise<void> {
    this.#file.close();
  }

  /** The lease, unless it has expired or its holder's process has ended. */
  #held(database: DatabaseSync): Lease | undefined {
    const row = database
      .prepare('SELECT * FROM lease WHERE environment = ? AND holder IS NOT NULL AND expires_at > ?')
      .get(this.#environment, Math.round(this.#clock.now())) as LeaseRow | undefined;
    if (!row || this.#processes.hasEnded(JSON.parse(row.process) as ProcessIdentity)) return undefined;
    const { fence, doing, next, renewed_at: renewedAt, expires_at: expiresAt } = row;
    const holder = JSON.parse(row.holder) as Holder;
    return { holder, fence, doing, ...(next ? { next } : {}), renewedAt, expiresAt };
  }

  #grant(
    database: DatabaseSync,
    holder: Holder,
    ttlMs: number,
    process = JSON.stringify(this.#processes.identify(holder.pid)),
  ): Lease {
    const times = this.#times(ttlMs);
    const row = database
      .prepare(
        `INSERT INTO lease (environment, fence, holder, process, doing, renewed_at, expires_at) VALUES (?, 1, ?, ?, '', ?, ?)
         ON CONFLICT (environment) DO UPDATE SET fence = fence + 1, holder = excluded.holder, process = excluded.process,
           doing = excluded.doing, next = NULL, renewed_at = excluded.renewed_at, expires_at = excluded.expires_at
         RETURNING fence`,
      )
      .get(this.#environment, JSON.stringify(holder), process, times.renewedAt, times.expiresAt);
    return { holder, fence: Number(row!['fence']), doing: '', ...times };
  }

  /** Keeps the row, and with it the fence. */
  #clearHolder(database: DatabaseSync, { fence }: Lease): void {
    database
      .prepare('UPDATE lease SET holder = NULL WHERE environment = ? AND fence = ?')
      .run(this.#environment, fence);
  }

  #times(ttlMs: number): { renewedAt: number; expiresAt: number } {
    const renewedAt = Math.round(this.#clock.now());
    return { renewedAt, expiresAt: renewedAt + Math.round(ttlMs) };
  }

  /** Compares the fence and writes in one transaction. */
  #writeAsHolder(lease: Lease, work: (database: DatabaseSync) => unknown): void {
    this.#file.write((database) => {
      const ours = database
        .prepare('SELECT 1 FROM lease WHERE environment = ? AND fence = ? AND holder IS NOT NULL')
        .get(this.#environment, lease.fence);
      if (!ours) throw leaseLost(this.#environment);
      work(database);
    });
  }
}
