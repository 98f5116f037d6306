import { Pool, type Dispatcher } from 'undici';

/** ALB's timeout for connections to a target (ALB user guide, "Troubleshoot", HTTP 504). */
const CONNECT_TIMEOUT_MS = 10_000;

/** The connections of the load balancers to one target, and the requests in flight. */
export class Upstream {
  readonly host: string;
  readonly port: number;
  readonly #aborts = new Set<() => void>();
  #pool: Pool | undefined;
  #retired = false;

  constructor(host: string, port: number) {
    this.host = host;
    this.port = port;
  }

  /** Requests and web sockets that have not ended. */
  get inFlight(): number {
    return this.#aborts.size;
  }

  /** Retired, and without requests in flight. */
  get done(): boolean {
    return this.#retired && this.#aborts.size === 0;
  }

  /** Adds a request or a web socket; `abort` closes it. Returns a function that removes it. */
  track(abort: () => void): () => void {
    this.#aborts.add(abort);
    return () => {
      if (this.#aborts.delete(abort)) this.#closeIfIdle();
    };
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#pool ??= new Pool(`http://${this.host}:${this.port}`, { connect: { timeout: CONNECT_TIMEOUT_MS } });
    this.#pool.dispatch(options, handler);
  }

  /** Closes the connections once the last request has ended; the caller sends no new requests. */
  retire(): void {
    this.#retired = true;
    this.#closeIfIdle();
  }

  /** Aborts what is still in flight. */
  abortInFlight(): void {
    this.#retired = true;
    for (const abort of this.#aborts) abort();
    this.#closeIfIdle();
  }

  #closeIfIdle(): void {
    if (!this.#retired || this.#aborts.size > 0 || !this.#pool) return;
    const pool = this.#pool;
    this.#pool = undefined;
    // It rejects if it is already closed.
    pool.destroy().catch(() => {});
  }
}
