import { spawn, type ChildProcess } from 'node:child_process';

/**
 * Ends the users' apps when the sandbox is gone, also when it was killed with SIGKILL: a small process that is told the
 * process groups on its standard input, and kills those that are left when that ends.
 */
export interface Guardian {
  watch(group: number): void;
  forget(group: number): void;
  close(): void;
}

const SCRIPT = `
const groups = new Set();
let rest = '';
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.stdin.on('data', (data) => {
  const lines = (rest + data).split('\\n');
  rest = lines.pop();
  for (const line of lines) groups[line[0] === '+' ? 'add' : 'delete'](Number(line.slice(1)));
});
process.stdin.on('close', () => {
  for (const group of groups) try { process.kill(-group, 'SIGKILL'); } catch {}
});
`;

export function createGuardian(): Guardian {
  let child: ChildProcess | undefined;
  const tell = (line: string) => {
    child ??= start();
    child.stdin?.write(line);
  };
  return {
    watch: (group) => tell(`+${group}\n`),
    forget: (group) => child && tell(`-${group}\n`),
    close: () => child?.stdin?.end(),
  };
}

function start(): ChildProcess {
  const child = spawn(process.execPath, ['-e', SCRIPT], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: {},
  });
  child.stdin?.on('error', () => {});
  child.unref();
  return child;
}
