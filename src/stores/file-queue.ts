import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { Clock } from '../clock.ts';
import type { ProcessIdentity, Processes } from './processes.ts';
import type { Holder } from './store.ts';

/** Those who wait for the lease of one environment, in order of their tickets. To be used inside a transaction. */
export class FileQueue {
  readonly #environment: string;
  readonly #clock: Clock;
  readonly #processes: Processes;

  constructor(environment: string, clock: Clock, processes: Processes) {
    this.#environment = environment;
    this.#clock = clock;
    this.#processes = processes;
  }

  /** Whether nobody else who lives is before this run. */
  isNext(database: DatabaseSync, { run }: Holder): boolean {
    const first = this.#rows(database)[0];
    return first === undefined || first['run'] === run;
  }

  /** Takes a place at the end, or keeps the one there is. */
  keep(database: DatabaseSync, holder: Holder, placeMs: number): void {
    const process = JSON.stringify(this.#processes.identify(holder.pid));
    database
      .prepare(
        `INSERT INTO queue (environment, run, holder, process, expires_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (environment, run) DO UPDATE SET expires_at = excluded.expires_at`,
      )
      .run(this.#environment, holder.run, JSON.stringify(holder), process, this.#now() + Math.round(placeMs));
  }

  remove(database: DatabaseSync, { run }: Holder): void {
    database.prepare('DELETE FROM queue WHERE environment = ? AND run = ?').run(this.#environment, run);
  }

  /** Those before this run; all, when it does not wait. */
  before(database: DatabaseSync, { run }: Holder): readonly Holder[] {
    const all = this.all(database);
    const place = all.findIndex((other) => other.run === run);
    return place === -1 ? all : all.slice(0, place);
  }

  all(database: DatabaseSync): readonly Holder[] {
    return this.#rows(database).map((row) => JSON.parse(String(row['holder'])) as Holder);
  }

  skipTheGone(database: DatabaseSync): void {
    const living = new Set(this.#rows(database).map((row) => row['ticket']));
    for (const { ticket } of this.#select(database, '')) {
      if (!living.has(ticket ?? null)) database.prepare('DELETE FROM queue WHERE ticket = ?').run(ticket ?? null);
    }
  }

  #rows(database: DatabaseSync): readonly Record<string, SQLOutputValue>[] {
    return this.#select(database, `AND expires_at > ${this.#now()}`).filter(
      (row) => !this.#processes.isGone(JSON.parse(String(row['process'])) as ProcessIdentity),
    );
  }

  #select(database: DatabaseSync, where: string): readonly Record<string, SQLOutputValue>[] {
    return database
      .prepare(`SELECT * FROM queue WHERE environment = ? ${where} ORDER BY ticket`)
      .all(this.#environment);
  }

  #now(): number {
    return Math.round(this.#clock.now());
  }
}
