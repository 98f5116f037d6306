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

  /** The runs that wait, first in line first; when a place expires, in milliseconds since the epoch. */
  read(): readonly { readonly holder: Holder; readonly expiresAt: number }[] {
    const active = this.#all().filter((row) => this.#isActive(row));
    return active.map((row) => ({ holder: JSON.parse(row.holder) as Holder, expiresAt: row.expires_at }));
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
