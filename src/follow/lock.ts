import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { messageOf, OperatorError } from '../errors.ts';
import { loadSqlite } from '../stores/sqlite.ts';

/** SQLite's result code for a database that another process has locked (sqlite.org/rescode.html). */
const SQLITE_BUSY = 5;

/**
 * Keeps a second `turnout follow` away from the folder for as long as this process lives. It is a lock of the kernel (fcntl, by way of
 * SQLite) on a file of the folder: it ends with the process, however that ends, so that there is none to clear after a reboot, and no pid
 * in it to be mistaken for another process.
 * @returns what keeps it; to be kept as long as the folder is used
 * @throws OperatorError `follow-locked` while another process has it, `follow-state` where the file cannot be used
 */
export function lockFolder(folder: string): Disposable {
  const file = path.join(folder, 'lock');
  const { DatabaseSync } = loadSqlite();
  try {
    mkdirSync(folder, { recursive: true });
    const database = new DatabaseSync(file);
    // Nothing is ever written, so that a full disk does not matter.
    database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
    return { [Symbol.dispose]: () => database.close() };
  } catch (cause) {
    if ((cause as { readonly errcode?: number }).errcode === SQLITE_BUSY) throw isFollowed(folder, cause);
    throw new OperatorError('follow-state', `${file} cannot be used: ${messageOf(cause)}.`, {
      next: [
        'Check the owner of the folder and the disk. The file holds nothing: it may be deleted while nothing follows there.',
      ],
      cause,
    });
  }
}

function isFollowed(folder: string, cause: unknown): OperatorError {
  return new OperatorError('follow-locked', `Another \`turnout follow\` works in ${folder}.`, {
    next: ['Let that one go on (`systemctl status turnout-follow`), or stop it first.'],
    cause,
  });
}
