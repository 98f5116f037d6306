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
  /** UDP payload size for EDNS. */
  readonly payload?: number;
  readonly tcp?: boolean;
}

/** A response, with fields that dns-packet omits. */
export interface DnsResponse extends DecodedPacket {
  readonly rcode: number;
  readonly transport: 'udp' | 'tcp';
  readonly bytes: number;
}

const LIMIT_MS = 2_000;
const LENGTH_BYTES = 2;

/** Queries a server, as `dig` does: over UDP, then over TCP if the response was truncated. Rejects after 2 s without response. */
export async function queryServer(server: ServerAddress, query: DnsQuery): Promise<DnsResponse> {
  const message = encodedQuery(query);
  if (query.tcp) return decoded(await overTcp(server, message), 'tcp');
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
