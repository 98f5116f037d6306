import type { OperatorError } from '../errors.ts';
import { translate } from './errors.ts';

/** What is known of a change that was not to be made. `not-asked`: its service has no dry run, and nothing was sent. */
export interface DryRun {
  /** As IAM calls it: `ec2:RunInstances`. */
  readonly operation: string;
  readonly outcome: 'allowed' | 'not-asked' | OperatorError;
}

/** The only service with dry runs (EC2 API, common query parameters). */
const HAS_DRY_RUNS = /^ec2:/;

/**
 * Asks whether the change would be allowed: EC2 checks its parameters and the permission, and changes nothing.
 * @param send sends that input
 */
export async function dryRun(
  operation: string,
  input: object,
  send: (input: object) => Promise<unknown>,
): Promise<DryRun> {
  if (!HAS_DRY_RUNS.test(operation)) return { operation, outcome: 'not-asked' };
  try {
    await send({ ...input, DryRun: true });
    return { operation, outcome: 'allowed' };
  } catch (error) {
    const isAllowed = (error as { readonly name?: string }).name === 'DryRunOperation';
    return { operation, outcome: isAllowed ? 'allowed' : translate(error, operation) };
  }
}
