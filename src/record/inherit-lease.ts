import { ExitCode, OperatorError } from '../errors.ts';
import type { Lease, Store } from '../stores/store.ts';
import type { HeldLease } from './lease.ts';

/**
 * The lease of a run that has called this process, by a hook or a deploy: it works under that lease, and neither renews nor
 * gives it back. Rejects with `OperatorError('lease-lost')` when that run has it no longer.
 * @param describeUnfinished `RUN:FENCE`, as `TURNOUT_LEASE` says
 */
export async function inheritLease(store: Store, describeUnfinished: string): Promise<HeldLease> {
  const still = async (): Promise<Lease> => {
    const lease = await store.held();
    if (lease !== undefined && `${lease.holder.run}:${lease.fence}` === describeUnfinished) return lease;
    throw new OperatorError(
      'lease-lost',
      `The run that has called this one (${describeUnfinished}) has no lease any more.`,
      {
        exitCode: ExitCode.leaseLost,
        next: ['Called by hand, unset TURNOUT_LEASE.', '`turnout lock` shows who has the lease.'],
      },
    );
  };
  const lease = await still();
  return {
    lease,
    lost: new AbortController().signal,
    check: async () => void (await still()),
    doing: async () => {},
    release: async () => 0,
  };
}
