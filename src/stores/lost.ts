import { ExitCode, OperatorError } from '../errors.ts';

/** What a store says to one who writes with a lease that is no longer the newest. */
export function leaseLost(environment: string): OperatorError {
  return new OperatorError('lease-lost', `The lease of ${environment} is no longer ours.`, {
    exitCode: ExitCode.leaseLost,
    next: ['`turnout status` shows who has it and how things stand.'],
  });
}
