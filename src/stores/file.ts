import { hostname } from 'node:os';
import type { Clock } from '../clock.ts';
import type { Approval, ApprovalDecision } from '../domain/approval.ts';
import { defined } from '../domain/defined.ts';
import { openDatabase, type FileDatabase } from './file-database.ts';
import { FileQueue } from './file-queue.ts';
import { newStoreId } from './id.ts';
import { leaseLost } from './lost.ts';
import { machineProcesses, type ProcessIdentity, type Processes } from './processes.ts';
import { decidedTexts, goalText, readApproval, readEntry, readGoal } from './records.ts';
import type {
  AcquireResult,
  Holder,
  JournalEntry,
  Lease,
  QueueStatus,
  RecordedGoal,
  Store,
  UnreadableGoal,
} from './store.ts';

export interface FileStoreOptions {
  readonly environment: string;
  readonly clock: Clock;
  /** Tells whether a holder's process has ended. Default: the processes of this machine. */
  readonly processes?: Processes;
}

const PUT_APPROVAL = "INSERT OR REPLACE INTO fact (environment, name, value) VALUES (?, 'approval', ?)";

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
  return new FileStore(path, environment, clock, processes);
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
  readonly place: string;
  readonly #file: FileDatabase;
  readonly #environment: string;
  readonly #clock: Clock;
  readonly #processes: Processes;
  readonly #queue: FileQueue;

  constructor(path: string, environment: string, clock: Clock, processes: Processes) {
    const file = openDatabase(path);
    this.place = `file ${path} on ${hostname()}`;
    this.#file = file;
    this.#environment = environment;
    this.#clock = clock;
    this.#processes = processes;
    this.#queue = new FileQueue(file, environment, clock, processes);
  }

  async id(): Promise<string> {
    const known = (): string | undefined => {
      const sql = 'SELECT id FROM identity WHERE environment = ? AND inode = ?';
      const [row] = this.#file.all(sql, this.#environment, this.#file.inode) as readonly { readonly id: string }[];
      return row?.id;
    };
    return this.#file.read(known) ?? this.#file.write(() => known() ?? this.#makeId());
  }

  async fact(name: string, value?: string): Promise<string | undefined> {
    const known = (): string | undefined => {
      const sql = 'SELECT value FROM fact WHERE environment = ? AND name = ?';
      const [row] = this.#file.all(sql, this.#environment, name) as readonly { readonly value: string }[];
      return row?.value;
    };
    const recorded = this.#file.read(known);
    if (recorded !== undefined || value === undefined) return recorded;
    return this.#file.write(() => {
      const sql = 'INSERT OR IGNORE INTO fact (environment, name, value) VALUES (?, ?, ?)';
      this.#file.run(sql, this.#environment, name, value);
      return known();
    });
  }

  #makeId(): string {
    const id = newStoreId();
    const sql = 'INSERT OR REPLACE INTO identity (environment, inode, id) VALUES (?, ?, ?)';
    this.#file.run(sql, this.#environment, this.#file.inode, id);
    return id;
  }

  /** Waiting runs poll: most polls only read, so that they do not block other processes. */
  async acquire(holder: Holder, ttlMs: number, placeMs = 0): Promise<AcquireResult> {
    const status = this.#file.read(() => this.#status(holder, placeMs));
    return status ?? this.#file.write(() => this.#tryAcquire(holder, ttlMs, placeMs));
  }

  /** Undefined when a write is needed: the run can acquire the lease, or has to add or renew its place. */
  #status(holder: Holder, placeMs: number): QueueStatus | undefined {
    const queue = this.#queue.read();
    const place = queue.find((one) => one.holder.run === holder.run);
    const ahead = queue.slice(0, place === undefined ? queue.length : queue.indexOf(place));
    const heldBy = this.#held();
    if (!heldBy && ahead.length === 0) return undefined;
    if (placeMs > 0 && (place?.expiresAt ?? 0) < this.#clock.now() + placeMs / 2) return undefined;
    return defined({ heldBy, queue: ahead.map((one) => one.holder) });
  }

  #tryAcquire(holder: Holder, ttlMs: number, placeMs: number): AcquireResult {
    this.#queue.removeExpired();
    if (placeMs > 0) this.#queue.enqueue(holder, this.#clock.now() + placeMs);
    const status = this.#status(holder, 0);
    if (status) return status;
    this.#queue.remove(holder);
    return { lease: this.#grant(holder, ttlMs) };
  }

  async dequeue(holder: Holder): Promise<void> {
    this.#file.write(() => {
      this.#queue.remove(holder);
      const lease = this.#held();
      if (lease?.holder.run === holder.run) this.#clearHolder(lease);
    });
  }

  async queue(): Promise<readonly Holder[]> {
    return this.#file.read(() => this.#queue.read().map(({ holder }) => holder));
  }

  async takeOver(holder: Holder, ttlMs: number, from: Lease): Promise<Lease | undefined> {
    return this.#file.write(() => {
      if (this.#held()?.fence !== from.fence) return undefined;
      // The former holder may still act on its last check, so the lease stays tied to that process: its end releases the lease at once.
      const [row] = this.#file.all('SELECT process FROM lease WHERE environment = ?', this.#environment);
      return this.#grant(holder, ttlMs, (row as LeaseRow).process);
    });
  }

  async renew({ fence }: Lease, ttlMs: number, doing: string, next = ''): Promise<boolean> {
    if (!this.#file.isSameFile()) return false;
    const { renewedAt, expiresAt } = this.#times(ttlMs);
    const sql = `UPDATE lease SET doing = ?, next = ?, renewed_at = ?, expires_at = ?
      WHERE environment = ? AND fence = ? AND holder IS NOT NULL`;
    const values = [doing, next, renewedAt, expiresAt, this.#environment, fence];
    return this.#file.write(() => this.#file.run(sql, ...values) === 1);
  }

  async release(lease: Lease): Promise<void> {
    if (this.#file.isSameFile()) this.#file.write(() => this.#clearHolder(lease));
  }

  async held(): Promise<Lease | undefined> {
    return this.#file.read(() => this.#held());
  }

  async goal(): Promise<RecordedGoal | UnreadableGoal | undefined> {
    const sql = 'SELECT goal FROM goal WHERE environment = ?';
    const [row] = this.#file.read(() => this.#file.all(sql, this.#environment)) as readonly { goal: string }[];
    return row && readGoal(row.goal);
  }

  async putGoal(lease: Lease, goal: RecordedGoal): Promise<void> {
    const sql =
      'INSERT INTO goal (environment, goal) VALUES (?, ?) ON CONFLICT (environment) DO UPDATE SET goal = excluded.goal';
    this.#writeAsHolder(lease, sql, this.#environment, goalText(goal));
  }

  async clearGoal(lease: Lease): Promise<void> {
    this.#writeAsHolder(lease, 'DELETE FROM goal WHERE environment = ?', this.#environment);
  }

  async approval(): Promise<Approval | undefined> {
    const text = this.#file.read(() => this.#approvalText());
    return text === undefined ? undefined : readApproval(text);
  }

  async putApproval(lease: Lease, approval: Approval): Promise<void> {
    this.#writeAsHolder(lease, PUT_APPROVAL, this.#environment, JSON.stringify(approval));
  }

  async decideApproval(seen: Approval, decision: ApprovalDecision): Promise<boolean> {
    const [before, after] = decidedTexts(seen, decision) ?? [];
    if (before === undefined || after === undefined) return false;
    return this.#file.write(() => {
      if (this.#approvalText() !== before) return false;
      return this.#file.run(PUT_APPROVAL, this.#environment, after) === 1;
    });
  }

  #approvalText(): string | undefined {
    const sql = "SELECT value FROM fact WHERE environment = ? AND name = 'approval'";
    const [row] = this.#file.all(sql, this.#environment) as readonly { readonly value: string }[];
    return row?.value;
  }

  async log(entry: JournalEntry): Promise<void> {
    this.#file.write(() => {
      this.#file.run(
        `INSERT INTO journal (environment, run, since, entry) VALUES (?, ?, ?, ?)
         ON CONFLICT (environment, run) DO UPDATE SET since = excluded.since, entry = excluded.entry`,
        this.#environment,
        entry.run,
        entry.since,
        JSON.stringify(entry),
      );
      this.#file.run(
        `DELETE FROM journal WHERE rowid IN
           (SELECT rowid FROM journal WHERE environment = ? ORDER BY since DESC, rowid DESC LIMIT -1 OFFSET ${JOURNAL_MAX})`,
        this.#environment,
      );
    });
  }

  async history(limit: number): Promise<readonly JournalEntry[]> {
    const sql = 'SELECT entry, since FROM journal WHERE environment = ? ORDER BY since DESC, rowid DESC LIMIT ?';
    const rows = this.#file.read(() => this.#file.all(sql, this.#environment, limit));
    return (rows as readonly { entry: string; since: string }[]).map(({ entry, since }) => readEntry(entry, since));
  }

  async close(): Promise<void> {
    this.#file.close();
  }

  /** The lease, unless it has expired or its holder's process has ended. */
  #held(): Lease | undefined {
    const sql = 'SELECT * FROM lease WHERE environment = ? AND holder IS NOT NULL AND expires_at > ?';
    const [row] = this.#file.all(sql, this.#environment, Math.round(this.#clock.now())) as readonly LeaseRow[];
    if (!row || this.#processes.hasEnded(JSON.parse(row.process) as ProcessIdentity)) return undefined;
    const { fence, doing, renewed_at: renewedAt, expires_at: expiresAt } = row;
    const holder = JSON.parse(row.holder) as Holder;
    return { holder, fence, doing, ...defined({ next: row.next || undefined }), renewedAt, expiresAt };
  }

  #grant(holder: Holder, ttlMs: number, process = JSON.stringify(this.#processes.identify(holder.pid))): Lease {
    const { renewedAt, expiresAt } = this.#times(ttlMs);
    const [row] = this.#file.all(
      `INSERT INTO lease (environment, fence, holder, process, doing, renewed_at, expires_at) VALUES (?, 1, ?, ?, '', ?, ?)
       ON CONFLICT (environment) DO UPDATE SET fence = fence + 1, holder = excluded.holder, process = excluded.process,
         doing = excluded.doing, next = NULL, renewed_at = excluded.renewed_at, expires_at = excluded.expires_at
       RETURNING fence`,
      this.#environment,
      JSON.stringify(holder),
      process,
      renewedAt,
      expiresAt,
    ) as readonly LeaseRow[];
    return { holder, fence: row!.fence, doing: '', renewedAt, expiresAt };
  }

  /** Keeps the row, and with it the fence. */
  #clearHolder({ fence }: Lease): void {
    this.#file.run('UPDATE lease SET holder = NULL WHERE environment = ? AND fence = ?', this.#environment, fence);
  }

  #times(ttlMs: number): { renewedAt: number; expiresAt: number } {
    const renewedAt = Math.round(this.#clock.now());
    return { renewedAt, expiresAt: renewedAt + Math.round(ttlMs) };
  }

  /** Compares the fence and writes in one transaction. */
  #writeAsHolder({ fence }: Lease, sql: string, ...values: readonly string[]): void {
    const ours = 'SELECT 1 FROM lease WHERE environment = ? AND fence = ? AND holder IS NOT NULL';
    this.#file.write(() => {
      if (this.#file.all(ours, this.#environment, fence).length === 0) throw leaseLost(this.#environment);
      this.#file.run(sql, ...values);
    });
  }
}
