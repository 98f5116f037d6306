import type * as sqlite from 'node:sqlite';

/**
 * Node's built-in SQLite, loaded when a file store is opened. Before Node 24.15 loading it prints an ExperimentalWarning that
 * is of no use to an operator: only that warning is suppressed.
 */
export function loadSqlite(): typeof sqlite {
  const original = Object.getOwnPropertyDescriptor(process, 'emitWarning')!;
  const emit = original.value as (...args: unknown[]) => void;
  process.emitWarning = (...args: unknown[]) => {
    if (!isSqliteWarning(args)) emit.apply(process, args);
  };
  try {
    return process.getBuiltinModule('node:sqlite');
  } finally {
    Object.defineProperty(process, 'emitWarning', original);
  }
}

function isSqliteWarning([warning, type]: unknown[]): boolean {
  return type === 'ExperimentalWarning' && String(warning).startsWith('SQLite ');
}
