import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { decode, encode, RECURSION_DESIRED } from 'dns-packet';
import { onTestFinished } from 'vitest';

/** A name server that says what each name stands for, and nothing more: `127.0.0.1:PORT`. */
export async function cnameAlone(): Promise<string> {
  const socket = createSocket('udp4', (message, { port, address }) => {
    const { id, questions = [] } = decode(message);
    const name = questions[0]?.name ?? '';
    const answers = [{ type: 'CNAME' as const, name, ttl: 1, data: `other.${name}` }];
    socket.send(encode({ type: 'response', id: id ?? 0, flags: RECURSION_DESIRED, questions, answers }), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  return `127.0.0.1:${socket.address().port}`;
}
