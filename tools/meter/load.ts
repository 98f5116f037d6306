import { Client } from 'undici';
import { messageOf } from '../../src/errors.ts';
import { Tally } from './tally.ts';
import type { Outcome } from './tally.ts';

export interface LoadOptions {
  /** Where to: requests are `GET`s of exactly this URL. */
  readonly url: string;
  /** Requests a second, sent when they are due, however slow the answers are (open loop). */
  readonly rate: number;
  /** Connections that are kept open; they carry every second request. The others get a fresh connection each. */
  readonly kept: number;
  /** Milliseconds after which a request counts as failed. */
  readonly timeoutMs: number;
}

const TICK_MS = 2;

/** Steady traffic, one `Client` a connection, so that every failure is seen and none is retried out of sight. */
export class Load {
  readonly tally = new Tally();
  readonly #options: LoadOptions;
  readonly #origin: string;
  readonly #path: string;
  readonly #idle: Client[] = [];
  readonly #open = new Set<Promise<void>>();
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;
  #due = 0;

  constructor(options: LoadOptions) {
    const { origin, pathname, search } = new URL(options.url);
    this.#options = options;
    this.#origin = origin;
    this.#path = pathname + search;
    for (let i = 0; i < options.kept; i += 1) this.#idle.push(new Client(origin));
    this.#timer = setInterval(() => this.#sendDue(), TICK_MS);
  }

  get seconds(): number {
    return Math.round(performance.now() - this.#startedAt) / 1000;
  }

  /** Sends no more, and resolves when every request has ended; none lasts longer than its time-out. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
    await Promise.all(this.#idle.map((client) => client.destroy()));
  }

  #sendDue(): void {
    const elapsedMs = performance.now() - this.#startedAt;
    for (; this.#due < (elapsedMs * this.#options.rate) / 1000; this.#due += 1) {
      const request = this.#send(this.#due, this.#startedAt + (this.#due * 1000) / this.#options.rate);
      this.#open.add(request);
      void request.finally(() => this.#open.delete(request));
    }
  }

  async #send(n: number, dueAt: number): Promise<void> {
    this.tally.sent();
    const id = `meter-${process.pid}-${n}`;
    // When all kept connections are busy, a fresh one is used: a slow answer never delays the next request.
    const kept = n % 2 === 0 ? this.#idle.shift() : undefined;
    const client = kept ?? new Client(this.#origin);
    const outcome = await this.#request(client, id);
    this.tally.ended(outcome, performance.now() - dueAt, {
      id,
      seconds: Math.round(dueAt - this.#startedAt) / 1000,
      connection: kept ? 'kept' : 'fresh',
    });
    if (kept) this.#idle.push(kept);
    else await client.destroy();
  }

  async #request(client: Client, id: string): Promise<Outcome> {
    try {
      const { statusCode, body } = await client.request({
        method: 'GET',
        path: this.#path,
        headers: { 'x-request-id': id },
        signal: AbortSignal.timeout(this.#options.timeoutMs),
      });
      const text = await body.text();
      return statusCode >= 200 && statusCode < 300 ? checked(text) : { kind: 'httpErrors', why: `HTTP ${statusCode}` };
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? `${String(error.code)}: ` : '';
      return { kind: 'transportErrors', why: code + messageOf(error) };
    }
  }
}

function checked(text: string): Outcome {
  try {
    const body = JSON.parse(text) as { readonly release?: unknown } | null;
    if (typeof body?.release === 'string') return { kind: 'ok', release: body.release };
    return { kind: 'bodyErrors', why: 'body: no release' };
  } catch {
    return { kind: 'bodyErrors', why: `body: not JSON: ${text.slice(0, 80)}` };
  }
}
