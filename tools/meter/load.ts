import { Client } from 'undici';
import type { LookupFunction } from 'node:net';
import { systemClock } from '../../src/clock.ts';
import { messageOf } from '../../src/errors.ts';
import { createResolver } from '../../src/sandbox/dns/resolver.ts';
import { Tally } from './tally.ts';
import type { Outcome } from './tally.ts';

export interface LoadOptions {
  /** URL of the GET requests. */
  readonly url: string;
  /** Requests per second, sent when they are due, however slow the responses are (open loop). */
  readonly rate: number;
  /** Number of persistent connections, for every second request. Each other request gets a new connection. */
  readonly kept: number;
  /** Timeout of a request in milliseconds. */
  readonly timeoutMs: number;
  /** Name server for the URL's host name, such as `127.0.0.1:4553`; answers are cached for their TTL. */
  readonly resolver?: string;
}

/** The shortest wait for the next request, so that a high rate is sent in small groups. */
const TICK_MS = 2;
/** Lifetime of persistent connections to a host name: an older connection would never follow a DNS switch. */
const KEPT_MS = 1000;

/** A connection, and when it was opened. */
interface Kept {
  readonly client: Client;
  readonly at: number;
}

function lookupAt(server: string): LookupFunction {
  const { hostname: address, port } = new URL(`dns://${server}`);
  return createResolver({ server: { address, port: Number(port) }, clock: systemClock }).lookup;
}

/** Constant load with a `Client` for each connection, so that no failure is hidden by a retry. */
export class Load {
  readonly tally = new Tally();
  readonly #options: LoadOptions;
  readonly #origin: string;
  readonly #path: string;
  readonly #idle: Kept[] = [];
  readonly #lookup: LookupFunction | undefined;
  readonly #open = new Set<Promise<void>>();
  readonly #startedAt = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #due = 0;

  constructor(options: LoadOptions) {
    const { origin, pathname, search } = new URL(options.url);
    this.#options = options;
    this.#origin = origin;
    this.#path = pathname + search;
    this.#lookup = options.resolver === undefined ? undefined : lookupAt(options.resolver);
    for (let i = 0; i < options.kept; i += 1) this.#idle.push(this.#connect());
    this.#sendDue();
  }

  get seconds(): number {
    return Math.round(performance.now() - this.#startedAt) / 1000;
  }

  /** Stops sending; resolves when every request has ended, which takes at most the timeout. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await Promise.all(this.#open);
    await Promise.all(this.#idle.map(({ client }) => client.destroy()));
  }

  #sendDue(): void {
    const elapsedMs = performance.now() - this.#startedAt;
    for (; this.#due < (elapsedMs * this.#options.rate) / 1000; this.#due += 1) {
      const request = this.#send(this.#due, this.#startedAt + (this.#due * 1000) / this.#options.rate);
      this.#open.add(request);
      void request.finally(() => this.#open.delete(request));
    }
    const nextMs = this.#startedAt + (this.#due * 1000) / this.#options.rate - performance.now();
    this.#timer = setTimeout(() => this.#sendDue(), Math.max(TICK_MS, nextMs));
  }

  async #send(n: number, dueAt: number): Promise<void> {
    this.tally.sent();
    const id = `meter-${process.pid}-${n}`;
    // If all persistent connections are busy, a new one is used: a slow response never delays the next request.
    const kept = n % 2 === 0 ? this.#idle.shift() : undefined;
    const { client, at } = kept ?? this.#connect();
    const outcome = await this.#request(client, id);
    this.tally.ended(outcome, performance.now() - dueAt, {
      id,
      seconds: Math.round(dueAt - this.#startedAt) / 1000,
      connection: kept ? 'kept' : 'fresh',
    });
    const isOld = this.#lookup !== undefined && performance.now() - at > KEPT_MS;
    if (kept) this.#idle.push(isOld ? this.#connect() : kept);
    if (!kept || isOld) await client.destroy();
  }

  #connect(): Kept {
    const connect = this.#lookup && { connect: { lookup: this.#lookup } };
    return { client: new Client(this.#origin, { ...connect }), at: performance.now() };
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
    return { kind: 'bodyErrors', why: `body: not valid JSON: ${text.slice(0, 80)}` };
  }
}
