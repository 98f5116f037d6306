import { approvalFor } from '../domain/approval.ts';
import { NOTHING, type Reads } from '../observe/reads.ts';
import type { StepDefinition } from './definition.ts';
import { REQUEST } from './presets.ts';

/** Note that green has had the share that was approved: should others take it back, it is asked for again. */
export interface SpendApproval {
  readonly do: 'spend-approval';
  readonly fleet: string;
  readonly run: string;
  readonly share: number;
}

const APPROVAL: Reads = { ...NOTHING, approval: true };

export const spendApproval: StepDefinition<SpendApproval> = (step) => ({
  ...REQUEST,
  effect: () => 'records',
  guard: () => undefined,
  title: () => `note that the approval of ${step.share} % was used`,
  instances: () => [],
  progress: (snapshot) => (approvalFor(snapshot, step) === undefined ? 'done' : 'todo'),
  readsBefore: () => APPROVAL,
  readsToPoll: () => APPROVAL,
  apply: async ({ approvals }, snapshot) => {
    const approval = approvalFor(snapshot, step);
    if (approval !== undefined) await approvals.put({ ...approval, spent: true });
  },
  simulate: (snapshot) => {
    const approval = approvalFor(snapshot, step);
    return approval === undefined ? snapshot : { ...snapshot, approval: { ...approval, spent: true } };
  },
});
