import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { errorPage } from './answers.ts';
import { requestHeaders } from './headers.ts';
import type { Tally, TrafficError } from './traffic.ts';
import type { Upstream } from './upstream.ts';

/** A client's request for another protocol (web socket), and what belongs to it. */
export interface UpgradeExchange {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly tally: Tally;
  readonly listenerPort: number;
  readonly idleMs: number;
  readonly setCookies: readonly string[];
}

/** Writes a whole response on a socket that Node's server has let go of, and closes it. */
export function answerOnSocket(socket: Duplex, status: number): void {
  const body = errorPage(status);
  const head = [`HTTP/1.1 ${status} `, 'Server: awselb/2.0', 'Content-Type: text/html', 'Connection: close'];
  socket.end([...head, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n'));
}

/** Opens a tunnel to a target; it counts as in flight until one side closes it, or the deregistration delay is over. */
export function tunnel(exchange: UpgradeExchange, upstream: Upstream): void {
  const { request, socket, head, tally, listenerPort, idleMs } = exchange;
  const headers = [...requestHeaders(request, listenerPort), 'Connection', 'Upgrade'];
  const outgoing = httpRequest({
    host: upstream.host,
    port: upstream.port,
    method: request.method,
    path: request.url,
    headers: [...headers, 'Upgrade', request.headers.upgrade ?? ''],
    agent: false,
    timeout: idleMs,
  });
  let status = 0;
  const end = (code: number, error?: TrafficError): void => {
    leave();
    tally.end(status || code, error);
    socket.destroy();
    outgoing.destroy();
  };
  const fail = (error: TrafficError, code: number): void => {
    if (status === 0) answerOnSocket(socket, code);
    leave();
    tally.end(status || code, error);
    if (status === 0) outgoing.destroy();
    else end(code, error);
  };
  const leave = upstream.enter(() => fail('drain-ended', 502));
  socket.on('error', () => end(460, 'client-closed'));
  socket.on('close', () => end(460, status === 0 ? 'client-closed' : undefined));
  outgoing.on('timeout', () => fail('target-timeout', 504));
  outgoing.on('error', (error: NodeJS.ErrnoException) =>
    fail(error.code === 'ECONNREFUSED' ? 'target-refused' : 'target-closed', 502),
  );
  outgoing.on('response', (answer) => {
    status = answer.statusCode ?? 502;
    writeHead(socket, answer, exchange.setCookies);
    answer.on('error', () => end(502, 'target-closed'));
    answer.on('end', () => tally.end(status));
    answer.pipe(socket);
  });
  outgoing.on('upgrade', (answer, target, first) => {
    status = 101;
    writeHead(socket, answer, exchange.setCookies);
    join(socket, target, [head, first]);
    target.setTimeout(idleMs, () => end(504, 'target-timeout'));
    target.on('error', () => end(502, 'target-closed'));
    target.on('close', () => end(101));
  });
  outgoing.end();
}

function writeHead(socket: Duplex, answer: IncomingMessage, setCookies: readonly string[]): void {
  const lines = [`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`];
  for (let index = 0; index + 1 < answer.rawHeaders.length; index += 2) {
    lines.push(`${answer.rawHeaders[index]}: ${answer.rawHeaders[index + 1]}`);
  }
  socket.write([...lines, ...setCookies.map((cookie) => `Set-Cookie: ${cookie}`), '', ''].join('\r\n'));
}

function join(client: Duplex, target: Duplex, [head, first]: readonly [Buffer, Buffer]): void {
  target.write(head);
  client.write(first);
  client.pipe(target).pipe(client);
}
