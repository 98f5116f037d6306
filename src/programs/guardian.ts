import { spawn, type ChildProcess } from 'node:child_process';

/**
 * Ends the programs that this process has started when it is gone, also when it was killed with SIGKILL: a small process that
 * is told the process groups on its standard input, and ends those that are left when that is closed: with SIGTERM and, after
 * a time of grace, with SIGKILL.
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

/** @param graceMs from SIGTERM to SIGKILL; 0 sends SIGKILL only */
export function createGuardian(graceMs = 0): Guardian {
  let child: ChildProcess | undefined;
  const tell = (line: string) => {
    child ??= start(graceMs);
    child.stdin?.write(line);
  };
  return {
    watch: (group) => tell(`+${group}\n`),
    forget: (group) => child && tell(`-${group}\n`),
    close: () => child?.stdin?.end(),
  };
}

function start(graceMs: number): ChildProcess {
  const child = spawn(process.execPath, ['-e', SCRIPT(graceMs)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: {},
  });
  child.stdin?.on('error', () => {});
  child.unref();
  return child;
}
