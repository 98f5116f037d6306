import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { messageOf, OperatorError } from '../../errors.ts';

/** Returns the response to a message, or undefined for none. */
export type MessageHandler = (message: Buffer, transport: 'udp' | 'tcp') => Buffer | undefined;

export interface Sockets {
  readonly port: number;
  close(): Promise<void>;
}

/** Maximum attempts to find a port: one that is free for UDP may be in use for TCP. */
const TRIES = 20;
/** Longer than resolvers keep an idle connection. */
const IDLE_MS = 10_000;
const LENGTH_BYTES = 2;

/** Listens on the same port over UDP and TCP. Throws an `OperatorError` if the port is in use. */
export async function openSockets(address: string, port: number, respond: MessageHandler): Promise<Sockets> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await open(address, port, respond);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EADDRINUSE' && port === 0 && attempt < TRIES) continue;
      throw new OperatorError(
        'port-taken',
        `The sandbox cannot answer DNS on ${address}:${port}: ${messageOf(error)}`,
        {
          next: [
            'Stop the program that listens on it, or choose another port (sandbox.dns.port; 0 selects a free port).',
          ],
          cause: error,
        },
      );
    }
  }
}

async function open(address: string, port: number, respond: MessageHandler): Promise<Sockets> {
  const udp = createSocket('udp4');
  udp.bind(port, address);
  await once(udp, 'listening');
  const bound = udp.address().port;
  const connections = new Set<Socket>();
  const tcp = createServer((socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
    serve(socket, respond);
  });
  tcp.listen(bound, address);
  await once(tcp, 'listening').catch((error: unknown) => {
    udp.close();
    throw error;
  });
  udp.on('message', (message, from) => {
    const answer = respond(message, 'udp');
    // Errors are ignored: the client may have closed its socket.
    if (answer) udp.send(answer, from.port, from.address, () => {});
  });
  return { port: bound, close: () => close(udp, tcp, connections) };
}

async function close(udp: UdpSocket, tcp: Server, connections: ReadonlySet<Socket>): Promise<void> {
  udp.close();
  tcp.close();
  for (const socket of connections) socket.destroy();
  if (tcp.listening) await once(tcp, 'close');
}

/** Reads messages with a length prefix, any number on one connection (RFC 1035, 4.2.2). */
function serve(socket: Socket, respond: MessageHandler): void {
  let pending = Buffer.alloc(0);
  socket.setTimeout(IDLE_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= LENGTH_BYTES && pending.length >= LENGTH_BYTES + pending.readUInt16BE(0)) {
      const end = LENGTH_BYTES + pending.readUInt16BE(0);
      const answer = respond(pending.subarray(LENGTH_BYTES, end), 'tcp');
      pending = pending.subarray(end);
      if (answer) socket.write(withLengthPrefix(answer));
    }
  });
}

/** A message with its length prefix. */
export function withLengthPrefix(message: Buffer): Buffer {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}
