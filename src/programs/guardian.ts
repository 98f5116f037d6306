import { spawn, type ChildProcess } from 'node:child_process';
import { isSea } from 'node:sea';
import { runInThisContext } from 'node:vm';

/**
 * Ends the programs of this process when this process ends, even by SIGKILL. It is a small child process that reads the process
 * groups from its standard input and, when that is closed, sends SIGTERM and, after a grace period, SIGKILL to the remaining ones.
 */
export interface Guardian {
  watch(group: number): void;
  forget(group: number): void;
  close(): void;
}

const SCRIPT = (graceMs: number): string => `
const groups = new Set();
let rest = '';
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.stdin.on('data', (data) => {
  const lines = (rest + data).split('\\n');
  rest = lines.pop();
  for (const line of lines) groups[line[0] === '+' ? 'add' : 'delete'](Number(line.slice(1)));
});
const end = (signal) => {
  for (const group of groups) try { process.kill(-group, signal); } catch { groups.delete(group); }
};
process.stdin.on('close', () => {
  if (${graceMs} > 0) end('SIGTERM');
  if (groups.size > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${graceMs});
  end('SIGKILL');
});
`;

/** @param graceMs time from SIGTERM to SIGKILL; 0 sends SIGKILL only */
export function createGuardian(graceMs = 0): Guardian {
  let child: ChildProcess | undefined;
  const send = (line: string) => {
    child ??= start(graceMs);
    child.stdin?.write(line);
  };
  return {
    watch: (group) => send(`+${group}\n`),
    forget: (group) => child && send(`-${group}\n`),
    close: () => child?.stdin?.end(),
  };
}

/** With this as first argument the single executable is the guardian. */
export const GUARDIAN = '--guardian';

/** Makes this process the guardian. */
export function beGuardian(graceMs: number): void {
  runInThisContext(SCRIPT(graceMs));
}

function start(graceMs: number): ChildProcess {
  // The single executable is no Node that could be given a script.
  const args = isSea() ? [GUARDIAN, String(graceMs)] : ['-e', SCRIPT(graceMs)];
  const child = spawn(process.execPath, args, {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: {},
  });
  child.stdin?.on('error', () => {});
  child.unref();
  return child;
}
