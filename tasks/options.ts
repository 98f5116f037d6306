import { shellWord } from '../src/domain/shell.ts';
import type { Options } from 'yargs';
import { isAscending, parseAmount, parseDuration, type Amount } from '../src/domain/amount.ts';
import { OperatorError } from '../src/errors.ts';

/** An option of a task: how it is typed, how it is read, and by that its type. */
export interface Option<T, Required extends boolean = boolean> {
  readonly describe: string;
  readonly required: Required;
  /** Its name on the command line where that is not the key in hyphens. */
  readonly name?: string;
  /** Its values are the words after the verb. */
  readonly positional: boolean;
  /** What else the parser of the command line has to know. */
  readonly form: Options;
  /**
   * @param name as it is typed, such as `--batch`
   * @throws OperatorError `usage` when the value is not of this type
   */
  parse(name: string, given: unknown): T;
  /** What is typed for this value after the name: `''` for the name alone, and several where it is given several times. */
  typed(value: T): readonly string[];
}

/** Options by the key under which a task reads them. A key that several tasks have means the same in each of them. */
export interface OptionDefinitions {
  readonly release?: Option<string>;
  readonly instances?: Option<readonly string[]>;
  readonly self?: Option<boolean>;
  readonly minHealthy?: Option<Amount>;
  readonly allowSharedTargetGroup?: Option<readonly string[]>;
  readonly allowUnknownRelease?: Option<boolean>;
  readonly allowOwner?: Option<readonly string[]>;
  readonly [key: string]: Option<unknown> | undefined;
}

/** The values that a task's options have once they are read. */
export type OptionsOf<D> = {
  readonly [K in keyof D as D[K] extends Option<unknown, true> ? K : never]: ValueOf<D[K]>;
} & { readonly [K in keyof D as D[K] extends Option<unknown, true> ? never : K]?: ValueOf<D[K]> };

type ValueOf<O> = O extends Option<infer T> ? T : never;

/** The options of whichever task: what code that knows no single task may read of them. */
export interface TaskOptions {
  readonly release?: string;
  readonly instances?: readonly string[];
  readonly self?: boolean;
  readonly minHealthy?: Amount;
  readonly allowSharedTargetGroup?: readonly string[];
  readonly allowUnknownRelease?: boolean;
  /** This store keeps the environment from now on, whatever the fleets' tags say. */
  readonly takeOver?: boolean;
  readonly allowOwner?: readonly string[];
  /** Id of the run to resume: the goal is the recorded one, whatever the task's own options. */
  readonly resumes?: string;
  readonly [key: string]: unknown;
}

interface Text {
  readonly describe: string;
}

/** `--count takes …, not "three"`, with examples of its value. */
export function badValue(name: string, takes: string, given: unknown, ...examples: readonly string[]): OperatorError {
  const shown = examples.map((example) => `${name} ${example}`);
  const found = [given].flat().map((one) => JSON.stringify(one));
  return new OperatorError('usage', `${name} takes ${takes}; found ${found.join(' and ')}.`, {
    next: [`For example: ${shown.join(' or ')}`],
  });
}

function valued<T>(
  describe: string,
  parse: Option<T>['parse'],
  typed: (value: T) => string | readonly string[] = String,
  form: Options = {},
): Option<T, false> {
  return {
    describe,
    required: false,
    positional: false,
    form: { type: 'string', requiresArg: true, ...form },
    parse,
    typed: (value) => [typed(value)].flat(),
  };
}

/** The same option, without which the task does not begin. */
export function required<T>(option: Option<T>): Option<T, true> {
  return { ...option, required: true };
}

/** Given or not; `conflicts` names an option that would be without effect beside it. `cleanup --wait 15m` gives it, too: the time is how long it waits for the lease. */
export function flag({ describe, conflicts }: Text & { readonly conflicts?: string }): Option<boolean, false> {
  return {
    describe,
    required: false,
    positional: false,
    form: { type: 'boolean', ...(conflicts && { conflicts }) },
    parse: (_name, given) => given !== false,
    typed: (value) => (value ? [''] : []),
  };
}

