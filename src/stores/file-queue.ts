import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../clock.ts';
import type { ProcessIdentity, Processes } from './processes.ts';
import type { Holder } from './store.ts';

interface PlaceRow {
  readonly ticket: number;
  readonly run: string;
  readonly holder: string;
  readonly process: string;
  readonly expires_at: number;
}

/** Those who live and wait for the lease of one environment, as they were read in a transaction: the next one first. */
export class Line {
  readonly #rows: readonly PlaceRow[];

  constructor(rows: readonly PlaceRow[]) {
    this.#rows = rows;
  }

  /** Whether nobody else is before this run. */
  isNext({ run }: Holder): boolean {
    return this.#rows.length === 0 || this.#rows[0]!.run === run;
  }

  /** Until when it keeps its place, in milliseconds since the epoch; undefined when it has none. */
  keptUntil({ run }: Holder): number | undefined {
    return this.#rows.find((row) => row.run === run)?.expires_at;
  }

  /** Those before this run; all, when it does not wait. */
  before(holder?: Holder): readonly Holder[] {
    const place = this.#rows.findIndex((row) => row.run === holder?.run);
    return this.#rows.slice(0, place === -1 ? this.#rows.length : place).map((row) => JSON.parse(row.holder) as Holder);
  }
}

/** The places in the queue. To be used inside a transaction. */
export class FileQueue {
  readonly #environment: string;
  readonly #clock: Clock;
  readonly #processes: Processes;

  constructor(environment: string, clock: Clock, processes: Processes) {
    this.#environment = environment;
    this.#clock = clock;
    this.#processes = processes;
  }

  read(database: DatabaseSync): Line {
    return new Line(this.#all(database).filter((row) => this.#lives(row)));
  }

  /** Takes a place at the end, or keeps the one there is. */
  keep(database: DatabaseSync, holder: Holder, until: number): void {
    const process = JSON.stringify(this.#processes.identify(holder.pid));
    database
      .prepare(
        `INSERT INTO queue (environment, run, holder, process, expires_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (environment, run) DO UPDATE SET expires_at = excluded.expires_at`,
      )
      .run(this.#environment, holder.run, JSON.stringify(holder), process, Math.round(until));
  }

  remove(database: DatabaseSync, { run }: Holder): void {
    database.prepare('DELETE FROM queue WHERE environment = ? AND run = ?').run(this.#environment, run);
  }

  /** Before a place is taken or kept: one whose place was lost meanwhile goes to the end. */
  skipTheGone(database: DatabaseSync): void {
    for (const row of this.#all(database)) {
      if (!this.#lives(row)) database.prepare('DELETE FROM queue WHERE ticket = ?').run(row.ticket);
    }
  }

  #all(database: DatabaseSync): readonly PlaceRow[] {
    const rows = database.prepare('SELECT * FROM queue WHERE environment = ? ORDER BY ticket').all(this.#environment);
    return rows as unknown as readonly PlaceRow[];
  }

  #lives(row: PlaceRow): boolean {
    return row.expires_at > this.#clock.now() && !this.#processes.isGone(JSON.parse(row.process) as ProcessIdentity);
  }
}
