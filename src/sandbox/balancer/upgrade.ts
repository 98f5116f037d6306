import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { errorPage } from './answers.ts';
import { trafficErrorOf, errorStatus } from './forward.ts';
import { requestHeaders, responseHeaders } from './headers.ts';
import type { RequestTracker, TrafficError } from './traffic.ts';
import type { Upstream } from './upstream.ts';

/** A client's request for a web socket. */
export interface UpgradeExchange {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  readonly head: Buffer;
  readonly tracker: RequestTracker;
  readonly listenerPort: number;
  readonly idleMs: number;
  readonly setCookies: readonly string[];
}

/** Writes an error page to a socket that Node's server has detached, and closes it. */
export function answerOnSocket(socket: Socket, status: number): void {
  const body = errorPage(status);
  const head = [`HTTP/1.1 ${status} `, 'Server: awselb/2.0', 'Content-Type: text/html', 'Connection: close'];
  socket.end([...head, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n'));
}

/** Opens a tunnel to a target; it is in flight until one side closes it, or the deregistration delay ends. */
export function tunnel(exchange: UpgradeExchange, upstream: Upstream): void {
  new Tunnel(exchange, upstream).open();
}

class Tunnel {
  readonly #exchange: UpgradeExchange;
  readonly #outgoing: ClientRequest;
  readonly #leave: () => void;
  #target: Socket | undefined;
  /** The status that was sent to the client; 0 before. */
  #status = 0;
  #over = false;

  constructor(exchange: UpgradeExchange, upstream: Upstream) {
    this.#exchange = exchange;
    const { request, listenerPort, idleMs } = exchange;
    const upgrade = ['Connection', 'Upgrade', 'Upgrade', request.headers.upgrade ?? ''];
    this.#outgoing = httpRequest({
      host: upstream.host,
      port: upstream.port,
      path: request.url,
      headers: [...requestHeaders(request, listenerPort), ...upgrade],
      agent: false,
      timeout: idleMs,
    });
    this.#leave = upstream.track(() => this.#end('drain-ended'));
  }

  open(): void {
    const { socket } = this.#exchange;
    socket.on('error', () => this.#end('client-closed'));
    socket.on('close', () => this.#end(this.#status === 0 ? 'client-closed' : undefined));
    this.#outgoing.on('timeout', () => this.#end('target-timeout'));
    this.#outgoing.on('error', (error) => this.#end(trafficErrorOf(error)));
    this.#outgoing.on('response', (answer) => this.#refused(answer));
    this.#outgoing.on('upgrade', (answer, target: Socket, first) => this.#join(answer, target, first));
    this.#outgoing.end();
  }

  /** The target did not accept the upgrade. */
  #refused(answer: IncomingMessage): void {
    const { socket, setCookies } = this.#exchange;
    const headers = Object.entries(responseHeaders(answer.headers, setCookies));
    this.#writeHead(
      answer,
      headers.flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}`)),
    );
    answer.on('error', (error) => this.#end(trafficErrorOf(error)));
    answer.on('end', () => this.#end());
    answer.pipe(socket, { end: false });
  }

  #join(answer: IncomingMessage, target: Socket, first: Buffer): void {
    const { socket, head, idleMs } = this.#exchange;
    this.#target = target;
    const pairs = answer.rawHeaders.flatMap((name, index, all) =>
      index % 2 === 0 ? [`${name}: ${all[index + 1]}`] : [],
    );
    this.#writeHead(answer, [...pairs, ...this.#exchange.setCookies.map((cookie) => `Set-Cookie: ${cookie}`)]);
    target.write(head);
    socket.write(first);
    target.setTimeout(idleMs, () => this.#end('target-timeout'));
    target.on('error', () => this.#end('target-closed'));
    target.on('close', () => this.#end());
    socket.pipe(target).pipe(socket);
  }

  #writeHead(answer: IncomingMessage, headers: readonly string[]): void {
    this.#status = answer.statusCode ?? 502;
    const close = this.#status === 101 ? [] : ['Connection: close'];
    const lines = [`HTTP/1.1 ${this.#status} ${answer.statusMessage}`, ...headers, ...close, '', ''];
    this.#exchange.socket.write(lines.join('\r\n'));
  }

  #end(error?: TrafficError): void {
    if (this.#over) return;
    this.#over = true;
    this.#leave();
    const { socket, tracker } = this.#exchange;
    const status = this.#status || errorStatus(error ?? 'target-closed');
    tracker.end(status, error);
    if (this.#status === 0 && error !== 'client-closed') answerOnSocket(socket, status);
    else closeSocket(socket, error);
    if (this.#target) closeSocket(this.#target, error);
    else this.#outgoing.destroy();
  }
}

/** Without an error, pending data is still sent. */
function closeSocket(socket: Socket, error: TrafficError | undefined): void {
  if (error) socket.destroy();
  else socket.destroySoon();
}
