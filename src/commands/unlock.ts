import { OperatorError, type ExitCode } from '../errors.ts';
import { forceRelease } from '../record/force-release.ts';
import { holderName } from '../record/wait-queue.ts';
import { done, type RunOutcome } from '../run/task/outcome.ts';
import { ago } from '../domain/text.ts';
import type { Lease } from '../stores/store.ts';
import type { Args } from './command.ts';
import { conclude } from './conclude.ts';
import { mustConfirm, openContext, type Context } from './context.ts';
import { mustBeHere } from './here.ts';
import { holderOf } from './lease.ts';
import { lockAsText, lockReport } from './lock.ts';
import { print } from './print.ts';

/** Releases the lease of a run that hangs, after a question. That run stops before its next change. */
export async function unlock(args: Args): Promise<ExitCode> {
  const context = await openContext(args);
  return conclude(context, async (signal) => {
    await mustBeHere(context);
    const report = await lockReport(context.config.environment, context.store);
    if (report.lease === undefined)
      throw new OperatorError('nothing-to-unlock', 'No lease is held in this environment.', { next: LOOK });
    if (args['json'] !== true) await print(`${lockAsText(report)}\n`);
    await mustConfirm(context.view, args, questionOf(report.lease, report.at));
    signal.throwIfAborted();
    return take(context, report.lease);
  });
}

const LOOK = ['`turnout lock` shows who holds the lease, and who waits for it', '`turnout status` shows what is where'];

function questionOf({ holder, renewedAt }: Lease, now: number): string {
  return `Take the lease from ${holderName(holder)}, last renewed ${ago((now - renewedAt) / 1000)}? Its run stops before its next change.`;
}

async function take(context: Context, seen: Lease): Promise<RunOutcome> {
  const { store, config, ports } = context;
  const message = `Took the lease (fence ${seen.fence}) from ${holderName(seen.holder)}.`;
  const asked = { holder: holderOf(context, 'unlock'), seen, message };
  if (!(await forceRelease(store, asked, { ttlMs: config.store.ttlMs, clock: ports.clock })))
    throw new OperatorError('lease-changed', 'The lease has changed since it was shown; nothing was done.', {
      next: LOOK,
    });
  const rest = (await store.goal()) === undefined ? [] : ['`turnout resume` continues what it did not finish'];
  return done(`${message} It is free now. That run stops before its next change.`, [...rest, ...LOOK]);
}
