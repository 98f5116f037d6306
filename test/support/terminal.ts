import { spawn } from 'node:child_process';
import { PROGRAM, type ProgramOptions } from './program.ts';

/** The real program on a terminal, as `script` of util-linux gives it one. */
export interface Terminal {
  /** What is on it up to now. */
  shown(): string;
  /** As when its window is closed or a connection breaks: SIGHUP for all on it, and nothing can be written any more. */
  close(): void;
}

export function openTerminal(command: string, { cwd, env }: ProgramOptions): Terminal {
  const line = [process.execPath, PROGRAM, ...command.split(' ')].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['--quiet', '--flush', '--command', line, '/dev/null'], {
    cwd,
    env: { ...env, TERM: 'xterm', SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
  return { shown: () => shown, close: () => void child.kill('SIGKILL') };
}
