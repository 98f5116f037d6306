import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { messageOf, OperatorError } from '../../errors.ts';
import type { Scheduler } from '../scheduler.ts';
import type { App, AppFactory, AppIdentity } from './app.ts';
import { behaviour, OK, type Behaviour } from './behaviour.ts';

/** Longer than a load balancer keeps an idle connection, so that the load balancer closes it first (ALB user guide). */
const KEEP_ALIVE_MS = 75_000;
/** Maximum delay of `/_app/slow`. */
const SLOW_MAX_MS = 600_000;

/**
 * The bundled app: returns its release and instance in the body and in headers. It runs in this process, so that a
 * thousand of them need little memory.
 */
export function bundledApp(scheduler: Scheduler): AppFactory {
  return (identity) => new BundledApp(identity, scheduler);
}

class BundledApp implements App {
  readonly #identity: AppIdentity;
  readonly #scheduler: Scheduler;
  #servers: readonly Server[] = [];
  #behaviour: Behaviour = OK;
  #lines = '';
  #answered = 0;

  constructor(identity: AppIdentity, scheduler: Scheduler) {
    this.#identity = identity;
    this.#scheduler = scheduler;
  }

  async start(first: Behaviour): Promise<void> {
    await this.kill();
    this.#behaviour = first;
    this.#servers = this.#identity.ports.map(() => createServer((request, response) => this.#serve(request, response)));
    await Promise.all(this.#servers.map((server, index) => this.#listen(server, this.#identity.ports[index]!)));
    this.#note(`release ${this.#identity.release} listens`);
  }

  setBehaviour(next: Behaviour): void {
    this.#behaviour = next;
    this.#note(`now ${next.name}`);
    if (next.name === 'crash') void this.kill();
    else if (this.#servers.length === 0) this.start(next).catch((error: unknown) => this.#note(messageOf(error)));
  }

  async kill(): Promise<void> {
    const servers = this.#servers;
    this.#servers = [];
    await Promise.all(servers.map((server) => closed(server)));
  }

  alive(): boolean {
    return this.#servers.length > 0;
  }

  output(): string {
    return this.#lines;
  }

  #note(line: string): void {
    this.#lines = `${this.#lines}${line}\n`.slice(-4096);
  }

  async #listen(server: Server, port: number): Promise<void> {
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    server.listen(port, this.#identity.address);
    await once(server, 'listening').catch((error: unknown) => {
      throw cannotListen(this.#identity.address, port, error);
    });
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    const url = new URL(request.url ?? '/', 'http://app');
    const requestedMs = Math.min(Number(url.searchParams.get('ms')) || 0, SLOW_MAX_MS);
    if (url.pathname === '/_app/slow') return this.#after(requestedMs, () => this.#answer(url.pathname, response));
    if (url.pathname.startsWith('/_app/') && request.method === 'POST')
      return this.#command(url.pathname, requestedMs, response);
    return this.#after(this.#behaviour.ms, () => this.#answer(url.pathname, response));
  }

  #after(ms: number, task: () => void): void {
    if (ms === 0) task();
    else this.#scheduler.after(ms, task);
  }

  /** Evenly spread, so that a share of few requests is that share, too. */
  #failsNow(): boolean {
    const { percent = 0 } = this.#behaviour;
    this.#answered += 1;
    const failures = (n: number): number => Math.floor((n * percent) / 100);
    return failures(this.#answered) > failures(this.#answered - 1);
  }

  #command(path: string, ms: number, response: ServerResponse): void {
    const word = path.slice('/_app/'.length);
    if (word === 'sick') this.setBehaviour(behaviour('sick'));
    if (word === 'slow-down') this.setBehaviour(behaviour('slow', ms || undefined));
    if (word === 'heal') this.setBehaviour(OK);
    if (word === 'die') return this.setBehaviour(behaviour('crash'));
    return this.#answer(path, response);
  }

  #answer(path: string, response: ServerResponse): void {
    const { release, instance } = this.#identity;
    const sick = path === '/health' && this.#behaviour.name === 'sick';
    const status = sick ? 503 : path !== '/health' && this.#failsNow() ? 500 : 200;
    const body = JSON.stringify(
      path === '/health' ? { status: sick ? 'sick' : 'ok', release, instance } : { release, instance },
    );
    response
      .writeHead(status, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'x-release': release,
        'x-instance': instance,
      })
      .end(body);
  }
}

async function closed(server: Server): Promise<void> {
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
}

/** The error for an instance's address on which nothing can listen. */
export function cannotListen(address: string, port: number, cause: unknown): OperatorError {
  const refused = (cause as NodeJS.ErrnoException).code === 'EADDRNOTAVAIL';
  const next = refused
    ? [
        'Each instance listens on its own loopback address. On Linux all of 127.0.0.0/8 is available; on this system only 127.0.0.1 is.',
        `Add the addresses first (macOS: sudo ifconfig lo0 alias ${address}), or run the sandbox on Linux, for example in a container.`,
      ]
    : [`Stop the program that listens on port ${port} of all addresses, or choose another port (sandbox.appPort).`];
  return new OperatorError(
    'loopback-refused',
    `An instance cannot listen on ${address}:${port}: ${messageOf(cause)}.`,
    {
      next,
      cause,
    },
  );
}
