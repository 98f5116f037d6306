import { Pool, type Dispatcher } from 'undici';

/** ALB gives up connecting to a target after 10 s (ALB user guide, troubleshooting: 504). */
const CONNECT_TIMEOUT_MS = 10_000;

/** The connections of the load balancers to one target, and what is in flight on them. */
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

  /** Retired, and nothing is in flight any more. */
  get done(): boolean {
    return this.#retired && this.#aborts.size === 0;
  }

  /** Counts a request or a web socket in; `cut` ends it by force. Returns the function that counts it out. */
  track(cut: () => void): () => void {
    this.#aborts.add(cut);
    return () => {
      if (this.#aborts.delete(cut)) this.#closeIfIdle();
    };
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#pool ??= new Pool(`http://${this.host}:${this.port}`, { connect: { timeout: CONNECT_TIMEOUT_MS } });
    this.#pool.dispatch(options, handler);
  }

  /** Takes no new requests from now on (the caller sees to that), and closes its connections once the last one has ended. */
  retire(): void {
    this.#retired = true;
    this.#closeIfIdle();
  }

  /** Ends what is still in flight. */
  abortInFlight(): void {
    this.#retired = true;
    for (const cut of this.#aborts) cut();
    this.#closeIfIdle();
  }

  #closeIfIdle(): void {
    if (!this.#retired || this.#aborts.size > 0 || !this.#pool) return;
    const pool = this.#pool;
    this.#pool = undefined;
    // A rejection would say that it is closed already, which is what we want.
    pool.destroy().catch(() => {});
  }
}
