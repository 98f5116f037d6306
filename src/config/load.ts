import { readFileSync, realpathSync } from 'node:fs';
import { isAbsolute, relative } from 'node:path';
import { OperatorError, messageOf } from '../errors.ts';
import type { Config } from './config.ts';
import { findConfig, type Where } from './find.ts';
import { readConfig } from './read.ts';
import { resolveConfig } from './resolve.ts';

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
