import type { ExitCode } from '../errors.ts';
import type { Options } from 'yargs';

/** What the parser gives: options by name, camelCase where asked for so. */
export type Args = Readonly<Record<string, unknown>>;

/** One verb of the command line. */
export interface Command {
  /** As yargs takes it: the name, and positionals. */
  readonly usage: string;
  readonly describe: string;
  readonly details?: string;
  readonly options: Readonly<Record<string, Options>>;
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** Loads what it needs only now. @throws OperatorError */
  readonly run: (args: Args) => Promise<ExitCode>;
}
