import { parse } from './commands/parser.ts';
import { reportFault, reportRefusal } from './commands/report.ts';
import { orUncaught } from './commands/uncaught.ts';
import { ExitCode, OperatorError } from './errors.ts';
import { spareThisMachine } from './proxy.ts';

/** Runs one command line. Resolves to the exit code; never rejects. */
export async function main(argv: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = ExitCode.done;
  try {
    await spareThisMachine();
    await orUncaught(parse(argv, async (command, args) => void (exitCode = await command.run(args))));
    return exitCode;
  } catch (error) {
    return error instanceof OperatorError ? reportRefusal(error, argv) : reportFault(error, argv);
  }
}
