import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { undocumented } from '../../tools/docs/lines.ts';
import { poll } from './poll.ts';

export const PROGRAM = path.resolve(import.meta.dirname, '../../dist/turnout.js');

/** One line of `--json`, as a reader of docs/json.md sees it. */
export interface Line {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** The last line of a run. */
export interface Finished extends Line {
  readonly result: string;
  readonly code: string;
  readonly exitCode: number;
  readonly message: string;
  readonly next: readonly string[];
  readonly awsRequests: number;
  readonly proven?: number;
}

/** A run of the program that is over. */
export interface Ended {
  /** What was typed. */
  readonly command: string;
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly lines: readonly Line[];
}

export interface ProgramOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** What must be so as soon as it has ended; where that fails, `ended` rejects. */
  readonly atEnd?: (ended: Ended) => Promise<void>;
}

/** The real program, as people run it, in a process of its own. */
export class Program {
  readonly command: string;
  readonly #ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #reader: Interface;
  readonly #lines: Line[] = [];
  readonly #hearers = new Set<() => void>();
  #stdout = '';
  #stderr = '';
  #over = false;
  /** Whoever asked how it ended knows also that what must be so is not; else the end of the test is told. */
  #isAsked = false;

  constructor(command: string, args: readonly string[], { cwd, env, atEnd }: ProgramOptions) {
    this.command = command;
    this.#child = spawn(process.execPath, [PROGRAM, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    this.#reader = createInterface({ input: this.#child.stdout! });
    this.#reader.on('line', (line) => this.#read(line));
    this.#ended = Promise.all([once(this.#child, 'close'), once(this.#reader, 'close')]).then(async () => {
      const ended = this.#end();
      await atEnd?.(ended);
      return ended;
    });
  }

  get ended(): Promise<Ended> {
    this.#isAsked = true;
    return this.#ended;
  }

  get lines(): readonly Line[] {
    return this.#lines;
  }

  /** All lines up to now. */
  get written(): string {
    return this.#stdout;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Resolves with the first line of `--json` that passes; rejects when the program ends without one. */
  async line(passes: (line: Line) => boolean): Promise<Line> {
    return await new Promise((resolve, reject) => {
      const hear = (): void => {
        const found = this.#lines.find(passes);
        if (found === undefined && !this.#over) return;
        this.#hearers.delete(hear);
        if (found === undefined)
          reject(new Error(`'${this.command}' ended before that:\n${this.#stdout}${this.#stderr}`));
        else resolve(found);
      };
      this.#hearers.add(hear);
      hear();
    });
  }

  /** Resolves when a step of that kind begins, such as `register shop-production`. */
  async reaches(step: string): Promise<void> {
    await this.line((line) => line.type === 'step-started' && stepNamed(this.#plans(line), line) === step);
  }

  /** Resolves once it has written a line, of whatever kind. */
  async firstOutput(): Promise<void> {
    await poll(() => this.#stdout !== '' || this.#over, `a line of '${this.command}'`, 20_000);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Reads no more, as `| head -1` does once it has its line. */
  closePipe(): void {
    this.#reader.close();
    this.#child.stdout?.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#over) this.#child.kill('SIGKILL');
    await this.#ended.catch((error: unknown) => {
      if (!this.#isAsked) throw error;
    });
  }

  /** The newest plan before a line: a run that undoes its work makes a second one. */
  #plans(before: Line): Line | undefined {
    return this.#lines.slice(0, this.#lines.indexOf(before)).findLast((line) => line.type === 'planned');
  }

  #read(text: string): void {
    this.#stdout += `${text}\n`;
    const line = parsed(text);
    if (line === undefined) return;
    this.#lines.push(line);
    for (const hear of this.#hearers) hear();
  }

  #end(): Ended {
    this.#over = true;
    for (const hear of this.#hearers) hear();
    const unknown = this.#lines.flatMap(undocumented);
    if (unknown.length > 0)
      throw new Error(`'${this.command}' wrote what docs/json.md does not have: ${unknown.join('; ')}`);
    const { exitCode, signalCode: signal } = this.#child;
    return { command: this.command, exitCode, signal, stdout: this.#stdout, stderr: this.#stderr, lines: this.#lines };
  }
}

/** Kind and target group of a step that has started. */
function stepNamed(plan: Line | undefined, { index }: Line): string | undefined {
  const step = (plan?.['steps'] as readonly { do: string; pool?: string }[] | undefined)?.[index as number];
  return step === undefined ? undefined : [step.do, step.pool].filter(Boolean).join(' ');
}

function parsed(text: string): Line | undefined {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return undefined;
  }
}

/** The last line of a run with `--json`. Throws, with all that it wrote, without one. */
export function finished(ended: Ended): Finished {
  const last = ended.lines.at(-1);
  if (last?.type !== 'finished') throw new Error(`'${ended.command}' did not finish:\n${ended.stdout}${ended.stderr}`);
  return last as Finished;
}
