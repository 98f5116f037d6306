import { nearest } from '../config/nearest.ts';
import { OperatorError } from '../errors.ts';
import { list } from '../domain/text.ts';
import type { Args, Command } from './command.ts';

/** Options of every command. */
const EVERYWHERE = ['config', 'json', 'help', 'version'];
/** What other programs take as options. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  '--no-color': 'Set NO_COLOR=1 to turn colours off.',
  '--region': 'Set `region` in the config.',
  '--profile': 'Set `profile` in the config, or AWS_PROFILE.',
  '--account': 'Set `account` in the config.',
  '--floor': 'Did you mean --min-healthy?',
};
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
  const unknown = [...new Set(argv.filter((word) => problem === 'Unknown argument' && all.includes(word)))];
  if (verb === undefined && unknown[0] !== undefined)
    return usage(
      `\`turnout ${unknown[0]}\` is not a command.`,
      ...orElse(didYouMean(unknown.slice(0, 1), [...verbs, 'help', '--version']), `The commands are ${list(verbs)}.`),
    );
  const misspelt = misspeltIn(argv, command);
  if (unknown.length + misspelt.length > 0) {
    const known = [...EVERYWHERE, ...Object.keys(command?.options ?? {})].map(asOption);
    const meant = [...didYouMean(misspelt, known), ...meantBy(unknown, argv, name, command)];
    const takes = `\`${name}\` takes ${list(known)}.`;
    return usage(`\`${name}\` does not know ${list([...unknown, ...misspelt])}.`, ...orElse(meant, takes));
  }
  if (problem === 'Missing required argument') {
    const [word] = argv.slice(argv.indexOf(verb ?? '') + 1);
    const meant =
      all.length === 1 && word?.startsWith('-') === false ? [`Did you mean ${asOption(names)} ${word}?`] : [];
    return usage(`\`${name}\` needs ${list(all.map(asOption))}.`, ...meant);
  }
  if (problem === 'Not enough argument') return usage(`${list(all.map(asOption))} takes a value.`);
  const [, option = '', given = '', choices = ''] =
    /Argument: ([\w-]+), Given: "(.*)", Choices: (.+)$/.exec(message) ?? [];
  if (option !== '') {
    const known = choices.replaceAll('"', '').split(', ');
    return usage(`${asOption(option)} takes one of ${list(known)}; found "${given}".`, ...didYouMean([given], known));
  }
  if (message.startsWith('Not enough non-option'))
    return usage(`\`${name}\` is incomplete.`, `Run \`turnout ${command?.usage}\`.`);
  return usage(/[.?]$/.test(message) ? message : `${message}.`);
}

/**
 * What the parser does not find wrong.
 * @throws OperatorError when an option is given several times that has one value, or with a value that has none
 */
export function refuseMisused(args: Args, argv: readonly string[], { usage: line, options }: Command): void {
  const names = [...EVERYWHERE, ...Object.keys(options)].filter((name) => options[name]?.array !== true);
  const twice = names.find((name) => Array.isArray(args[name]));
  if (twice !== undefined) throw usage(`${asOption(twice)} can be given only once.`);
  if (args['config'] === '') throw usage('--config takes the path of a file.', 'For example: --config config/shop.yml');
  const isSwitch = (name: string): boolean => name === 'json' || options[name]?.type === 'boolean';
  for (const [, name = '', value = ''] of argv.flatMap((word) => [/^--(?:no-)?([\w-]+)=(.*)$/s.exec(word) ?? []])) {
    // The parser takes anything but `true` for `false`: `--plan=yes` would not only plan.
    if (isSwitch(name) && value !== 'true' && value !== 'false')
      throw usage(
        `${asOption(name)} takes no value; found "${value}".`,
        `Give ${asOption(name)} alone, or leave it out.`,
      );
  }
  const [after] = argv.slice(argv.indexOf('--') + 1).filter((word) => argv.includes('--') && word.startsWith('-'));
  if (after !== undefined)
    throw usage(
      `${after} comes after --, where options are not read.`,
      `Put it before: \`turnout ${line.split(' ')[0]} ${after}\`.`,
    );
}

/** What words mean that are no options: a release, a number, or help for a command. */
function meantBy(
  words: readonly string[],
  argv: readonly string[],
  name: string,
  command: Command | undefined,
): readonly string[] {
  const isFree = (option: string): boolean => option in (command?.options ?? {}) && !argv.includes(asOption(option));
  return words.flatMap((word) => {
    if (word === 'help') return [`Did you mean \`${name} --help\`?`];
    if (word.startsWith('-')) return [];
    if (/^\d+$/.test(word) && isFree('limit')) return [`Did you mean --limit ${word}?`];
    return isFree('release') ? [`Did you mean --release ${word}?`] : [];
  });
}

function orElse(some: readonly string[], otherwise: string): readonly string[] {
  return some.length > 0 ? some : [otherwise];
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
  const elsewhere = words.flatMap((word) => ELSEWHERE[word] ?? []);
  return [...(meant.length === 0 ? [] : [`Did you mean ${list(meant)}?`]), ...elsewhere];
}

function asOption(name: string): string {
  return `--${name}`;
}

function usage(message: string, ...next: readonly string[]): OperatorError {
  return new OperatorError('usage', message, { next: [...next, HELP] });
}
