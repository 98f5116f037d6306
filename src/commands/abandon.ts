import { OperatorError, type ExitCode } from '../errors.ts';
import { sentences } from '../domain/text.ts';
import { locationText } from '../domain/location.ts';
import type { HeldLease } from '../record/lease.ts';
import { describeUnfinished } from '../run/task/resolve-goal.ts';
import { forgetAfter, giveBack } from '../run/task/give-back.ts';
import { done, type RunOutcome } from '../run/task/outcome.ts';
import type { Args } from './command.ts';
import { giveBackGroups } from './give-back.ts';
import { conclude } from './conclude.ts';
import { mustConfirm, openContext, type Context } from './context.ts';
import { mustBeHere } from './here.ts';
import { holderOf, takeLease, waitOf } from './lease.ts';

/** Deletes the recorded goal; changes neither servers nor traffic, puts back what was changed of Auto Scaling groups for it, and deletes rules of `preview`. */
export async function abandon(args: Args): Promise<ExitCode> {
  const waitMs = waitOf(args);
  const context = await openContext(args);
  return conclude(context, async (signal) => {
    const location = await mustBeHere(context);
    const lease = await takeLease(context, holderOf(context, 'abandon'), { waitMs, signal });
    try {
      context.guardBy(lease);
      return await forget(context, args, { lease, signal, where: location ? ` (${locationText(location)})` : '' });
    } finally {
      await lease.release();
    }
  });
}

interface Forgetting {
  readonly lease: HeldLease;
  readonly signal: AbortSignal;
  readonly where: string;
}

async function forget(context: Context, args: Args, { lease: held, signal, where }: Forgetting): Promise<RunOutcome> {
  const { store, view, ports, decision, config } = context;
  const { lease } = held;
  const recorded = await store.goal();
  if (recorded === undefined)
    throw new OperatorError('nothing-to-abandon', 'There is no unfinished run in this environment.');
  const message = 'goal' in recorded ? describeUnfinished(recorded) : recorded.unreadable;
  const release = 'goal' in recorded ? { release: recorded.goal.release } : {};
  await mustConfirm(view, args, `${message} Delete it, and leave servers and traffic as they are?${where}`);
  const { timeouts: limits, aws } = config;
  const settleMs = aws.consistencyDelayMs;
  const prepared = await giveBackGroups(context, held, args['cancel-refresh'] === true);
  const verb = 'goal' in recorded ? recorded.goal.verb : undefined;
  const told = await giveBack({ ports, decision, lease: held, limits, settleMs, signal, emit: view.emit }, verb);
  const { run, who, host, since } = lease.holder;
  const by = { run, verb: 'abandon', ...release, who, host, since, until: since };
  await forgetAfter([...prepared, ...told], async () => {
    await store.clearGoal(lease);
    await store.log({ ...by, outcome: 'done', message, awsRequests: context.session.requests });
  });
  return done(sentences('Deleted.', message, ...prepared, ...told).join(' '), ['`turnout status` shows what is where']);
}
