import { nearest } from '../config/nearest.ts';
import { OperatorError } from '../errors.ts';
import { list } from '../domain/text.ts';
import type { Command } from './command.ts';

/** Options of every command. */
const EVERYWHERE = ['config', 'json', 'help', 'version'];
const HELP = '`turnout --help` lists the commands, `turnout <command> --help` their options.';

/** What the parser finds wrong, as a sentence with what was probably meant. */
export function usageError(message: string, argv: readonly string[], commands: readonly Command[]): OperatorError {
  const verbs = commands.map(({ usage: line }) => line.split(' ')[0]!);
  const verb = argv.find((word) => verbs.includes(word));
  const [, problem, names = ''] = /^(\w[\w ]*?)s?(?: following)?: (.+)$/.exec(message) ?? [];
  const all = names.split(', ');
  if (problem === 'Missing required argument') return usage(`\`turnout ${verb}\` needs ${list(all.map(asOption))}.`);
  if (problem === 'Not enough argument') return usage(`${list(all.map(asOption))} takes a value.`);
  if (problem !== 'Unknown argument') return usage(/[.?]$/.test(message) ? message : `${message}.`);
  // As they were typed: the parser names each word with hyphens in camelCase, too.
  const typed = argv.map((word) => word.replace(/=.*/s, '')).filter((word) => all.includes(word.replace(/^-+/, '')));
  const unknown = typed.length === 0 ? all : typed;
  if (verb === undefined) {
    return usage(`\`turnout ${unknown[0]}\` is not a command.`, ...didYouMean(unknown.slice(0, 1), verbs));
  }
  const options = [...EVERYWHERE, ...Object.keys(commands[verbs.indexOf(verb)]!.options)].map(asOption);
  const misspelt = unknown.filter((word) => word.startsWith('--'));
  return usage(`\`turnout ${verb}\` does not know ${list(unknown)}.`, ...didYouMean(misspelt, options));
}

function didYouMean(words: readonly string[], known: readonly string[]): readonly string[] {
  const meant = words.flatMap((word) => nearest(word, known) ?? []);
  return meant.length === 0 ? [] : [`Did you mean ${list(meant)}?`];
}

function asOption(name: string): string {
  return `--${name}`;
}

function usage(message: string, ...next: readonly string[]): OperatorError {
  return new OperatorError('usage', message, { next: [...next, HELP] });
}
