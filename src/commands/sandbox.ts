import type { ExitCode } from '../errors.ts';
import type { Args } from './command.ts';
export async function sandbox(_args: Args): Promise<ExitCode> {
  throw new Error('to come');
}
