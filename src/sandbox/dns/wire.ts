import packet, { type Answer, type OptAnswer, type Packet } from 'dns-packet';
import { RCODE, type DnsQuestion, type DnsReply } from './answer.ts';

/** Maximum UDP message without EDNS (RFC 1035), and with EDNS, whatever the client offers (RFC 6891). */
const UDP_MIN = 512;
const UDP_MAX = 1232;
const HEADER = 12;
const QUERY = 0;

export interface DecodedQuery {
  readonly id: number;
  readonly flags: number;
  readonly question: DnsQuestion | undefined;
  readonly questions: NonNullable<Packet['questions']>;
  /** The client's UDP payload size; undefined without EDNS. */
  readonly payload: number | undefined;
  /** Response code, if the query is rejected whatever its name. */
  readonly rcode: number | undefined;
}

/** Reads a query; undefined for other messages, which get no response. */
export function readQuery(message: Buffer): DecodedQuery | undefined {
  if (message.length < HEADER || (message[2]! & 0x80) !== 0) return undefined;
  const id = message.readUInt16BE(0);
  const broken = { id, flags: 0, question: undefined, questions: [], payload: undefined, rcode: RCODE.formatError };
  try {
    const { questions = [], additionals = [], flags = 0 } = packet.decode(message);
    const opt = additionals.find((extra): extra is OptAnswer => extra.type === 'OPT');
    const [first] = questions;
    if (!first) return broken;
    const opcode = (message[2]! >> 3) & 15;
    const rcode = opcode === QUERY && first.type !== ('ANY' as string) ? undefined : RCODE.notImplemented;
    const refused = first.class === undefined || first.class === 'IN' ? rcode : RCODE.refused;
    return { id, flags, question: first, questions, payload: opt?.udpPayloadSize, rcode: refused };
  } catch {
    return broken;
  }
}

/** Encodes a response; one that is too long for UDP is truncated (TC). */
export function writeReply(query: DecodedQuery, reply: DnsReply, transport: 'udp' | 'tcp'): Buffer {
  const whole = encode(query, reply, 0);
  const limit = query.payload === undefined ? UDP_MIN : Math.min(UDP_MAX, Math.max(UDP_MIN, query.payload));
  if (transport === 'tcp' || whole.length <= limit) return whole;
  return encode(query, { ...reply, answers: [], authorities: [] }, packet.TRUNCATED_RESPONSE);
}

const OPT: Answer = {
  type: 'OPT',
  name: '.',
  udpPayloadSize: UDP_MAX,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
};

function encode({ id, flags, questions, payload }: DecodedQuery, reply: DnsReply, more: number): Buffer {
  const authoritative = reply.authoritative ? packet.AUTHORITATIVE_ANSWER : 0;
  return packet.encode({
    type: 'response',
    id,
    flags: (flags & packet.RECURSION_DESIRED) | authoritative | more | reply.rcode,
    questions,
    answers: [...reply.answers],
    authorities: [...reply.authorities],
    ...(payload !== undefined && { additionals: [OPT] }),
  });
}
