import type { Answer } from 'dns-packet';
import { wireName } from '../route53/names.ts';
import { quotedTexts } from '../route53/values.ts';

/** A record's value in dns-packet's form. The value was validated when it was stored. */
export function answerOf(type: string, name: string, ttl: number, value: string): Answer {
  const [first = '', second = '', third = '', fourth = ''] = value.trim().split(/\s+/);
  const head = { name, ttl, class: 'IN' as const };
  switch (type) {
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return { ...head, type, data: wireName(value) };
    case 'TXT':
      return { ...head, type, data: [...quotedTexts(value)] };
    case 'MX':
      return { ...head, type, data: { preference: Number(first), exchange: wireName(second) } };
    case 'SRV':
      return {
        ...head,
        type,
        data: { priority: Number(first), weight: Number(second), port: Number(third), target: wireName(fourth) },
      };
    case 'SOA':
      return { ...head, type, data: soaData(value) };
    case 'CAA':
      return { ...head, type, data: caaData(first, second, value) };
    default:
      return { ...head, type: type === 'AAAA' ? 'AAAA' : 'A', data: value };
  }
}

type Tag = 'issue' | 'issuewild' | 'iodef';

function caaData(flags: string, tag: string, value: string) {
  return { flags: Number(flags), tag: tag as Tag, value: quotedTexts(value.slice(value.indexOf('"'))).join('') };
}

export function soaData(value: string) {
  const [mname = '', rname = '', ...numbers] = value.trim().split(/\s+/);
  const [serial = 1, refresh = 0, retry = 0, expire = 0, minimum = 0] = numbers.map(Number);
  return { mname: wireName(mname), rname: wireName(rname), serial, refresh, retry, expire, minimum };
}
