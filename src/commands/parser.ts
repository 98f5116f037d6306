import yargs from 'yargs';
import type { ExitCode } from '../errors.ts';
import type { Args, Command } from './command.ts';
import { commands } from './index.ts';
import { refuseMisused, usageError } from './usage.ts';
import { versionLine } from './version.ts';

/** What `--help` says of each exit code. */
export const EXIT_CODES: Readonly<Record<ExitCode, string>> = {
  0: 'done, or nothing to do',
  1: 'a fault of turnout or of the machine',
  2: 'refused; nothing was changed',
  3: 'failed; undone, or safe to leave',
  4: 'failed; needs attention now',
  5: 'the lease was lost; stopped before the next change',
  6: 'held: a gate could not judge; traffic stays as it is',
  130: 'interrupted at a safe point',
};

/**
 * Parses one command line and calls back with the command that it names; not for help and version, which are printed.
 * @throws OperatorError when it is not one
 */
export async function parse(
  argv: readonly string[],
  run: (command: Command, args: Args) => Promise<void>,
): Promise<void> {
  const parser = yargs([...argv])
    .scriptName('turnout')
    .usage(
      '$0 <command>\n\nMoves production traffic from the old servers to the new ones, and back, without losing a request.',
    )
    .option('config', {
      type: 'string',
      requiresArg: true,
      describe: 'Config file of the environment (or TURNOUT_CONFIG; default: the only file in config/)',
      global: true,
    })
    .option('json', { type: 'boolean', describe: 'Write JSON lines, for programs', global: true })
    .version(versionLine())
    .help()
    .alias('help', 'h')
    .wrap(Math.min(110, process.stdout.columns || 110))
    .strict()
    .demandCommand(1, 'Which command?')
    .exitProcess(false)
    .epilogue(
      ['Exit codes:', ...Object.entries(EXIT_CODES).map(([code, meaning]) => `  ${code}  ${meaning}`)].join('\n'),
    )
    .fail((message, error) => {
      // Some of yargs's own messages come as a YError.
      throw error instanceof Error && error.name !== 'YError' ? error : usageError(message, argv, commands);
    });
  for (const command of commands) {
    parser.command(
      command.usage,
      command.describe,
      (builder) => {
        builder.options(command.options).strict();
        if (command.details !== undefined) builder.usage(`$0 ${command.usage}\n\n${command.details}`);
        for (const [line, what] of command.examples) builder.example(line, what);
      },
      async (args) => {
        refuseMisused(args, argv, command);
        await run(command, args);
      },
    );
  }
  await parser.parseAsync();
}