/** A whole number. */
export function wholeNumber({
  describe,
  min,
  max,
  example,
}: Text & { readonly min: number; readonly max: number; readonly example: number }): Option<number, false> {
  const parse = (name: string, given: unknown): number => {
    const number = typeof given === 'string' && /^\d{1,9}$/.test(given) ? Number(given) : given;
    if (typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max) return number;
    throw badValue(name, `a whole number from ${min} to ${max}`, given, String(example));
  };
  return valued(describe, parse);
}

/** Ascending percentages, such as `1,10,50,100`. */
export function percentages({ describe }: Text): Option<readonly number[], false> {
  return valued(describe, (name, given) => {
    const numbers = String(given).split(',').map(Number);
    const isValid = numbers.every((n) => Number.isInteger(n) && n >= 1 && n <= 100) && isAscending(numbers);
    if (isValid && typeof given === 'string') return numbers;
    throw badValue(name, 'ascending whole percentages from 1 to 100, separated by commas', given, '1,10,50,100');
  });
}

/** Ascending percentages up to all of it, such as `10%,50%,100%`. */
export function waves({
  describe,
  conflicts,
}: Text & { readonly conflicts: string }): Option<readonly number[], false> {
  const parse = (name: string, given: unknown): readonly number[] => {
    const texts = typeof given === 'string' ? given.split(',') : [];
    const numbers = texts.map((text) => (/^\d{1,3}%?$/.test(text) ? Number(text.replace('%', '')) : Number.NaN));
    const isValid = numbers.every((n) => n >= 1) && isAscending(numbers) && numbers.at(-1) === 100;
    if (isValid) return numbers;
    throw badValue(name, 'ascending percentages that end with 100%, separated by commas', given, '10%,50%,100%');
  };
  return valued(describe, parse, (shares) => shares.map((share) => `${share}%`).join(','), { conflicts });
}

/** A duration such as `2m`, in seconds. */
export function timeSpan({ describe }: Text): Option<number, false> {
  const parse = (name: string, given: unknown): number => {
    const ms = typeof given === 'string' ? parseDuration(given) : undefined;
    if (ms !== undefined && ms > 0) return ms / 1000;
    throw badValue(name, 'a duration greater than zero', given, '90s', '2m', '1h30m');
  };
  return valued(describe, parse, (seconds) => `${seconds * 1000}ms`.replace(/000ms$/, 's'));
}

/** A number or a percentage of something; zero only where `zero` says so. */
function amount(describe: string, of: string, zero: boolean, examples: readonly string[]): Option<Amount, false> {
  const parse = (name: string, given: unknown): Amount => {
    const read = typeof given === 'string' ? parseAmount(given) : undefined;
    if (read !== undefined && (zero || ('count' in read ? read.count : read.percent) > 0)) return read;
    throw badValue(name, `a number of ${of}, or a percentage of them`, given, ...examples);
  };
  return valued(describe, parse, (read) => ('count' in read ? `${read.count}` : `${read.percent}%`));
}

/** Instances at a time. */
export function batch({ describe }: Text): Option<Amount, false> {
  return amount(describe, 'instances', false, ['2', '25%']);
}

/** The fewest healthy targets, as a number or as a percentage of those that are healthy now. */
export function minimumHealthy({ describe }: Text): Option<Amount, false> {
  return amount(`${describe}; a number, or a percentage of those that are healthy now`, 'healthy targets', true, [
    '3',
    '75%',
  ]);
}

/** A name; may be given several times. */
export function nameList({ describe, example }: Text & { readonly example: string }): Option<readonly string[], false> {
  const parse = (name: string, given: unknown): readonly string[] => {
    const all = (given as readonly unknown[]).map(String);
    if (all.every((one) => /^[^\s-]\S{0,254}$/.test(one))) return all;
    throw badValue(name, 'a name, and may be given several times', given, example);
  };
  return valued(describe, parse, (all) => all, { array: true });
}

/** A sentence of the operator's, for the journal. */
export function reason({ describe, example }: Text & { readonly example: string }): Option<string, false> {
  return valued(describe, (name, given) => {
    if (typeof given === 'string' && /^(?=.*\S)[^\p{Cc}]{1,200}$/u.test(given)) return given;
    throw badValue(name, 'a reason of 1 to 200 characters on one line, and only once', given, example);
  });
}

