import type { Clock } from '../clock.ts';
import type { FileDatabase } from './file-database.ts';
import type { ProcessIdentity, Processes } from './processes.ts';
import type { Holder } from './store.ts';

interface PlaceRow {
  readonly run: string;
  readonly holder: string;
  readonly process: string;
  readonly expires_at: number;
}

/** The queue of one environment as read at one moment, without expired places; first in line first. */
export class QueueSnapshot {
  readonly #rows: readonly PlaceRow[];

  constructor(rows: readonly PlaceRow[]) {
    this.#rows = rows;
  }

  /** Whether no other run is ahead of this one. */
  isFirst({ run }: Holder): boolean {
    return this.#rows.length === 0 || this.#rows[0]!.run === run;
  }

  /** When its place expires, in milliseconds since the epoch; undefined when it has none. */
  expiryOf({ run }: Holder): number | undefined {
    return this.#rows.find((row) => row.run === run)?.expires_at;
  }

  /** The runs ahead of this one; all of them when it has no place. */
  aheadOf(holder?: Holder): readonly Holder[] {
    const place = this.#rows.findIndex((row) => row.run === holder?.run);
    return this.#rows.slice(0, place === -1 ? this.#rows.length : place).map((row) => JSON.parse(row.holder) as Holder);
  }
}

/** The places in the queue. Must be used inside `read` or `write` of the file. */
export class FileQueue {
  readonly #file: FileDatabase;
  readonly #environment: string;
  readonly #clock: Clock;
  readonly #processes: Processes;

  constructor(file: FileDatabase, environment: string, clock: Clock, processes: Processes) {
    this.#file = file;
    this.#environment = environment;
    this.#clock = clock;
    this.#processes = processes;
  }

  read(): QueueSnapshot {
    return new QueueSnapshot(this.#all().filter((row) => this.#isActive(row)));
  }

  /** Adds a run to the end of the queue, or renews its place. */
  enqueue(holder: Holder, expiresAt: number): void {
    const process = JSON.stringify(this.#processes.identify(holder.pid));
    const sql = `INSERT INTO queue (environment, run, holder, process, expires_at) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (environment, run) DO UPDATE SET expires_at = excluded.expires_at`;
    this.#file.run(sql, this.#environment, holder.run, JSON.stringify(holder), process, Math.round(expiresAt));
  }

  remove({ run }: Pick<Holder, 'run'>): void {
    this.#file.run('DELETE FROM queue WHERE environment = ? AND run = ?', this.#environment, run);
  }

  /** Must be called before `enqueue`, so that a run whose place has expired goes to the end. */
  removeExpired(): void {
    for (const row of this.#all()) if (!this.#isActive(row)) this.remove(row);
  }

  #all(): readonly PlaceRow[] {
    const sql = 'SELECT * FROM queue WHERE environment = ? ORDER BY ticket';
    return this.#file.all(sql, this.#environment) as readonly PlaceRow[];
  }

  #isActive(row: PlaceRow): boolean {
    return row.expires_at > this.#clock.now() && !this.#processes.hasEnded(JSON.parse(row.process) as ProcessIdentity);
  }
}
