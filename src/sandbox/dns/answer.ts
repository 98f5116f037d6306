import type { Answer } from 'dns-packet';
import type { RecordSet } from '../route53/model.ts';
import { canonicalName, wireName } from '../route53/names.ts';
import { isNameServer } from '../route53/zones.ts';
import { candidates, chooseRecordSet } from './choose.ts';
import { answerOf, soaData } from './rdata.ts';
import { zoneIndex, parentOf, type ServedZone, type AnswerSource } from './source.ts';

/** Response codes (RFC 1035, 4.1.1). */
export const RCODE = { noError: 0, formatError: 1, notImplemented: 4, noName: 3, refused: 5 } as const;

export interface DnsReply {
  readonly rcode: number;
  readonly authoritative: boolean;
  readonly answers: readonly Answer[];
  readonly authorities: readonly Answer[];
}

export interface DnsQuestion {
  readonly name: string;
  readonly type: string;
}

const REFUSED: DnsReply = { rcode: RCODE.refused, authoritative: false, answers: [], authorities: [] };
const CHAIN_MAX = 8;
const NAME_SERVER_TTL = 172_800;
const LOOPBACK = '127.0.0.1';

/** Answers a question as an authoritative server (RFC 1034, 4.3.2). Names in answers are spelled as in the question. */
export function answerQuestion(source: AnswerSource, { name: queriedName, type }: DnsQuestion): DnsReply {
  const name = nameOf(queriedName);
  const zone = name === undefined ? undefined : source.zone(name);
  if (name === undefined) return REFUSED;
  if (!zone) return awsNames(source, queriedName, type) ?? REFUSED;
  return answerFromZone(source, zone, { queriedName, name, type }, 0);
}

function nameOf(queriedName: string): string | undefined {
  try {
    return canonicalName(queriedName);
  } catch {
    return undefined;
  }
}

/** Answers for names of load balancers and of name servers, which are in AWS's zones. */
function awsNames(source: AnswerSource, queriedName: string, type: string): DnsReply | undefined {
  const name = queriedName.toLowerCase().replace(/\.$/, '');
  const found = (data: string, ttl: number): DnsReply =>
    success(type === 'A' ? [{ name: queriedName, type: 'A', class: 'IN', ttl, data }] : []);
  if (isNameServer(name)) return found(LOOPBACK, NAME_SERVER_TTL);
  const balancer = source.balancer(name);
  if (balancer) return found(balancer.address, source.ttl);
  if (name.endsWith('.elb.amazonaws.com')) return { ...success([]), rcode: RCODE.noName };
  return undefined;
}

function success(answers: readonly Answer[], authorities: readonly Answer[] = []): DnsReply {
  return { rcode: RCODE.noError, authoritative: true, answers, authorities };
}

interface Search {
  readonly queriedName: string;
  readonly name: string;
  readonly type: string;
}

function answerFromZone(source: AnswerSource, zone: ServedZone, search: Search, depth: number): DnsReply {
  const cut = delegation(zone, search);
  if (cut)
    return { rcode: RCODE.noError, authoritative: false, answers: [], authorities: valuesOf(cut, wireName(cut.Name)) };
  const sets = recordSetsAt(zone, search.name);
  if (!sets) return { ...success([], negativeAuthority(zone)), rcode: RCODE.noName };
  const cname = sets.filter(({ Type }) => Type === 'CNAME');
  if (cname.length > 0 && search.type !== 'CNAME') return followCname(source, zone, search, cname, depth);
  const answers = answersFor(source, zone, sets, search);
  return answers.length > 0 ? success(answers) : success([], negativeAuthority(zone));
}

/** NS records below the apex delegate to other name servers. */
function delegation(zone: ServedZone, { name, type }: Search): RecordSet | undefined {
  const { byName } = zoneIndex(zone);
  const cuts: RecordSet[] = [];
  for (let node = name; node !== zone.name; node = parentOf(node)) {
    if (node === name && type === 'DS') continue;
    cuts.push(...(byName.get(node) ?? []).filter(({ Type }) => Type === 'NS'));
  }
  return cuts.at(-1);
}

