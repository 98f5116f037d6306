import { closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { foreignStore, newerStore, replacedStore, storeError } from './file-errors.ts';
import { loadSqlite } from './sqlite.ts';

/** "trno": identifies a database of turnout (sqlite.org/pragma.html#pragma_application_id). */
const APPLICATION_ID = 0x74_72_6e_6f;
const VERSION = 4;

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

/** Added in version 2: the queue, and the next step of the holder. */
const VERSION_2 = `
  CREATE TABLE queue (
    ticket INTEGER PRIMARY KEY, environment TEXT NOT NULL, run TEXT NOT NULL,
    holder TEXT NOT NULL, process TEXT NOT NULL, expires_at INTEGER NOT NULL, UNIQUE (environment, run)
  ) STRICT;
  ALTER TABLE lease ADD COLUMN next TEXT;
`;

/** Added in version 3: the ids of the store. */
const VERSION_3 = `
  CREATE TABLE identity (environment TEXT PRIMARY KEY, inode TEXT NOT NULL, id TEXT NOT NULL) STRICT;
`;

/** Added in version 4: where an environment is. */
const VERSION_4 = `
  CREATE TABLE fact (
    environment TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (environment, name)
  ) STRICT;
  PRAGMA user_version = ${VERSION};
`;

/** How long a statement waits for the lock of another process, whose transactions take milliseconds. */
const BUSY_MS = 5000;

type SqlValue = string | number;

/** Statements must run inside `read` or `write`. */
export interface FileDatabase {
  /** Runs `work` in a transaction that takes the write lock first, so that what it reads cannot change before it writes. */
  write<T>(work: () => T): T;
  read<T>(work: () => T): T;
  /** The rows of the result. */
  all(sql: string, ...values: readonly SqlValue[]): readonly unknown[];
  /** @returns the number of rows that it changed */
  run(sql: string, ...values: readonly SqlValue[]): number;
  /** Identifies the file among those of the machine: a copy has another one. */
  readonly inode: string;
  /** Whether the path still refers to the file that was opened. */
  isSameFile(): boolean;
  close(): void;
}

/** Opens the file, or creates it and its folder (readable by its owner only). Throws `OperatorError`s only. */
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
  const isSameFile = () => statSync(path, { throwIfNoEntry: false })?.ino === inode;
  const checked = <T>(work: () => T): T => {
    if (!isSameFile()) throw replacedStore(path);
    return run(work);
  };
  return {
    read: checked,
    write: (work) => checked(() => transaction(database, work)),
    all: (sql: string, ...values: readonly SqlValue[]) => database.prepare(sql).all(...values),
    run: (sql, ...values) => Number(database.prepare(sql).run(...values).changes),
    inode: String(inode),
    isSameFile,
    close: () => database.close(),
  };
}

function open(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  createPrivate(path);
  const { DatabaseSync } = loadSqlite();
  const database = new DatabaseSync(path);
  try {
    // With EXTRA a commit survives a power failure in the default rollback-journal mode.
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

/** SQLite would create a file that all users can read; its journal inherits the mode of the file. */
function createPrivate(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Creates the tables in a new file. Checks again under the write lock, since two processes may open a new file at once. */
function prepare(database: DatabaseSync, path: string): void {
  const id = numberOf(database, 'application_id');
  const version = numberOf(database, 'user_version');
  const tables = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get()!['count'];
  const isNew = id === 0 && version === 0 && tables === 0;
  if (isNew) database.exec(TABLES);
  else if (id !== APPLICATION_ID) throw foreignStore(path);
  else if (version > VERSION) throw newerStore(path, version, VERSION);
  if (version < 2) database.exec(VERSION_2);
  if (version < 3) database.exec(VERSION_3);
  if (version < 4) database.exec(VERSION_4);
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
    // SQLite has already rolled back, for example because the disk is full.
  }
}
