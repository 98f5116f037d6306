import { spawn, type ChildProcess } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Guardian } from './guardian.ts';
import { OutputReader } from './output.ts';

/** A local program, run without a shell in a process group of its own. */
export interface Program {
  readonly run: readonly string[];
  readonly folder: string;
  /** Environment variables, in addition to those of this process. */
  readonly variables: Readonly<Record<string, string>>;
  /** Time from SIGTERM to SIGKILL when it is stopped. */
  readonly graceMs: number;
  readonly onLine: (line: string) => void;
}

export interface ProgramResult {
  readonly ok: boolean;
  /** Null where it was ended by a signal, or could not be started. */
  readonly code: number | null;
  /** For example `exit code 3`, `ended by SIGKILL`, or why it could not be started. */
  readonly why: string;
  /** The last lines of its output. */
  readonly output: readonly string[];
}

export interface RunningProgram {
  readonly ended: Promise<ProgramResult>;
  /** Ends its process group; resolves when the program has ended. */
  stop(): Promise<void>;
}

/** How long output is still read after the program has ended: a daemon that it started may keep it open for ever. */
const OUTPUT_GRACE_MS = 250;

export function startProgram(program: Program, clock: Clock, guardian: Guardian): RunningProgram {
  const { run, folder, variables, graceMs, onLine } = program;
  const [command = '', ...args] = run;
  const output = new OutputReader(clock, onLine);
  const child = guardian.start((own) => {
    const env = { ...process.env, ...variables, ...own };
    return spawn(command, args, { cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'], env });
  });
  const { pid } = child;
  const closed = Promise.all([output.read(child.stdout), output.read(child.stderr)]);
  const ended = endOf(child, command).then(async ({ ok, why, code }) => {
    if (pid !== undefined) guardian.forget(pid);
    await Promise.race([closed, clock.sleep(OUTPUT_GRACE_MS, undefined, { ref: false })]);
    child.stdout?.destroy();
    child.stderr?.destroy();
    return { ok, why, code, output: output.kept };
  });
  return { ended, stop: async () => stop(child, ended, graceMs, clock) };
}

async function endOf(child: ChildProcess, command: string): Promise<Omit<ProgramResult, 'output'>> {
  return new Promise((resolveEnd) => {
    child.once('error', (error) =>
      resolveEnd({ ok: false, code: null, why: `${command} cannot be started: ${error.message}` }),
    );
    child.once('exit', (code, signal) =>
      resolveEnd({ ok: code === 0, code, why: signal === null ? `exit code ${code}` : `ended by ${signal}` }),
    );
  });
}

async function stop(child: ChildProcess, ended: Promise<unknown>, graceMs: number, clock: Clock): Promise<void> {
  const over = new AbortController();
  void ended.then(() => over.abort());
  if (signalGroup(child, 'SIGTERM')) await clock.sleep(graceMs, over.signal).catch(() => undefined);
  // Even when the program has ended: its child processes may still run.
  signalGroup(child, 'SIGKILL');
  await ended;
}

/** @returns whether the process group exists */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): boolean {
  if (pid === undefined) return false;
  try {
    return process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** Path of an executable: a path is relative to the folder, a name is searched in PATH. Undefined when not found. */
export async function findProgram(command: string, folder: string): Promise<string | undefined> {
  const paths = (process.env['PATH'] ?? '').split(delimiter).filter((path) => path !== '');
  const candidates =
    command.includes('/') || isAbsolute(command)
      ? [resolve(folder, command)]
      : paths.map((path) => join(path, command));
  for (const candidate of candidates) {
    const refused: unknown = await access(candidate, constants.X_OK).catch((error: unknown) => error);
    if (refused === undefined) return candidate;
  }
  return undefined;
}
