import { FatalProblem } from './errors.ts';

const LABEL_MAX = 63;
const NAME_MAX = 255;

/**
 * A domain name as Route 53 shows it: lower case, with a dot at the end, and everything but letters, digits, `-` and `_` as
 * three octal digits, so that `*.example.com` is `\052.example.com.`. Throws `Fatal`.
 */
export function canonicalName(text: string): string {
  if (text === '' || text === '.') throw new FatalProblem('DomainNameEmpty', 'Domain name is empty', text);
  const labels = text.replace(/\.$/, '').split('.').map(canonicalLabel);
  if (labels.includes('')) throw new FatalProblem('DomainLabelEmpty', 'Domain label is empty', text);
  if (labels.some((label) => label.replaceAll(/\\\d{3}/g, '_').length > LABEL_MAX)) {
    throw new FatalProblem('DomainLabelTooLong', 'Domain label is too long', text);
  }
  const name = `${labels.join('.')}.`;
  if (name.length > NAME_MAX) throw new FatalProblem('DomainNameTooLong', 'Domain name is too long', text);
  return name;
}

function canonicalLabel(label: string): string {
  const plain = label.replaceAll(/\\([0-3][0-7]{2})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
  const escape = (character: string) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`;
  return plain.toLowerCase().replaceAll(/[^a-z0-9_-]/g, escape);
}

/** A name without escapes and without the dot at its end, as DNS messages carry it. */
export function wireName(name: string): string {
  return name
    .replace(/\.$/, '')
    .replaceAll(/\\([0-3][0-7]{2})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}

/** Whether a canonical name is the zone's own or lies below it. */
export function within(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}

/** The key by which names are sorted: labels reversed, such as `com.example.www.` (ListResourceRecordSets, API reference). */
export function orderKey(name: string): string {
  return `${name.replace(/\.$/, '').split('.').toReversed().join('.')}.`;
}

/** By ASCII, as AWS sorts. */
export function compareAscii(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
