import { ExitCode, OperatorError } from '../errors.ts';

/** Rejection of a write with a lease that is no longer the current one. */
export function leaseLost(environment: string): OperatorError {
  return new OperatorError('lease-lost', `This run no longer holds the lease of ${environment}.`, {
    exitCode: ExitCode.leaseLost,
    next: ['`turnout status` shows who holds the lease and the state of the environment.'],
  });
}
