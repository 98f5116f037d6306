import type { OperatorError } from '../errors.ts';
import { translate } from './errors.ts';

/**
 * What is known of a change that was not to be made. `not-asked`: its service has no dry run, and nothing was sent. `ignored`: it was
 * carried out all the same.
 */
export interface DryRun {
  /** As IAM calls it: `ec2:RunInstances`. */
  readonly operation: string;
  readonly outcome: 'allowed' | 'ignored' | 'not-asked' | OperatorError;
}

/** The only service with dry runs (EC2 API, common query parameters). */
const HAS_DRY_RUNS = /^ec2:/;

/** Asks whether changes would be allowed: EC2 checks their parameters and the permission, and changes nothing. */
export class DryRuns {
  readonly #report: (result: DryRun) => void;
  #areIgnored = false;

  constructor(report: (result: DryRun) => void) {
    this.#report = report;
  }

  /** @param send sends that input */
  async ask(operation: string, input: object, send: (input: object) => Promise<unknown>): Promise<void> {
    this.#report({ operation, outcome: await this.#outcome(operation, input, send) });
  }

  async #outcome(
    operation: string,
    input: object,
    send: (input: object) => Promise<unknown>,
  ): Promise<DryRun['outcome']> {
    if (!HAS_DRY_RUNS.test(operation) || this.#areIgnored) return 'not-asked';
    try {
      await send({ ...input, DryRun: true });
    } catch (error) {
      const isAllowed = (error as { readonly name?: string }).name === 'DryRunOperation';
      return isAllowed ? 'allowed' : translate(error, operation);
    }
    // EC2 answers each of them with an error: this is an emulator that has no dry runs, and the next request may terminate servers.
    this.#areIgnored = true;
    return 'ignored';
  }
}
