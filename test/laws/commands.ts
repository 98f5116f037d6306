import { parseArgs } from 'node:util';
import type { Verb } from '../../src/domain/goal.ts';
import { tasks, type AnyOptions } from '../../tasks/index.ts';
import { flagsOf, readOptions, type OptionDefinitions } from '../../tasks/options.ts';

/** The commands that sentences advise, as the program reads them. */

export type Command = readonly [verb: Verb, options: AnyOptions];

/** They look, or are about a run that did not end: never refused for the world that they see. */
const ALWAYS: ReadonlySet<string> = new Set(['status', 'history', 'lock', 'unlock', 'resume', 'abandon']);

/** What a reader puts in place of a letter: a release, an instance. */
const PLACEHOLDERS: Readonly<Record<string, string>> = { R: '43', I: 'A-0' };

/**
 * What is advised to be done now: commands and, added to what was asked for, flags alone. What comes after something else
 * (`..., then ...`) is not.
 */
export function commandsIn(sentence: string, [asked, options]: Command): readonly Command[] {
  const quoted = [...sentence.matchAll(/(then )?`(turnout )?([^`]+)`/g)].filter(([, then]) => then === undefined);
  return quoted.flatMap(([, , name, text = '']): readonly Command[] => {
    const [verb = '', ...words] = name === undefined ? [asked, ...text.split(' ')] : text.split(' ');
    if (name === undefined && !text.startsWith('--')) return [];
    if (ALWAYS.has(verb)) return [];
    if (!(verb in tasks)) throw new Error(`There is no verb in \`turnout ${text}\`.`);
    const given = name === undefined ? options : {};
    return [[verb as Verb, { ...given, ...optionsOf(tasks[verb as Verb].options, words) }]];
  });
}

/** @throws Error where the program would not take the words */
function optionsOf(definitions: OptionDefinitions, words: readonly string[]): AnyOptions {
  const flags = flagsOf(definitions);
  const known = Object.entries(flags).map(([name, { type, array }]) => {
    return [
      name,
      { type: type === 'boolean' ? ('boolean' as const) : ('string' as const), multiple: array === true },
    ] as const;
  });
  const args = words.map((word) => PLACEHOLDERS[word] ?? word);
  const { values, positionals } = parseArgs({ args, options: Object.fromEntries(known), allowPositionals: true });
  const { instance = [], ...rest } = values as Readonly<Record<string, unknown>> & { readonly instance?: string[] };
  const numbers = Object.entries(rest).map(([name, value]) => [
    name,
    flags[name]?.type === 'number' ? Number(value) : value,
  ]);
  // The instances of small worlds have other ids than those of EC2.
  const instances = [...instance, ...positionals];
  const read = readOptions(definitions, Object.fromEntries(numbers));
  return { ...read, ...(instances.length > 0 && { instances }) } as AnyOptions;
}

/** The command lacks what it cannot be run without. */
export function lacksOptions([verb, options]: Command): boolean {
  const required = Object.entries(tasks[verb].options as OptionDefinitions).filter(([, option]) => option?.required);
  return required.some(([key]) => !(key in options));
}
