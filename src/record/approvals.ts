import type { Approval, ApprovalTerms } from '../domain/approval.ts';
import { OperatorError } from '../errors.ts';
import type { Lease, Store } from '../stores/store.ts';

/** Approvals, as a run asks for them. */
export interface ApprovalsPort {
  /** When the config asks for one. */
  readonly terms: ApprovalTerms | 'none';
  /** The one that was asked for last. */
  read(): Promise<Approval | undefined>;
  /** Needs the lease. */
  put(approval: Approval): Promise<void>;
}

/** @param lease returns the lease once it is held */
export function approvalsIn(
  store: Pick<Store, 'approval' | 'putApproval'>,
  terms: ApprovalTerms | 'none',
  lease: () => Lease | undefined,
): ApprovalsPort {
  return {
    terms,
    read: async () => store.approval(),
    async put(approval) {
      const held = lease();
      if (held === undefined) throw new OperatorError('lease-lost', 'An approval is asked for with the lease only.');
      await store.putApproval(held, approval);
    },
  };
}

/** For worlds without a store. */
export const NO_APPROVALS: ApprovalsPort = { terms: 'none', read: async () => undefined, put: async () => {} };
