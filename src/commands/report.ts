import { styleText } from 'node:util';
import { ExitCode, messageOf, type OperatorError } from '../errors.ts';
import { RunFault, UncaughtException } from '../run/task/fault.ts';
import { aboutConfig } from '../domain/shell.ts';
import type { RunEvent } from '../run/event.ts';
import { callersLease } from './callers-lease.ts';
import { alsoTelling, readersOf } from './ci.ts';
import { jsonLine } from '../views/json.ts';
import { systemClock } from '../clock.ts';

/** A refusal before there is a view: wrong usage, a wrong config file. */
export function reportRefusal(error: OperatorError, argv: readonly string[]): ExitCode {
  const { code, exitCode } = error;
  const message = aboutGiven(error.message, argv);
  const next = error.next.map((text) => aboutGiven(text, argv));
  if (!tellFinished('refused', { code, exitCode, message, next }, argv)) {
    const lines = [
      styleText('red', `turnout: ${message}`, { stream: process.stderr }),
      ...next.map((line) => `  ${line}`),
    ];
    process.stderr.write(`${lines.join('\n')}\n`);
  }
  return exitCode;
}

/** What it advises is about the config file that was named. */
function aboutGiven(text: string, argv: readonly string[]): string {
  const at = argv.findIndex((word) => /^--config(=|$)/.test(word));
  const [, file = argv[at + 1]] = /^--config=(.*)$/.exec(argv[at] ?? '') ?? [];
  return at < 0 || file === undefined ? text : aboutConfig(text, file);
}

const NEXT = [
  '`turnout status` shows what is where; the same command continues from there.',
  'Please report the lines above with the version (`turnout --version`).',
];

/** A fault of turnout: everything that helps to fix it, and what the operator can do meanwhile. A run has reported it in its last event. */
export function reportFault(error: unknown, argv: readonly string[]): ExitCode {
  const { fault: exitCode } = ExitCode;
  const isWrapped = error instanceof RunFault || error instanceof UncaughtException;
  const cause = isWrapped ? error.cause : error;
  const ending = { code: 'fault', exitCode, message: messageOf(cause), next: NEXT };
  if (!(error instanceof RunFault)) tellFinished('failed', ending, argv);
  const stack = (cause instanceof Error ? cause.stack : undefined) ?? messageOf(cause);
  const next = NEXT.map((line) => `  ${line}\n`).join('');
  process.stderr.write(`turnout: this is a fault of turnout, not yours.\n${stack}\n\n${next}`);
  return exitCode;
}

type Ending = Pick<OperatorError, 'code' | 'exitCode' | 'message' | 'next'>;

/** @returns whether it was written to stdout, as JSON */
function tellFinished(result: 'refused' | 'failed', ending: Ending, argv: readonly string[]): boolean {
  const { code, exitCode, message, next } = ending;
  const isJson = argv.includes('--json');
  const emit = (event: RunEvent): void => {
    if (isJson) process.stdout.write(`${jsonLine(event, systemClock.now())}\n`);
  };
  const event: RunEvent = { type: 'finished', result, code, exitCode, message, next, seconds: 0, awsRequests: 0 };
  alsoTelling({ emit }, callersLease() === undefined ? readersOf(process.env) : {})(event);
  return isJson;
}
