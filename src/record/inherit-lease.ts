import { ExitCode, OperatorError } from '../errors.ts';
import type { Lease, Store } from '../stores/store.ts';
import type { HeldLease } from './lease.ts';

/**
 * The lease of the run that started this process from a hook or a deploy. It is neither renewed nor released here.
 * @param token `RUN:FENCE`, the value of `TURNOUT_LEASE`
 * @throws OperatorError `lease-lost` when that run no longer holds the lease
 */
export async function inheritLease(store: Store, token: string): Promise<HeldLease> {
  const current = async (): Promise<Lease> => {
    const lease = await store.held();
    if (lease !== undefined && `${lease.holder.run}:${lease.fence}` === token) return lease;
    throw new OperatorError('lease-lost', `The run that started this one (${token}) no longer holds the lease.`, {
      exitCode: ExitCode.leaseLost,
      next: ['If you started this by hand, unset TURNOUT_LEASE.', '`turnout lock` shows who holds the lease.'],
    });
  };
  const lease = await current();
  return {
    lease,
    lost: new AbortController().signal,
    check: async () => void (await current()),
    doing: async () => {},
    release: async () => 0,
  };
}
