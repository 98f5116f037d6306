import type { Options } from 'yargs';
import { OperatorError } from '../errors.ts';
import type { Command } from './command.ts';

/** What can be typed: a command with its options. */
interface Words {
  readonly name: string;
  readonly describe: string;
  /** What comes after the name, such as `create`. */
  readonly after: readonly string[];
  readonly options: readonly (readonly [name: string, options: Options])[];
}

const SHELLS = { bash, zsh, fish } as const;
const shells = Object.keys(SHELLS);

const EVERYWHERE: Readonly<Record<string, Options>> = {
  config: { type: 'string', describe: 'Config file of the environment' },
  json: { type: 'boolean', describe: 'Write JSON lines, for programs' },
  help: { type: 'boolean', describe: 'Show help' },
};
/** Options whose value is a file. */
const FILES = ['config', 'report', 'summary'];

/**
 * The script that completes commands and options in a shell.
 * @throws OperatorError for a shell that it does not know
 */
export function completionScript(shell: unknown, commands: readonly Command[]): string {
  if (typeof shell === 'string' && shell in SHELLS) return SHELLS[shell as keyof typeof SHELLS](wordsOf(commands));
  throw new OperatorError('usage', `\`turnout completion\` knows ${shells.join(', ')}; found "${String(shell)}".`, {
    next: ['For example: eval "$(turnout completion bash)"'],
  });
}

function wordsOf(commands: readonly Command[]): readonly Words[] {
  return commands.map(({ usage, describe, options }) => {
    const [name = '', second = ''] = usage.split(' ');
    const after = second === '<shell>' ? shells : /^\w/.test(second) ? [second] : [];
    return { name, describe, after, options: Object.entries({ ...options, ...EVERYWHERE }) };
  });
}

function takesValue({ type }: Options): boolean {
  return type !== 'boolean';
}

/** Options whose value is one of some words; an option of one name has the same ones everywhere. */
function chosen(commands: readonly Words[]): ReadonlyMap<string, string> {
  return new Map(
    commands.flatMap(({ options }) =>
      options.flatMap(([name, { choices }]) => (choices === undefined ? [] : [[name, choices.join(' ')] as const])),
    ),
  );
}

/** What follows what: patterns and words, as both bash and zsh have them in `case`. */
interface Cases {
  /** Any command. */
  readonly names: string;
  /** Options whose value is a file. */
  readonly files: string;
  /** Options whose value is one of some words, with those. */
  readonly chosen: readonly (readonly [option: string, words: string])[];
  /** Options whose value is anything else. */
  readonly free: string;
  /** Commands, with what can be typed after them. */
  readonly verbs: readonly (readonly [name: string, words: string])[];
}

function casesOf(commands: readonly Words[]): Cases {
  const valued = commands.flatMap(({ options }) => options.filter(([, one]) => takesValue(one)).map(([name]) => name));
  const some = chosen(commands);
  const free = [...new Set(valued)].filter((name) => !FILES.includes(name) && !some.has(name));
  const flags = (names: readonly string[]): readonly string[] => names.map((name) => `--${name}`);
  return {
    names: commands.map(({ name }) => name).join(' '),
    files: flags(FILES).join('|'),
    chosen: [...some].map(([name, words]) => [`--${name}`, words]),
    free: flags(free).join('|'),
    verbs: commands.map(({ name, after, options }) => [
      name,
      [...after, ...flags(options.map(([option]) => option))].join(' '),
    ]),
  };
}

/** In an array of the words before the one that is being completed, and of that one: the command, in `verb`. */
function verbIn(each: string, names: string): string {
  return `    case "${each}" in ${names.replaceAll(' ', '|')}) verb="${each}"; break ;; esac`;
}

function bash(commands: readonly Words[]): string {
  const { names, files, chosen: some, free, verbs } = casesOf(commands);
  return [
    '_turnout() {',
    '  local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}" verb="" words="" i',
    '  for ((i = 1; i < COMP_CWORD; i++)); do',
    verbIn('${COMP_WORDS[i]}', names),
    '  done',
    '  COMPREPLY=()',
    '  case "$prev" in',
    // So that a folder gets a slash, and not a space; a shell that knows no compopt goes without.
    `    ${files}) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")); return ;;`,
    ...some.map(([option, words]) => `    ${option}) COMPREPLY=($(compgen -W "${words}" -- "$cur")); return ;;`),
    `    ${free}) return ;;`,
    '  esac',
    '  case "$verb" in',
    ...verbs.map(([name, words]) => `    ${name}) words="${words}" ;;`),
    `    *) words="${names} --help --version" ;;`,
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "$cur"))',
    '}',
    'complete -F _turnout turnout',
  ].join('\n');
}

/** Its own: what is written for bash puts a space after folders there. */
function zsh(commands: readonly Words[]): string {
  const { names, files, chosen: some, free, verbs } = casesOf(commands);
  return [
    '(( $+functions[compdef] )) || { autoload -U compinit && compinit }',
    '_turnout() {',
    '  local verb="" word',
    '  for word in "${(@)words[2,CURRENT-1]}"; do',
    verbIn('$word', names),
    '  done',
    '  case "${words[CURRENT-1]}" in',
    `    ${files}) _files; return ;;`,
    ...some.map(([option, values]) => `    ${option}) compadd -- ${values}; return ;;`),
    `    ${free}) return ;;`,
    '  esac',
    '  case "$verb" in',
    ...verbs.map(([name, values]) => `    ${name}) compadd -- ${values} ;;`),
    `    *) compadd -- ${names} --help --version ;;`,
    '  esac',
    '}',
    'compdef _turnout turnout',
  ].join('\n');
}

function fish(commands: readonly Words[]): string {
  const quoted = (text = ''): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;
  const lines = commands.flatMap(({ name, describe, after, options }) => [
    `complete -c turnout -n __fish_use_subcommand -a ${name} -d ${quoted(describe)}`,
    ...after.map((word) => `complete -c turnout -n '__fish_seen_subcommand_from ${name}' -a ${word}`),
    ...options.map(([option, one]) => {
      const own = one.choices === undefined ? '' : ` -a ${quoted(one.choices.join(' '))}`;
      const value = takesValue(one) ? (FILES.includes(option) ? ' -r -F' : ` -x${own}`) : '';
      return `complete -c turnout -n '__fish_seen_subcommand_from ${name}' -l ${option}${value} -d ${quoted(one.describe)}`;
    }),
  ]);
  return ['complete -c turnout -f', ...lines].join('\n');
}
