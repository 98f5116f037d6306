import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import type { Clock } from '../clock.ts';
import type { Guardian } from './guardian.ts';

/** A local program: an argument vector, never a shell, in a process group of its own. */
export interface Program {
  readonly run: readonly string[];
  readonly folder: string;
  /** Beside those of this process. */
  readonly variables: Readonly<Record<string, string>>;
  /** From SIGTERM to SIGKILL when it is stopped. */
  readonly graceMs: number;
  readonly onLine: (line: string) => void;
}

export interface Ended {
  readonly ok: boolean;
  /** `exit code 3`, `ended by SIGKILL`, or why it could not be started. */
  readonly why: string;
  /** The last lines of what it wrote. */
  readonly output: readonly string[];
}

export interface Running {
  readonly ended: Promise<Ended>;
  /** Ends all of its process group; resolves when it is gone. */
  stop(): Promise<void>;
}

const OUTPUT_LINES = 20;
const LINE_MAX = 2000;
/** A daemon that it has started may keep its output open for ever: for so long it is still listened to. */
const LINGER_MS = 250;

export function startProgram(program: Program, clock: Clock, guardian: Guardian): Running {
  const { run, folder, variables, graceMs, onLine } = program;
  const [command = '', ...args] = run;
  const tail: string[] = [];
  const keep = (line: string): void => {
    tail.push(line);
    if (tail.length > OUTPUT_LINES) tail.shift();
    onLine(line);
  };
  const env = { ...process.env, ...variables };
  const child = spawn(command, args, { cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'], env });
  const { pid } = child;
  if (pid !== undefined) guardian.watch(pid);
  const closed = Promise.all([linesOf(child.stdout, keep), linesOf(child.stderr, keep)]);
  const ended = endOf(child, command).then(async ({ ok, why }) => {
    if (pid !== undefined) guardian.forget(pid);
    await Promise.race([closed, clock.sleep(LINGER_MS, undefined, { ref: false })]);
    child.stdout?.destroy();
    child.stderr?.destroy();
    return { ok, why, output: [...tail] };
  });
  return { ended, stop: async () => stop(child, ended, graceMs, clock) };
}

async function endOf(child: ChildProcess, command: string): Promise<Omit<Ended, 'output'>> {
  return new Promise((tell) => {
    child.once('error', (error) => tell({ ok: false, why: `${command} cannot be started: ${error.message}` }));
    child.once('exit', (code, signal) =>
      tell({ ok: code === 0, why: signal === null ? `exit code ${code}` : `ended by ${signal}` }),
    );
  });
}

async function stop(child: ChildProcess, ended: Promise<unknown>, graceMs: number, clock: Clock): Promise<void> {
  const over = new AbortController();
  void ended.then(() => over.abort());
  if (signalGroup(child, 'SIGTERM')) await clock.sleep(graceMs, over.signal).catch(() => undefined);
  // Also when its first process has ended: what that has started may not have.
  signalGroup(child, 'SIGKILL');
  await ended;
}

/** @returns whether there was anybody */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): boolean {
  if (pid === undefined) return false;
  try {
    return process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

async function linesOf(stream: NodeJS.ReadableStream | null, tell: (line: string) => void): Promise<void> {
  if (stream === null) return;
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const say = (line: string): void => tell(line.replace(/\r$/, '').slice(0, LINE_MAX));
  stream.on('data', (data: Buffer) => {
    const lines = (rest + decoder.write(data)).split('\n');
    rest = (lines.pop() ?? '').slice(0, LINE_MAX);
    for (const line of lines) say(line);
  });
  await once(stream, 'close').catch(() => undefined);
  if (rest !== '') say(rest);
}

/** Where the program is: a path is taken from the folder, a name is looked for along PATH. Undefined when it is nowhere. */
export async function findProgram(command: string, folder: string): Promise<string | undefined> {
  const paths = (process.env['PATH'] ?? '').split(delimiter).filter((path) => path !== '');
  const places =
    command.includes('/') || isAbsolute(command)
      ? [resolve(folder, command)]
      : paths.map((path) => join(path, command));
  for (const place of places) {
    if (
      await access(place, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return place;
  }
  return undefined;
}
