import { FatalProblem } from './errors.ts';

const LABEL_MAX = 63;
const NAME_MAX = 255;

/**
 * A domain name in Route 53's format: lower case, with a trailing dot, and with an octal escape code for each character other
 * than letters, digits, `-` and `_`: `\052.example.com.` for `*.example.com`. Throws `FatalProblem`.
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

/** A name without escape codes and trailing dot, as in DNS messages. */
export function wireName(name: string): string {
  return name
    .replace(/\.$/, '')
    .replaceAll(/\\([0-3][0-7]{2})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}

/** Whether a canonical name is in a zone. */
export function within(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}

/** Sort key of a name: its labels reversed, such as `com.example.www.` (Route 53 API, ListResourceRecordSets). */
export function orderKey(name: string): string {
  return `${name.replace(/\.$/, '').split('.').toReversed().join('.')}.`;
}

/** ASCII order, as on AWS. */
export function compareAscii(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
