import { ExitCode, OperatorError, messageOf } from '../errors.ts';

interface Trouble {
  readonly code: string;
  readonly what: string;
  readonly next: string;
}

const MOVE_AWAY =
  'Make sure that no run is under way, then move the file away: a new one is made. The recorded goal and the history are lost with it.';

/** By SQLite's primary result codes (sqlite.org/rescode.html). */
const TROUBLES: Readonly<Record<number, Trouble>> = {
  5: {
    code: 'store-busy',
    what: 'is in use by another process, which has not let go of it for seconds',
    next: 'Try again; if that does not help, look for a turnout process that hangs or was suspended.',
  },
  8: {
    code: 'store-unwritable',
    what: 'cannot be written',
    next: 'Check the permissions of the file and of its folder, or name another one with store.path in the config.',
  },
  10: { code: 'store-failed', what: 'could not be read or written by the operating system', next: 'Check the disk.' },
  11: { code: 'store-corrupt', what: 'is damaged', next: MOVE_AWAY },
  13: { code: 'store-full', what: 'cannot grow: the disk is full', next: 'Make room on the disk, then try again.' },
  14: {
    code: 'store-unwritable',
    what: 'cannot be opened',
    next: 'Check the path and the permissions of its folder, or name another file with store.path in the config.',
  },
  26: {
    code: 'store-foreign',
    what: 'is not a store of turnout',
    next: 'Name another file with store.path in the config, or move this one away.',
  },
};

/** What SQLite or the file system threw, as an error that names the file and says what to do. */
export function storeError(path: string, error: unknown): OperatorError {
  if (error instanceof OperatorError) return error;
  const { code, what, next } = troubleOf(error);
  return new OperatorError(code, `The store ${path} ${what} (${messageOf(error)}).`, { next: [next], cause: error });
}

function troubleOf(error: unknown): Trouble {
  const { errcode, code } = error as { errcode?: number; code?: string };
  if (error instanceof SyntaxError) return TROUBLES[11]!;
  if (code === 'ENOSPC' || code === 'EDQUOT') return TROUBLES[13]!;
  if (errcode === undefined) return TROUBLES[14]!;
  // SQLITE_PERM and SQLITE_AUTH mean the same to an operator as SQLITE_READONLY; SQLITE_LOCKED the same as SQLITE_BUSY.
  const primary = { 3: 8, 6: 5, 23: 8 }[errcode & 0xff] ?? errcode & 0xff;
  return TROUBLES[primary] ?? { code: 'store-failed', what: 'failed', next: 'Try again.' };
}

export function newerStore(path: string, version: number, known: number): OperatorError {
  return new OperatorError(
    'store-newer',
    `The store ${path} was written by a newer turnout (version ${version} of its tables; this turnout knows ${known}).`,
    { next: ['Update turnout to the version that the others use.'] },
  );
}

export function foreignStore(path: string): OperatorError {
  return new OperatorError('store-foreign', `The store ${path} is the database of another program.`, {
    next: [TROUBLES[26]!.next],
  });
}

export function replacedStore(path: string): OperatorError {
  return new OperatorError('store-replaced', `The store ${path} was removed or replaced while it was in use.`, {
    exitCode: ExitCode.leaseLost,
    next: ['Run `turnout status` to see how things stand; keep the file out of what is cleaned up between runs.'],
  });
}