/** A release becomes part of tags and names: EC2 takes up to 256 characters in a tag, without control characters. With a hyphen first, the commands that name it would have another option. */
export function release({ describe }: Text): Option<string, false> {
  return valued(describe, (name, given) => {
    if (typeof given === 'string' && /^(?!-)[\w.:/=+@-]{1,128}$/.test(given)) return given;
    throw badValue(
      name,
      '1 to 128 letters, digits or . _ : / = + - @, not beginning with a hyphen, and only once',
      given,
      '42',
    );
  });
}

/** Ids of instances: `positional`, as the words after the verb, or by repeating `--instance`. */
export function instances({
  describe,
  positional,
}: Text & { readonly positional: boolean }): Option<readonly string[], false> {
  const parse = (_name: string, given: unknown): readonly string[] =>
    (given as readonly unknown[]).map((id) => checkedId(String(id)));
  return {
    ...valued(describe, parse, (all) => all, { array: true }),
    name: positional ? 'instances' : 'instance',
    positional,
  };
}

/** The id of one instance. */
export function instance({ describe }: Text): Option<string, false> {
  return valued(describe, (_name, given) => checkedId(String(given)));
}

function checkedId(id: string): string {
  if (/^i-[0-9a-z]{1,32}$/.test(id)) return id;
  throw new OperatorError('usage', `${id} is not the id of an instance.`, {
    next: ['For example: i-0123456789abcdef0'],
  });
}

/** The instance that turnout runs on, added to `instances` when the options are read. */
export const self: Option<boolean, false> = flag({
  describe: 'The instance that this runs on, as its metadata service (IMDSv2) says',
});

/** The option's name on the command line, without hyphens before it. */
function nameOf(key: string, { name }: Option<unknown>): string {
  return name ?? key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function entriesOf(definitions: OptionDefinitions): readonly (readonly [key: string, option: Option<unknown>])[] {
  return Object.entries(definitions).flatMap(([key, option]) => (option === undefined ? [] : [[key, option] as const]));
}

/** What follows the verb in its usage line: nothing, or ` [instances..]`. */
export function positionalsOf(definitions: OptionDefinitions): string {
  const names = entriesOf(definitions).filter(([, { positional }]) => positional);
  return names.map(([key, option]) => ` [${nameOf(key, option)}..]`).join('');
}

/** The options as the parser of the command line takes them. */
export function flagsOf(definitions: OptionDefinitions): Readonly<Record<string, Options>> {
  const flags = entriesOf(definitions).filter(([, { positional }]) => !positional);
  return Object.fromEntries(
    flags.map(([key, option]) => [
      nameOf(key, option),
      { ...option.form, describe: option.describe, ...(option.required ? { demandOption: true } : {}) },
    ]),
  );
}

/** Reads what was given on the command line. @throws OperatorError `usage` */
export function readOptions<D extends OptionDefinitions>(
  definitions: D,
  args: Readonly<Record<string, unknown>>,
): OptionsOf<D> {
  const given = entriesOf(definitions).map(([key, option]) => ({ key, option, value: args[nameOf(key, option)] }));
  const isGiven = (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : value !== undefined);
  return Object.fromEntries(
    given
      .filter(({ value }) => isGiven(value))
      .map(({ key, option, value }) => [key, option.parse(`--${nameOf(key, option)}`, value)]),
  ) as OptionsOf<D>;
}

/** The options as they are typed, by key: `--min-healthy 2`, `--owner 'one two'`. */
export function typedOptions(
  definitions: OptionDefinitions,
  options: TaskOptions,
): ReadonlyMap<string, readonly string[]> {
  return new Map(
    entriesOf(definitions).flatMap(([key, option]) => {
      const name = option.positional ? '' : `--${nameOf(key, option)}`;
      const values = options[key] === undefined ? [] : option.typed(options[key]);
      const words = values.map((value) => [name, value && shellWord(value)].filter((word) => word !== '').join(' '));
      return words.length === 0 ? [] : [[key, words] as const];
    }),
  );
}
