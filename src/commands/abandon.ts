import { hostname } from 'node:os';
import { ExitCode, OperatorError } from '../errors.ts';
import { holdLease } from '../record/lease.ts';
import { handle } from '../run/aim.ts';
import type { Args } from './command.ts';
import { mustConfirm, openContext, type Context } from './context.ts';

/** Forgets the recorded goal; neither servers nor traffic are touched. */
export async function abandon(args: Args): Promise<ExitCode> {
  const context = await openContext(args);
  try {
    await forget(context, args);
    return ExitCode.done;
  } finally {
    await context.view.close();
    await context.store.close();
  }
}

async function forget({ store, view, ports, config, run, who }: Context, args: Args): Promise<void> {
  const since = new Date(ports.clock.now()).toISOString();
  const holder = { run, who, host: hostname(), pid: process.pid, verb: 'abandon', since };
  const lease = await holdLease(store, holder, { ttlMs: config.store.ttlMs, clock: ports.clock });
  try {
    const recorded = await store.goal();
    if (recorded === undefined)
      throw new OperatorError('nothing-to-abandon', 'No run is unfinished in this environment.');
    const message = handle(recorded);
    await mustConfirm(view, args, `${message} Forget it, and leave everything as it is?`);
    await store.clearGoal(lease.lease);
    await store.log({
      run,
      verb: 'abandon',
      release: recorded.goal.release,
      who,
      host: hostname(),
      since,
      until: since,
      outcome: 'done',
      message,
      awsRequests: 0,
    });
    const next = ['`turnout status` shows what is where'];
    view.emit({
      type: 'finished',
      result: 'done',
      code: 'done',
      exitCode: ExitCode.done,
      message: `Forgotten. ${message}`,
      next,
      seconds: 0,
      awsRequests: 0,
    });
  } finally {
    await lease.release();
  }
}
