import { ExitCode, OperatorError, messageOf } from '../errors.ts';

interface Failure {
  readonly code: string;
  readonly what: string;
  readonly next: string;
}

const MOVE_AWAY =
  'Make sure that no run is in progress, then move the file away. A new one is created, without the recorded goal and the history.';

/** By SQLite's primary result codes (sqlite.org/rescode.html). */
const FAILURES: Readonly<Record<number, Failure>> = {
  5: {
    code: 'store-busy',
    what: 'has been locked by another process for several seconds',
    next: 'Try again. If that does not help, look for a turnout process that hangs or was suspended.',
  },
  8: {
    code: 'store-unwritable',
    what: 'cannot be written',
    next: 'Check the permissions of the file and of its folder, or set store.path in the config to another file.',
  },
  10: { code: 'store-failed', what: 'could not be read or written by the operating system', next: 'Check the disk.' },
  11: { code: 'store-corrupt', what: 'is damaged', next: MOVE_AWAY },
  13: { code: 'store-full', what: 'cannot grow: the disk is full', next: 'Free some disk space, then try again.' },
  14: {
    code: 'store-unwritable',
    what: 'cannot be opened',
    next: 'Check the path and the permissions of its folder, or set store.path in the config to another file.',
  },
  26: {
    code: 'store-foreign',
    what: 'is not a store of turnout',
    next: 'Set store.path in the config to another file, or move this one away.',
  },
};

/** Translates an error of SQLite or the file system into one that names the file and says what to do. */
export function storeError(path: string, error: unknown): OperatorError {
  if (error instanceof OperatorError) return error;
  const { code, what, next } = failureOf(error);
  return new OperatorError(code, `The store ${path} ${what} (${messageOf(error)}).`, { next: [next], cause: error });
}

function failureOf(error: unknown): Failure {
  const { errcode, code } = error as { errcode?: number; code?: string };
  if (error instanceof SyntaxError) return FAILURES[11]!;
  if (code === 'ENOSPC' || code === 'EDQUOT') return FAILURES[13]!;
  if (errcode === undefined) return FAILURES[14]!;
  // To an operator SQLITE_PERM and SQLITE_AUTH mean the same as SQLITE_READONLY, and SQLITE_LOCKED the same as SQLITE_BUSY.
  const primary = { 3: 8, 6: 5, 23: 8 }[errcode & 0xff] ?? errcode & 0xff;
  return FAILURES[primary] ?? { code: 'store-failed', what: 'failed', next: 'Try again.' };
}

export function newerStore(path: string, version: number, known: number): OperatorError {
  return new OperatorError(
    'store-newer',
    `The store ${path} was written by a newer turnout (schema version ${version}; this turnout supports ${known}).`,
    { next: ['Update turnout to the version that the other machines or users run.'] },
  );
}

export function foreignStore(path: string): OperatorError {
  return new OperatorError('store-foreign', `The store ${path} is the database of another program.`, {
    next: [FAILURES[26]!.next],
  });
}

export function replacedStore(path: string): OperatorError {
  return new OperatorError('store-replaced', `The store ${path} was removed or replaced while it was in use.`, {
    exitCode: ExitCode.leaseLost,
    next: ['Check `turnout status`. Make sure that nothing deletes the file between runs.'],
  });
}
