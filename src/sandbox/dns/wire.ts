import packet, { type Answer, type OptAnswer, type Packet } from 'dns-packet';
import { RCODE, type DnsQuestion, type DnsReply } from './answer.ts';

/** What every client can take over UDP (RFC 1035), and the most that is sent to one that says it can take more (RFC 6891). */
const UDP_MIN = 512;
const UDP_MAX = 1232;
const HEADER = 12;
const QUERY = 0;

export interface DecodedQuery {
  readonly id: number;
  readonly flags: number;
  readonly question: DnsQuestion | undefined;
  readonly questions: NonNullable<Packet['questions']>;
  /** The most that the client takes over UDP; absent when it knows nothing of EDNS. */
  readonly payload: number | undefined;
  /** Set when the query is refused without looking at the question. */
  readonly rcode: number | undefined;
}

/** Reads a query; undefined for what is none, which is not answered. */
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

/** Writes an answer: the question and EDNS are echoed; what is too long for UDP is left out and said to be (TC). */
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
