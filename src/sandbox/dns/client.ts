import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { once } from 'node:events';
import { randomInt } from 'node:crypto';
import packet, { type DecodedPacket, type RecordType } from 'dns-packet';
import { withLengthPrefix } from './sockets.ts';

export interface ServerAddress {
  readonly address: string;
  readonly port: number;
}

export interface DnsQuery {
  readonly name: string;
  readonly type: RecordType;
  /** Announces EDNS with this payload size. */
  readonly payload?: number;
  readonly tcp?: boolean;
}

/** What a server said, with what dns-packet leaves out. */
export interface DnsResponse extends DecodedPacket {
  readonly rcode: number;
  readonly transport: 'udp' | 'tcp';
  readonly bytes: number;
}

const LIMIT_MS = 2_000;
const LENGTH_BYTES = 2;

/** Asks one server, like `dig`: over UDP first, over TCP when the answer was cut short. Rejects when no answer comes in 2 s. */
export async function queryServer(server: ServerAddress, asked: DnsQuery): Promise<DnsResponse> {
  const message = encodedQuery(asked);
  if (asked.tcp) return decoded(await overTcp(server, message), 'tcp');
  const first = decoded(await overUdp(server, message), 'udp');
  return first.flag_tc ? decoded(await overTcp(server, message), 'tcp') : first;
}

function encodedQuery({ name, type, payload }: DnsQuery): Buffer {
  const opt = {
    type: 'OPT' as const,
    name: '.',
    extendedRcode: 0,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
  };
  return packet.encode({
    type: 'query',
    id: randomInt(65_536),
    questions: [{ name, type, class: 'IN' }],
    ...(payload !== undefined && { additionals: [{ ...opt, udpPayloadSize: payload }] }),
  });
}

function decoded(answer: Buffer, transport: 'udp' | 'tcp'): DnsResponse {
  return { ...packet.decode(answer), rcode: answer[3]! & 15, transport, bytes: answer.length };
}

async function overUdp({ address, port }: ServerAddress, message: Buffer): Promise<Buffer> {
  const socket = createSocket('udp4');
  try {
    socket.connect(port, address);
    await once(socket, 'connect');
    socket.send(message);
    const signal = AbortSignal.timeout(LIMIT_MS);
    for (;;) {
      const [answer] = (await once(socket, 'message', { signal })) as [Buffer];
      if (answer.readUInt16BE(0) === message.readUInt16BE(0)) return answer;
    }
  } finally {
    socket.close();
  }
}

async function overTcp({ address, port }: ServerAddress, message: Buffer): Promise<Buffer> {
  const socket = connect({ host: address, port, signal: AbortSignal.timeout(LIMIT_MS) });
  try {
    socket.write(withLengthPrefix(message));
    let received = Buffer.alloc(0);
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      received = Buffer.concat([received, chunk]);
      if (received.length >= LENGTH_BYTES && received.length >= LENGTH_BYTES + received.readUInt16BE(0)) break;
    }
    return received.subarray(LENGTH_BYTES);
  } finally {
    socket.destroy();
  }
}
