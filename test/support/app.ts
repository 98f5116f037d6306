import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { poll } from './poll.ts';

/** A small real server on a loopback address, as an instance of the sandbox would be. */
export class App {
  readonly name: string;
  readonly address: string;
  /** Paths that were asked for, health checks not counted. */
  readonly seen: { path: string; headers: IncomingMessage['headers']; remotePort: number | undefined }[] = [];
  checks = 0;
  healthy = true;
  /** Holds back responses until `let go` is called. */
  #held: (() => void)[] = [];
  #port = 0;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  readonly #delayMs: number;

  constructor(name: string, address: string, delayMs = 0) {
    this.name = name;
    this.address = address;
    this.#delayMs = delayMs;
    this.#server = createServer((request, response) => this.#serve(request, response));
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('upgrade', (request, socket) => echo(request, socket as Socket));
  }

  async start(port = 0): Promise<this> {
    await new Promise<void>((resolve) => {
      this.#server.listen(port, this.address, resolve);
    });
    this.#port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  get port(): number {
    return this.#port;
  }

  get held(): number {
    return this.#held.length;
  }

  /** Answers what was held back. */
  release(): void {
    for (const answer of this.#held.splice(0)) answer();
  }

  /** Dies: refuses connections, and cuts those it has. */
  async kill(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? '';
    if (path === '/health') {
      this.checks += 1;
      response.writeHead(this.healthy ? 200 : 500).end();
      return;
    }
    this.seen.push({ path, headers: request.headers, remotePort: request.socket.remotePort });
    if (path === '/hold') this.#held.push(() => response.end(this.name));
    else if (path === '/half') response.write('half');
    else if (path === '/die') request.socket.destroy();
    else if (path === '/echo') request.pipe(response);
    else setTimeout(() => response.end(this.name), this.#delayMs);
  }
}

/** Accepts a web socket and sends back every octet as it came: enough for what a proxy can get wrong. */
function echo(request: IncomingMessage, socket: Socket): void {
  const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash('sha1').update(key).digest('base64');
  const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
  socket.write([...head, `Sec-WebSocket-Accept: ${accept}`, '', ''].join('\r\n'));
  socket.pipe(socket);
  socket.on('error', () => {});
}

/** Waits until the app holds back `count` requests. */
export async function holding(app: App, count = 1): Promise<void> {
  await poll(() => app.held === count, `${app.name} holds ${count}`);
}
