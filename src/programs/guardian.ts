import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { isSea } from 'node:sea';
import { runInThisContext } from 'node:vm';

/**
 * Ends the programs of this process when this process ends, even by SIGKILL. It is a small child process that reads from its
 * standard input what is started and what has ended and, when that is closed, sends SIGTERM and, after a grace period, SIGKILL to
 * the process groups that remain.
 */
export interface Guardian {
  /**
   * Starts a program that leads a process group of its own, and watches that group until it is forgotten.
   * @param program starts it, with these variables in its environment
   */
  start<P extends ChildProcess>(program: (variables: Readonly<Record<string, string>>) => P): P;
  forget(group: number): void;
  close(): void;
}

/**
 * A program may be at work before this process could say its number; on Linux it is then found by this variable in its environment
 * (proc(5)).
 */
const MARK = 'TURNOUT_GUARDIAN';
const LOOK_MS = 500;

const SCRIPT = (graceMs: number, mark: string): string => `
const { readdirSync, readFileSync } = process.getBuiltinModule('node:fs');
const groups = new Set();
let rest = '';
let starting = 0;
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.stdin.on('data', (data) => {
  const lines = (rest + data).split('\\n');
  rest = lines.pop();
  for (const line of lines) {
    if (line === '?') starting += 1;
    else if (line === '!') starting -= 1;
    else groups[line[0] === '+' ? 'add' : 'delete'](Number(line.slice(1)));
  }
});
const environment = (pid) => { try { return readFileSync('/proc/' + pid + '/environ', 'latin1'); } catch { return ''; } };
const look = () => {
  let pids = [];
  try { pids = readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)); } catch {}
  for (const pid of pids) if (environment(pid).split('\\0').includes(${JSON.stringify(`${MARK}=${mark}`)})) groups.add(Number(pid));
};
const end = (signal) => {
  for (const group of groups) try { process.kill(-group, signal); } catch { groups.delete(group); }
};
const wait = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
process.stdin.on('close', () => {
  if (starting > 0) look();
  if (${graceMs} > 0) end('SIGTERM');
  if (groups.size > 0 || starting > 0) wait(starting > 0 ? ${Math.max(graceMs, LOOK_MS)} : ${graceMs});
  if (starting > 0) look();
  end('SIGKILL');
});
`;

/** @param graceMs time from SIGTERM to SIGKILL; 0 sends SIGKILL only */
export function createGuardian(graceMs = 0): Guardian {
  const mark = randomUUID();
  let child: ChildProcess | undefined;
  const send = (line: string) => child?.stdin?.write(`${line}\n`);
  return {
    start: (program) => {
      child ??= start(graceMs, mark);
      send('?');
      const started = program({ [MARK]: mark });
      if (started.pid !== undefined) send(`+${started.pid}`);
      send('!');
      return started;
    },
    forget: (group) => send(`-${group}`),
    close: () => child?.stdin?.end(),
  };
}

/** With this as first argument the single executable is the guardian. */
export const GUARDIAN = '--guardian';

/** Makes this process the guardian that the following arguments describe. */
export function beGuardian([graceMs, mark = '']: readonly string[]): void {
  runInThisContext(SCRIPT(Number(graceMs), mark));
}

function start(graceMs: number, mark: string): ChildProcess {
  // The single executable is no Node that could be given a script.
  const args = isSea() ? [GUARDIAN, String(graceMs), mark] : ['-e', SCRIPT(graceMs, mark)];
  const child = spawn(process.execPath, args, {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: {},
  });
  child.stdin?.on('error', () => {});
  child.unref();
  return child;
}
