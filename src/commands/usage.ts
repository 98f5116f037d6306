import { nearest } from '../config/nearest.ts';
import { OperatorError } from '../errors.ts';
import { list } from '../domain/text.ts';
import type { Args, Command } from './command.ts';

/** Options of every command. */
const EVERYWHERE = ['config', 'json', 'help', 'version'];
const HELP = '`turnout --help` lists the commands, `turnout <command> --help` their options.';

/** What the parser finds wrong, as a sentence with what was probably meant. */
export function usageError(message: string, argv: readonly string[], commands: readonly Command[]): OperatorError {
  const verbs = commands.map(({ usage: line }) => line.split(' ')[0]!);
  const verb = argv.find((word) => verbs.includes(word));
  const command = commands[verbs.indexOf(verb ?? '')];
  const name = ['turnout', ...(verb === undefined ? [] : [verb])].join(' ');
  const [, problem, names = ''] = /^(\w[\w ]*?)s?(?: following)?: (.+)$/.exec(message) ?? [];
  const all = names.split(', ');
  // As they were typed: the parser names each word with hyphens in camelCase, too.
  const unknown = argv.filter((word) => problem === 'Unknown argument' && all.includes(word));
  if (verb === undefined && unknown[0] !== undefined)
    return usage(`\`turnout ${unknown[0]}\` is not a command.`, ...didYouMean(unknown.slice(0, 1), verbs));
  const misspelt = misspeltIn(argv, command);
  if (unknown.length + misspelt.length > 0) {
    const known = [...EVERYWHERE, ...Object.keys(command?.options ?? {})].map(asOption);
    return usage(`\`${name}\` does not know ${list([...unknown, ...misspelt])}.`, ...didYouMean(misspelt, known));
  }
  if (problem === 'Missing required argument') {
    const [word] = argv.slice(argv.indexOf(verb ?? '') + 1);
    const meant =
      all.length === 1 && word?.startsWith('-') === false ? [`Did you mean ${asOption(names)} ${word}?`] : [];
    return usage(`\`${name}\` needs ${list(all.map(asOption))}.`, ...meant);
  }
  if (problem === 'Not enough argument') return usage(`${list(all.map(asOption))} takes a value.`);
  if (message.startsWith('Not enough non-option'))
    return usage(`\`${name}\` is incomplete.`, `Run \`turnout ${command?.usage}\`.`);
  return usage(/[.?]$/.test(message) ? message : `${message}.`);
}

/** @throws OperatorError when an option that has one value is given several times */
export function refuseRepeated(args: Args, { options }: Command): void {
  const names = [...EVERYWHERE, ...Object.keys(options)].filter((name) => options[name]?.array !== true);
  const twice = names.find((name) => Array.isArray(args[name]));
  if (twice !== undefined) throw usage(`${asOption(twice)} can be given only once.`);
}

/** Options that neither the command nor all commands have, without their values. */
function misspeltIn(argv: readonly string[], command: Command | undefined): readonly string[] {
  const options = Object.entries(command?.options ?? {}).flatMap(([name, { alias = [] }]) => [name, alias].flat());
  const known = new Set([...EVERYWHERE, 'h', ...options]);
  return argv
    .filter((word) => /^--?[a-z]/i.test(word))
    .map((word) => word.replace(/=.*/s, ''))
    .filter((word) => {
      const name = word.replace(/^-+/, '').replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      return !known.has(name) && !known.has(name.replace(/^no-/, ''));
    });
}

function didYouMean(words: readonly string[], known: readonly string[]): readonly string[] {
  const meant = words.flatMap((word) => nearest(word, known) ?? []);
  const colours = words.includes('--no-color') ? ['Set NO_COLOR=1 to turn colours off.'] : [];
  return meant.length === 0 ? colours : [`Did you mean ${list(meant)}?`, ...colours];
}

function asOption(name: string): string {
  return `--${name}`;
}

function usage(message: string, ...next: readonly string[]): OperatorError {
  return new OperatorError('usage', message, { next: [...next, HELP] });
}
