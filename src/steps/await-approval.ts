import { approvalFor, approvalSubject, type Approval, type ApprovalTerms } from '../domain/approval.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { duration } from '../domain/text.ts';
import { NOTHING, type Reads } from '../observe/reads.ts';
import type { StepDefinition } from './definition.ts';
import { WAITS } from './presets.ts';
import { EFFECT_SHOWS_MS } from './timing.ts';

/** Wait until somebody approves that this run gives green that share, or the time limit passes. */
export interface AwaitApproval extends Pick<ApprovalTerms, 'limitS' | 'onTimeout' | 'from'> {
  readonly do: 'await-approval';
  readonly fleet: string;
  readonly run: string;
  readonly release: string;
  readonly share: number;
  readonly requestedBy: string;
}

/** The store is asked that often; an approval is not urgent to the second. */
const POLL_MS = 2000;

const APPROVAL: Reads = { ...NOTHING, approval: true };

export const awaitApproval: StepDefinition<AwaitApproval> = (step) => ({
  ...WAITS,
  effect: () => 'asks',
  title: () => {
    const then = step.onTimeout === 'go' ? 'then go on' : 'then all goes back';
    return `wait for approval of ${approvalSubject(step)} by ${step.from}, for ${duration(step.limitS)} at most, ${then}`;
  },
  instances: () => [],
  estimateS: () => 0,
  progress: (snapshot) => {
    const approval = approvalFor(snapshot, step);
    if (approval === undefined) return 'todo';
    if (approval.decision !== undefined) return approval.decision.kind === 'approved' ? 'done' : 'under way';
    return step.onTimeout === 'go' && isOver(snapshot, approval) ? 'done' : 'under way';
  },
  cannotSucceed: (snapshot) => {
    const approval = approvalFor(snapshot, step);
    const { decision } = approval ?? {};
    if (decision?.kind === 'rejected') {
      const why = decision.reason === undefined ? '' : `: ${decision.reason}`;
      return `${approvalSubject(step)} was rejected by ${decision.who}${why}.`;
    }
    if (approval === undefined || decision !== undefined || step.onTimeout === 'go') return undefined;
    return isOver(snapshot, approval)
      ? `${approvalSubject(step)} was not approved within ${duration(step.limitS)}.`
      : undefined;
  },
  count: (snapshot) => {
    const approval = approvalFor(snapshot, step);
    const why =
      approval === undefined ? 'asked for soon' : `until ${approval.until}: \`turnout approve\` or \`turnout reject\``;
    return { have: 0, want: 1, word: 'approvals', waiting: [{ id: step.from, why }] };
  },
  lastSeen: () => undefined,
  readsBefore: () => APPROVAL,
  readsToPoll: () => APPROVAL,
  timeLimitMs: () => step.limitS * 1000 + EFFECT_SHOWS_MS,
  pollEveryMs: () => POLL_MS,
  apply: async ({ approvals }, snapshot) => approvals.put(requested(step, snapshot)),
  simulate: (snapshot) => {
    const decision = { kind: 'approved', who: '', at: '' } as const;
    return { ...snapshot, approval: { ...requested(step, snapshot), decision } };
  },
});

function isOver({ at }: Snapshot, { until }: Approval): boolean {
  return at >= Date.parse(until);
}

function requested({ run, release, share, requestedBy, from, limitS }: AwaitApproval, { at }: Snapshot): Approval {
  const since = new Date(at).toISOString();
  return { run, release, share, requestedBy, from, since, until: new Date(at + limitS * 1000).toISOString() };
}
