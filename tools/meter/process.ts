import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { NONE } from './counts.ts';
import type { Counts, MeterResult, Sample } from './counts.ts';

export interface MeterOptions {
  readonly url: string;
  /** Requests a second; 200 unless said otherwise. */
  readonly rate?: number;
  /** Connections, of which half are kept open; 16 unless said otherwise. */
  readonly connections?: number;
  /** Time-out of a request in milliseconds; 5000 unless said otherwise. */
  readonly timeoutMs?: number;
  /** A name server that is asked for the URL's name; answers are kept for their TTL. */
  readonly resolver?: string | undefined;
  /** Called with each sample, every 250 ms. */
  readonly onSample?: (sample: Sample) => void;
}

/** A meter that runs in a process of its own, so that nothing the caller does can delay its requests. */
export interface Meter {
  readonly pid: number;
  /** As of the last sample: at most 250 ms old. */
  counts(): Counts;
  /** As of now. */
  read(): Promise<Counts>;
  /** Sends no more, waits for the answers that are due, and ends the process. */
  stop(): Promise<MeterResult>;
  [Symbol.asyncDispose](): Promise<void>;
}

type Message = Sample | MeterResult | { readonly type: 'counts'; readonly total: Counts };

/** Starts a meter; resolves once it has sent its first requests. Throws when its process ends before that. */
export async function startMeter(options: MeterOptions): Promise<Meter> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, '../meter.ts'), ...argv(options)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const meter = new MeterProcess(child, options.onSample);
  await meter.started;
  return meter;
}

function argv({ url, rate = 200, connections = 16, timeoutMs = 5000, resolver }: MeterOptions): readonly string[] {
  const numbers = [`--rate=${rate}`, `--connections=${connections}`, `--timeout=${timeoutMs}`];
  return ['--ipc', '--url', url, ...numbers, ...(resolver === undefined ? [] : [`--resolver=${resolver}`])];
}

class MeterProcess implements Meter {
  readonly started: Promise<void>;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #counts: Counts = NONE;
  #result: MeterResult | undefined;
  #readers: ((counts: Counts) => void)[] = [];

  constructor(child: ChildProcess, onSample: MeterOptions['onSample']) {
    this.#child = child;
    // The last messages may come after the exit, but never after the disconnect.
    this.#exited = Promise.all([once(child, 'exit'), once(child, 'disconnect')]);
    this.started = Promise.race([once(child, 'message'), this.#failed()]).then(() => undefined);
    child.on('message', (message: Message) => {
      if (message.type === 'sample') onSample?.(message);
      if (message.type === 'result') this.#result = message;
      this.#counts = message.total;
      for (const reader of message.type === 'sample' ? [] : this.#readers.splice(0)) reader(message.total);
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  counts(): Counts {
    return this.#counts;
  }

  async read(): Promise<Counts> {
    if (this.#result) return this.#counts;
    const answer = new Promise<Counts>((resolve) => this.#readers.push(resolve));
    this.#child.send('read');
    return await Promise.race([answer, this.#failed()]);
  }

  async stop(): Promise<MeterResult> {
    this.#child.kill('SIGTERM');
    await this.#exited;
    if (!this.#result) throw new Error('the meter ended without a result');
    return this.#result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) await this.stop();
  }

  async #failed(): Promise<never> {
    await this.#exited;
    throw new Error(`the meter ended by itself (exit ${this.#child.exitCode ?? this.#child.signalCode})`);
  }
}
