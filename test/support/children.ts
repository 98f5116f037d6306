import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const SCRIPT = new URL('store-child.ts', import.meta.url).pathname;

/** Starts a contender (`store-child.ts`); its errors go to the terminal. */
export function startChild(opener: URL, location: string, ...command: readonly string[]): ChildProcess {
  return spawn(process.execPath, [SCRIPT, opener.href, location, ...command], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** The next line that it prints. */
export async function lineOf(child: ChildProcess): Promise<string> {
  const lines = createInterface({ input: child.stdout! });
  const [line] = (await once(lines, 'line')) as [string];
  lines.close();
  return line;
}

/** Its exit code, or the signal that ended it. */
export async function endOf(child: ChildProcess): Promise<number | string | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode ?? child.signalCode;
}

/** kill -9, as the machine's memory or a CI system does it. */
export async function killNow(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await endOf(child);
}
