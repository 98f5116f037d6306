import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { OperatorError, messageOf } from '../errors.ts';
import type { Config } from './config.ts';
import { readConfig } from './read.ts';
import { resolveConfig } from './resolve.ts';
import type { Env } from './variables.ts';

export interface Where {
  /** What `--config` says. */
  readonly path?: string | undefined;
  readonly env: Env;
  readonly cwd: string;
}

/**
 * Finds and reads the config file. Throws an `OperatorError`: `config-missing`, `config-several`, `config-unreadable`, or
 * `config-invalid` with every mistake in the file.
 */
export function loadConfig(where: Where): Config {
  const path = findConfig(where);
  const name = shortName(path, where.cwd);
  const { file, text } = readText(path, name);
  const read = readConfig(name, text, where.env);
  if ('data' in read) return freeze(resolveConfig(read.data, file));
  throw new OperatorError('config-invalid', read.shown, {
    next: [`Correct ${name}. Each key is described in turnout.schema.json, which editors show, and in config/ec2.yml.`],
  });
}

function shortName(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short.startsWith('..') || isAbsolute(short) ? path : short;
}

/** Symbolic links are followed first, so that all who use one file also share its default store. */
function readText(path: string, name: string): { file: string; text: string } {
  try {
    const file = realpathSync(path);
    return { file, text: readFileSync(file, 'utf8') };
  } catch (error) {
    throw new OperatorError('config-unreadable', `The config file ${name} cannot be read: ${messageOf(error)}.`, {
      next: ['Check the path and the permissions of the file, or name another one with --config.'],
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
  const files = yamlFiles(join(cwd, FOLDER));
  if (files.length === 1) return join(cwd, FOLDER, files[0]!);
  throw files.length === 0 ? noConfig() : severalConfigs(files);
}

function yamlFiles(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^[^.].*\.ya?ml$/.test(name))
      .toSorted();
  } catch {
    return [];
  }
}

function noConfig(): OperatorError {
  return new OperatorError('config-missing', `There is no config file: no ${FOLDER}/*.yml in the working directory.`, {
    next: [
      `Write one, such as ${FOLDER}/production.yml; the ${FOLDER}/ec2.yml that comes with turnout is commented for that.`,
      'Or name one that is elsewhere: --config PATH, or the environment variable TURNOUT_CONFIG.',
    ],
  });
}

function severalConfigs(files: readonly string[]): OperatorError {
  const paths = files.map((name) => `${FOLDER}/${name}`);
  return new OperatorError('config-several', `There are several config files: ${paths.join(', ')}.`, {
    next: [`Say which one is meant: --config ${paths[0]}, or the environment variable TURNOUT_CONFIG.`],
  });
}
