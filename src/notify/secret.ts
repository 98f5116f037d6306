import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { SecretConfig } from '../config/config.ts';

/** Where it is kept, for people: `variable SLACK_URL`. */
export function secretName({ variable, file = '' }: SecretConfig): string {
  return variable === undefined ? `file ${file}` : `variable ${variable}`;
}

/** The secret itself; undefined where it is not there, or empty. */
export function readSecret({ variable, file = '' }: SecretConfig, folder: string): string | undefined {
  if (variable !== undefined) return process.env[variable]?.trim() || undefined;
  try {
    return readFileSync(resolve(folder, file), 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}
