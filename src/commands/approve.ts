import { hostname } from 'node:os';
import { defined } from '../domain/defined.ts';
import { approvalSubject, type Approval, type ApprovalDecision } from '../domain/approval.ts';
import { OperatorError, type ExitCode } from '../errors.ts';
import { done, type RunOutcome } from '../run/task/outcome.ts';
import type { Store } from '../stores/store.ts';
import type { Args } from './command.ts';
import { conclude } from './conclude.ts';
import { mustConfirm, openContext, type Context } from './context.ts';

/** What is decided: approved or rejected. */
export interface Deciding {
  readonly kind: ApprovalDecision['kind'];
  readonly run?: string;
  readonly reason?: string;
}

/** Decides on what a promote waits for. Needs the store alone: no lease, and nothing of AWS. */
export async function decideApproval(args: Args, deciding: Deciding): Promise<ExitCode> {
  const context = await openContext(args);
  return conclude(context, async () => decideOn(context, args, deciding));
}

async function decideOn(context: Context, args: Args, { kind, run, reason }: Deciding): Promise<RunOutcome> {
  const { store, view, who, run: id, ports } = context;
  const approval = await waitingIn(store, run);
  const subject = approvalSubject(approval);
  const verb = kind === 'approved' ? 'Approve' : 'Reject';
  await mustConfirm(view, args, `${verb} ${subject}, asked for by ${approval.requestedBy} (run ${approval.run})?`);
  const at = new Date(ports.clock.now()).toISOString();
  if (!(await store.decideApproval(approval, { kind, who, at, ...defined({ reason }) }))) throw decidedAlready(subject);
  const why = reason === undefined ? '' : `: ${reason}`;
  const message = `${subject} of run ${approval.run} is ${kind}${why}.`;
  const by = {
    run: id,
    verb: verb.toLowerCase(),
    release: approval.release,
    who,
    host: hostname(),
    since: at,
    until: at,
  };
  await store.log({ ...by, outcome: 'done', message, awsRequests: 0 });
  return done(message, ['`turnout status` shows how it goes on']);
}

/** What waits, of a run that is under way or can be resumed. @throws OperatorError `nothing-to-approve` */
async function waitingIn(store: Store, run: string | undefined): Promise<Approval> {
  const [approval, recorded] = await Promise.all([store.approval(), store.goal()]);
  const isOpen = recorded !== undefined && 'goal' in recorded && recorded.goal.run === approval?.run;
  if (approval === undefined || !isOpen || approval.spent === true)
    throw nothingToApprove('No run of this environment waits for approval.');
  if (run !== undefined && run !== approval.run)
    throw nothingToApprove(`Run ${run} does not wait for approval; run ${approval.run} does.`);
  if (approval.decision !== undefined) throw decidedAlready(approvalSubject(approval));
  return approval;
}

function nothingToApprove(message: string): OperatorError {
  return new OperatorError('nothing-to-approve', message, { next: LOOK });
}

function decidedAlready(subject: string): OperatorError {
  return new OperatorError('decided-already', `${subject} is decided on already, or was asked for anew.`, {
    next: LOOK,
  });
}

const LOOK = ['`turnout status` shows what waits, and for whom.', '`turnout history` shows what was decided.'];
