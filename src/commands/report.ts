import { styleText } from 'node:util';
import { ExitCode, messageOf, type OperatorError } from '../errors.ts';
import type { RunEvent } from '../run/event.ts';
import { jsonLine } from '../views/json.ts';
import { systemClock } from '../clock.ts';

/** A refusal before there is a view: wrong usage, a wrong config file. */
export function reportRefusal(error: OperatorError, argv: readonly string[]): ExitCode {
  if (argv.includes('--json')) {
    const { code, exitCode, message, next } = error;
    const costs = { seconds: 0, awsRequests: 0 };
    const event: RunEvent = { type: 'finished', result: 'refused', code, exitCode, message, next, ...costs };
    process.stdout.write(`${jsonLine(event, systemClock.now())}\n`);
  } else {
    const lines = [
      styleText('red', `turnout: ${error.message}`, { stream: process.stderr }),
      ...error.next.map((line) => `  ${line}`),
    ];
    process.stderr.write(`${lines.join('\n')}\n`);
  }
  return error.exitCode;
}

/** A fault of turnout: everything that helps to fix it, and what the operator can do meanwhile. */
export function reportFault(error: unknown): ExitCode {
  const stack = error instanceof Error ? error.stack : messageOf(error);
  process.stderr.write(
    `turnout: this is a fault of turnout, not yours.\n${stack ?? ''}\n\n` +
      '  `turnout status` shows what is where; the same command continues from there.\n' +
      '  Please report the lines above with the version (`turnout --version`).\n',
  );
  return ExitCode.fault;
}
