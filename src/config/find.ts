import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { OperatorError } from '../errors.ts';
import type { Env } from './variables.ts';

export interface Where {
  /** What `--config` says. */
  readonly path?: string | undefined;
  readonly env: Env;
  readonly cwd: string;
}

const FOLDER = 'config';

/** Absolute path of the config file: `--config`, else `TURNOUT_CONFIG`, else the only YAML file in `config/`. */
export function findConfig({ path, env, cwd }: Where): string {
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
