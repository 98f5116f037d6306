import { isUtf8 } from 'node:buffer';
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { OperatorError, messageOf } from '../errors.ts';
import type { Config } from './config.ts';
import { readConfig, type Read } from './read.ts';
import type { FileConfig } from './schema.ts';
import { resolveConfig } from './resolve.ts';
import type { Env } from './variables.ts';

export interface Where {
  /** Value of `--config`. */
  readonly path?: string | undefined;
  readonly env: Env;
  readonly cwd: string;
}

/**
 * Finds and reads the config file.
 * @throws OperatorError `config-missing`, `config-several`, `config-unreadable`, or `config-invalid` with all mistakes of the file
 */
export function loadConfig(where: Where): Config {
  const { data, file } = loadFile<FileConfig>(findConfig(where), where, readConfig, 'turnout.schema.json');
  return freeze(resolveConfig(data, file));
}

/** Reads a config file of any kind; `described` is the schema that describes its keys. */
export function loadFile<T>(
  path: string,
  where: Where,
  read: (name: string, text: string, env: Env) => Read<T>,
  described: string,
): { readonly data: T; readonly file: string } {
  const name = shortName(path, where.cwd);
  const { file, text } = readText(path, name);
  const found = readSafely(() => read(name, text, where.env), name);
  if ('data' in found) return { data: found.data, file };
  throw new OperatorError('config-invalid', found.shown, {
    next: [`Fix ${name}. All keys are described in ${described}, which editors can show, and in config/ec2.yml.`],
  });
}

function shortName(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short.startsWith('..') || isAbsolute(short) ? path : short;
}

/** Follows symbolic links, so that all users of a file share its default store. */
function readText(path: string, name: string): { file: string; text: string } {
  try {
    const file = realpathSync(path);
    const stats = statSync(file);
    if (stats.isDirectory()) throw new Error('it is a folder');
    // Reading a pipe or a device may never end.
    if (!stats.isFile()) throw new Error('it is not a regular file');
    if (stats.size > BYTES_MAX) throw new Error(`it has ${stats.size} bytes, and at most ${BYTES_MAX} are read`);
    return { file, text: asText(readFileSync(file)) };
  } catch (error) {
    throw new OperatorError('config-unreadable', `The config file ${name} cannot be read: ${messageOf(error)}.`, {
      next: ['Check the path and the permissions of the file, or set --config to another file.'],
      cause: error,
    });
  }
}

const BYTES_MAX = 250_000;

function asText(bytes: Buffer): string {
  if (!isUtf8(bytes) || bytes.includes(0)) throw new Error('it is not text in UTF-8');
  return bytes.toString('utf8');
}

/** Aliases that multiply, and nesting that no config has, end the parser. */
function readSafely<T>(read: () => Read<T>, name: string): Read<T> {
  try {
    return read();
  } catch (error) {
    const isNested = error instanceof RangeError;
    if (!isNested && !(error instanceof ReferenceError)) throw error;
    const what = isNested ? 'is nested too deeply' : 'has aliases that multiply: written out, it would be too large';
    throw new OperatorError('config-invalid', `${name} ${what}.`, {
      next: ['Write the values out where they are used; the examples in config/ are 2 to 4 levels deep.'],
      cause: error,
    });
  }
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
  return value;
}

const FOLDER = 'config';

/** Absolute path of the config file: `--config`, else `TURNOUT_CONFIG`, else the only YAML file in `config/`. */
function findConfig({ path, env, cwd }: Where): string {
  const named = path ?? (env['TURNOUT_CONFIG'] || undefined);
  if (named !== undefined) return resolve(cwd, named);
  const paths = yamlFiles(join(cwd, FOLDER)).map((name) => `${FOLDER}/${name}`);
  const [first, other] = paths;
  if (first === undefined) {
    const message = `No config file was found: the working directory has no ${FOLDER}/*.yml.`;
    throw new OperatorError('config-missing', message, { next: CREATE });
  }
  if (other === undefined) return join(cwd, first);
  throw new OperatorError('config-several', `There are several config files: ${paths.join(', ')}.`, {
    next: [`Choose one with --config ${first} or the environment variable TURNOUT_CONFIG.`],
  });
}

/**
 * The config files beside the one that is named, itself included, or those of `config/`; of a folder that is named, its own.
 * @throws OperatorError `config-missing` where there is none
 */
export function configFiles({ path, env, cwd }: Where): readonly string[] {
  const named = path ?? (env['TURNOUT_CONFIG'] || FOLDER);
  const folder = /\.ya?ml$/.test(named) ? dirname(named) : named;
  const files = yamlFiles(resolve(cwd, folder)).map((name) => join(folder, name));
  if (files.length > 0) return files;
  throw new OperatorError('config-missing', `No config file was found: there is no ${join(folder, '*.yml')}.`, {
    next: CREATE,
  });
}

const CREATE = [
  `\`turnout init\` proposes one from what the account has; commented examples come with turnout, for example ${FOLDER}/ec2.yml.`,
  'Or use --config PATH or the environment variable TURNOUT_CONFIG for a file elsewhere.',
];

function yamlFiles(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^[^.].*\.ya?ml$/.test(name))
      .toSorted();
  } catch {
    return [];
  }
}
