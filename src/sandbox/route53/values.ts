import { isIPv4, isIPv6 } from 'node:net';
import { FatalProblem } from './errors.ts';
import { canonicalName } from './names.ts';

const TEXT_MAX = 255;

/** Reads quoted character strings, such as `"v=spf1 -all" "more"`. Throws `FatalProblem`. */
export function quotedTexts(value: string): readonly string[] {
  if (!/^\s*("(?:[^"\\]|\\.)*"\s*)+$/.test(value)) {
    throw new FatalProblem('InvalidCharacterString', 'Value should be enclosed in quotation marks', value);
  }
  const texts = [...value.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => unescapeText(text));
  if (texts.some((text) => text.length > TEXT_MAX)) {
    throw new FatalProblem('CharacterStringTooLong', 'Value is too long', value);
  }
  return texts;
}

function unescapeText(text: string): string {
  const plain = (_: string, octal: string | undefined, other: string | undefined) =>
    octal === undefined ? (other ?? '') : String.fromCharCode(parseInt(octal, 8));
  return text.replaceAll(/\\(?:([0-3][0-7]{2})|(.))/g, plain);
}

/** Splits a value into parts: those at the indexes `names` are domain names, the others integers. Throws `FatalProblem`. */
function parts(value: string, count: number, names: readonly number[]): readonly string[] {
  const words = value.trim().split(/\s+/);
  const right = words.length === count && words.every((word, index) => names.includes(index) || /^\d+$/.test(word));
  if (!right) throw new FatalProblem('InvalidRRDATA', `Value does not have ${count} parts of the right kind`, value);
  for (const index of names) canonicalName(words[index] ?? '');
  return words;
}

type Check = (value: string) => unknown;

const CHECKS: Readonly<Record<string, Check>> = {
  A: (value) => {
    if (!isIPv4(value)) throw new FatalProblem('ARRDATAIllegalIPv4Address', 'Value is not a valid IPv4 address', value);
  },
  AAAA: (value) => {
    if (!isIPv6(value))
      throw new FatalProblem('AAAARRDATAIllegalIPv6Address', 'Value is not a valid IPv6 address', value);
  },
  CNAME: canonicalName,
  NS: canonicalName,
  PTR: canonicalName,
  TXT: quotedTexts,
  SPF: quotedTexts,
  MX: (value) => parts(value, 2, [1]),
  SRV: (value) => parts(value, 4, [3]),
  SOA: (value) => parts(value, 7, [0, 1]),
  CAA: (value) => {
    const [, texts] = /^\d+ \w+ (".*")$/.exec(value) ?? [];
    if (texts === undefined) throw new FatalProblem('CAARRDATAIllegal', 'Value is not a valid CAA record', value);
    return quotedTexts(texts);
  },
};

export function isSupportedType(type: string): boolean {
  return Object.hasOwn(CHECKS, type);
}

/** Throws `FatalProblem` if a value is not valid for its type. */
export function checkValue(type: string, value: string): void {
  CHECKS[type]?.(value);
}