/** Record sets at a name or its wildcard (RFC 4592); an empty list for an empty non-terminal, undefined for a name that does not exist. */
function recordSetsAt(zone: ServedZone, name: string): readonly RecordSet[] | undefined {
  const { byName, nodes } = zoneIndex(zone);
  if (nodes.has(name)) return byName.get(name) ?? [];
  let encloser = parentOf(name);
  while (!nodes.has(encloser)) encloser = parentOf(encloser);
  return byName.get(`\\052.${encloser}`);
}

function followCname(
  source: AnswerSource,
  zone: ServedZone,
  search: Search,
  sets: readonly RecordSet[],
  depth: number,
): DnsReply {
  const set = chooseRecordSet(source, zone, sets);
  const answers = set ? valuesOf(set, search.queriedName) : [];
  const [target = ''] = answers.flatMap(dataOf);
  const name = nameOf(target);
  const isHere = name !== undefined && name.endsWith(`.${zone.name}`);
  if (!isHere || depth >= CHAIN_MAX) return success(answers);
  const rest = answerFromZone(source, zone, { queriedName: target, name, type: search.type }, depth + 1);
  return { ...rest, authoritative: true, answers: [...answers, ...rest.answers] };
}

function answersFor(
  source: AnswerSource,
  zone: ServedZone,
  sets: readonly RecordSet[],
  { queriedName, type }: Search,
): readonly Answer[] {
  const chosen = chooseRecordSet(
    source,
    zone,
    sets.filter(({ Type }) => Type === type),
  );
  return chosen ? resolved(source, zone, chosen, queriedName, 0) : [];
}

/** A record set's values, or the answers of its alias target. */
function resolved(
  source: AnswerSource,
  zone: ServedZone,
  set: RecordSet,
  queriedName: string,
  depth: number,
): readonly Answer[] {
  const target = set.AliasTarget?.DNSName;
  if (target === undefined) return valuesOf(set, queriedName);
  const balancer = source.balancer(target);
  if (balancer) {
    return set.Type === 'A' ? [answerOf('A', queriedName, source.ttl, balancer.address)] : [];
  }
  const sets = (zoneIndex(zone).byName.get(target) ?? []).filter(({ Type }) => Type === set.Type);
  const next = depth < CHAIN_MAX ? chooseRecordSet(source, zone, sets) : undefined;
  return next ? resolved(source, zone, next, queriedName, depth + 1) : [];
}

function valuesOf({ Type, TTL = 0, ResourceRecords: records = [] }: RecordSet, queriedName: string): Answer[] {
  return records.map(({ Value = '' }) => answerOf(Type, queriedName, TTL, Value));
}

/** The SOA record for negative caching (RFC 2308); its TTL is the lesser of its TTL and its minimum field. */
function negativeAuthority(zone: ServedZone): readonly Answer[] {
  const soa = zoneIndex(zone)
    .byName.get(zone.name)
    ?.find(({ Type }) => Type === 'SOA');
  const value = soa?.ResourceRecords?.[0]?.Value ?? '';
  const ttl = Math.min(soa?.TTL ?? 0, soaData(value).minimum);
  return soa ? [answerOf('SOA', wireName(zone.name), ttl, value)] : [];
}

/** All values that may be answers to a question, whatever the random choice. */
export function possibleAnswers(source: AnswerSource, question: DnsQuestion): readonly string[] {
  const name = nameOf(question.name);
  const zone = name === undefined ? undefined : source.zone(name);
  if (name === undefined || !zone) return answerQuestion(source, question).answers.flatMap(dataOf);
  return possibleAnswersAt(source, zone, name, question.type, 0);
}

function possibleAnswersAt(
  source: AnswerSource,
  zone: ServedZone,
  name: string,
  type: string,
  depth: number,
): readonly string[] {
  const sets = recordSetsAt(zone, name) ?? [];
  const usable = (wanted: string) =>
    candidates(
      source,
      zone,
      sets.filter(({ Type }) => Type === wanted),
    );
  if (depth > CHAIN_MAX) return [];
  return usable(type).flatMap((set) => {
    const target = set.AliasTarget?.DNSName;
    if (target === undefined) return (set.ResourceRecords ?? []).map(({ Value = '' }) => Value);
    const balancer = source.balancer(target);
    if (balancer) return type === 'A' ? [balancer.address] : [];
    return possibleAnswersAt(source, zone, target, type, depth + 1);
  });
}

function dataOf(answer: Answer): readonly string[] {
  return 'data' in answer && typeof answer.data === 'string' ? [answer.data] : [];
}
