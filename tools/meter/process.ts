import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { NONE } from './counts.ts';
import type { Counts, MeterResult, Sample } from './counts.ts';

export interface MeterOptions {
  readonly url: string;
  /** Requests per second. Default: 200. */
  readonly rate?: number;
  /** Connections, of which half are persistent. Default: 16. */
  readonly connections?: number;
  /** Timeout of a request in milliseconds. Default: 5000. */
  readonly timeoutMs?: number;
  /** Name server for the URL's host name; answers are cached for their TTL. */
  readonly resolver?: string | undefined;
  /** Called with each sample, every 250 ms. */
  readonly onSample?: (sample: Sample) => void;
}

/** A meter in a separate process, so that the caller cannot delay its requests. */
export interface Meter {
  readonly pid: number;
  /** The counts of the last sample: at most 250 ms old. */
  counts(): Counts;
  /** The current counts. */
  read(): Promise<Counts>;
  /** Stops sending, waits for the requests in flight, and ends the process. */
  stop(): Promise<MeterResult>;
  [Symbol.asyncDispose](): Promise<void>;
}

type Message = Sample | MeterResult | { readonly type: 'counts'; readonly total: Counts };

/** Starts a meter; resolves once it has sent its first requests. Throws if its process ends before. */
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
    // The last messages may arrive after the exit, but not after the disconnect.
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
    throw new Error(`the meter ended unexpectedly (exit ${this.#child.exitCode ?? this.#child.signalCode})`);
  }
}
