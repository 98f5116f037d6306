import { closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { foreignStore, newerStore, replacedStore, storeError } from './file-errors.ts';
import { loadSqlite } from './sqlite.ts';

/** "trno": how `file` and SQLite know whose database this is (sqlite.org/pragma.html#pragma_application_id). */
const APPLICATION_ID = 0x74_72_6e_6f;
const VERSION = 2;

const TABLES = `
  CREATE TABLE lease (
    environment TEXT PRIMARY KEY, fence INTEGER NOT NULL,
    holder TEXT, process TEXT, doing TEXT, renewed_at INTEGER, expires_at INTEGER
  ) STRICT;
  CREATE TABLE goal (environment TEXT PRIMARY KEY, goal TEXT NOT NULL) STRICT;
  CREATE TABLE journal (
    environment TEXT NOT NULL, run TEXT NOT NULL, since TEXT NOT NULL, entry TEXT NOT NULL, PRIMARY KEY (environment, run)
  ) STRICT;
  PRAGMA application_id = ${APPLICATION_ID};
`;

/** Since version 2: those who wait for the lease, and what its holder does next. */
const SINCE_2 = `
  CREATE TABLE queue (
    ticket INTEGER PRIMARY KEY, environment TEXT NOT NULL, run TEXT NOT NULL,
    holder TEXT NOT NULL, process TEXT NOT NULL, expires_at INTEGER NOT NULL, UNIQUE (environment, run)
  ) STRICT;
  ALTER TABLE lease ADD COLUMN next TEXT;
  PRAGMA user_version = ${VERSION};
`;

/** How long a statement waits for another process; transactions of ours take milliseconds. */
const BUSY_MS = 5000;

export interface FileDatabase {
  /** Runs `work` in a transaction that begins with the write lock, so that what it reads stays so until it has written. */
  write<T>(work: (database: DatabaseSync) => T): T;
  read<T>(work: (database: DatabaseSync) => T): T;
  /** Whether the path still leads to the file that was opened. */
  isInPlace(): boolean;
  close(): void;
}

/** Opens the file, or makes it (with its folder, readable for its user only). Everything that is thrown is an `OperatorError`. */
export function openDatabase(path: string): FileDatabase {
  const run = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw storeError(path, error);
    }
  };
  const database = run(() => open(path));
  const inode = statSync(path).ino;
  const isInPlace = () => statSync(path, { throwIfNoEntry: false })?.ino === inode;
  const inPlace = <T>(work: () => T): T => {
    if (!isInPlace()) throw replacedStore(path);
    return run(work);
  };
  return {
    read: (work) => inPlace(() => work(database)),
    write: (work) => inPlace(() => transaction(database, () => work(database))),
    isInPlace,
    close: () => database.close(),
  };
}

function open(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  createPrivate(path);
  const { DatabaseSync } = loadSqlite();
  const database = new DatabaseSync(path);
  try {
    // EXTRA also survives a power cut right after a commit, in the rollback-journal mode that is the default.
    database.exec(`PRAGMA busy_timeout = ${BUSY_MS}; PRAGMA synchronous = EXTRA;`);
    if (numberOf(database, 'user_version') !== VERSION || numberOf(database, 'application_id') !== APPLICATION_ID) {
      transaction(database, () => prepare(database, path));
    }
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** SQLite would make the file readable for all; its journal takes the mode of the file. */
function createPrivate(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Makes the tables in a new file; looks again under the write lock, since two processes may both have found it new. */
function prepare(database: DatabaseSync, path: string): void {
  const id = numberOf(database, 'application_id');
  const version = numberOf(database, 'user_version');
  const tables = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get()!['count'];
  const isNew = id === 0 && version === 0 && tables === 0;
  if (isNew) database.exec(TABLES);
  else if (id !== APPLICATION_ID) throw foreignStore(path);
  else if (version > VERSION) throw newerStore(path, version, VERSION);
  if (isNew || version < 2) database.exec(SINCE_2);
}

function numberOf(database: DatabaseSync, pragma: 'user_version' | 'application_id'): number {
  return Number(database.prepare(`PRAGMA ${pragma}`).get()![pragma]);
}

function transaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    rollback(database);
    throw error;
  }
}

function rollback(database: DatabaseSync): void {
  try {
    database.exec('ROLLBACK');
  } catch {
    // SQLite has rolled back by itself, as it does when the disk is full.
  }
}
