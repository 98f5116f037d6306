import { createRequire } from 'node:module';
import type { Plugin } from 'rolldown';

const MODULE = /\/node_modules\/string-width\/index\.js$/;

/** What the module makes when it is loaded, and needs only for text beyond ASCII. */
const LAZY: readonly (readonly [string, string])[] = [
  [
    'const segmenter = new Intl.Segmenter();',
    'let made; const segmenter = { segment: (text) => (made ??= new Intl.Segmenter()).segment(text) };',
  ],
  [
    'const rgiEmojiRegex = /^\\p{RGI_Emoji}$/v;',
    'let compiled; const rgiEmojiRegex = { test: (text) => (compiled ??= /^\\p{RGI_Emoji}$/v).test(text) };',
  ],
];

/**
 * One copy of `string-width` (the one of yargs) for all ES modules that ask for it, without what it makes for emoji until
 * one is met: a third of the 100 ms that `turnout --help` took. Throws when the package no longer has these lines.
 */
export function oneStringWidth(): Plugin {
  const yargs = createRequire(import.meta.url).resolve('yargs');
  return {
    name: 'one-string-width',
    async resolveId(source, importer, { kind }) {
      if (source !== 'string-width' || kind !== 'import-statement' || importer === undefined) return null;
      return this.resolve(source, yargs, { skipSelf: true });
    },
    transform: {
      filter: { id: MODULE },
      handler: (code) => LAZY.reduce(replaceOnce, code),
    },
  };
}

function replaceOnce(code: string, [from, to]: readonly [string, string]): string {
  if (!code.includes(from)) throw new Error(`string-width has changed: it has no '${from}'`);
  return code.replace(from, () => to);
}
