import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { RunEvent } from '../../src/run/event.ts';
import { keepErrors } from './lines.ts';
import { PROGRAM } from './sandbox.ts';
import type { Rig } from './sandbox.ts';

export type Finished = Extract<RunEvent, { type: 'finished' }>;

/**
 * Runs a task in a separate process with `--yes --json`; resolves with its `finished` event, whatever its result. Rejects if
 * there is none, or, after a SIGINT to the process and its end, if the signal was aborted.
 */
export async function runTaskCommand(
  rig: Rig,
  args: readonly string[],
  signal: AbortSignal,
  onEvent: (event: RunEvent) => void = () => {},
): Promise<Finished> {
  signal.throwIfAborted();
  const child = spawn(process.execPath, [PROGRAM, ...args, '--yes', '--json', '--config', rig.config], {
    env: rig.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const interrupt = (): void => void child.kill('SIGINT');
  signal.addEventListener('abort', interrupt);
  const errors = keepErrors(child);
  const closed = once(child, 'close');
  let last: RunEvent | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    last = JSON.parse(line) as RunEvent;
    onEvent(last);
  }
  await closed;
  signal.removeEventListener('abort', interrupt);
  signal.throwIfAborted();
  if (last?.type === 'finished') return last;
  throw new Error(`turnout ${args.join(' ')} ended without a result (exit ${child.exitCode}): ${errors()}`);
}
