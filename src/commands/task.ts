import { hostname } from 'node:os';
import { tasks } from '../../tasks/index.ts';
import { readOptions, type TaskOptions } from '../../tasks/options.ts';
import type { Task } from '../../tasks/task.ts';
import type { ExitCode } from '../errors.ts';
import { inheritLease } from '../record/inherit-lease.ts';
import type { HeldLease } from '../record/lease.ts';
import { ciProblem } from '../stores/ci.ts';
import { runTask } from '../run/task/run-task.ts';
import type { Setup } from '../run/task/setup.ts';
import { saveMemory } from '../run/memory.ts';
import type { Args } from './command.ts';
import { watchingOf } from './clients.ts';
import { openContext, type Context } from './context.ts';
import { callersLease } from './callers-lease.ts';
import { openInPlace } from './in-place.ts';
import { holderOf, takeLease, waitOf } from './lease.ts';
import { catchSignals, stopNotice } from './signals.ts';
import { catchUncaught } from './uncaught.ts';

/** Runs one task from the command line. */
export async function runTaskCommand(task: Task, args: Args): Promise<ExitCode> {
  const options: TaskOptions = readOptions(task.options, args);
  waitOf(args);
  if (args['print'] === true) return (await import('./by-hand.ts')).printByHand(task, options, args);
  const whole = options.self === true ? await onSelf(options) : options;
  return runIn(await openContext(args), task, whole, args);
}

/** The same in a context that is open already; closes it. */
export async function runIn(context: Context, task: Task, options: TaskOptions, args: Args): Promise<ExitCode> {
  saveMemory();
  let held: HeldLease | undefined;
  const caller = callersLease();
  // Before the lease is asked for: a signal in between would leave it held.
  const signals = catchSignals(context.view, () => stopNotice(context, held));
  const uncaught = catchUncaught();
  const signal = AbortSignal.any([signals.signal, uncaught.signal]);
  const waiting = { waitMs: waitOf(args), signal };
  try {
    const { ports, hooks } = await openInPlace(context, () => held);
    const watching = watchingOf(args, context);
    const setup: Setup = {
      tasks,
      environment: context.config.environment,
      ports,
      // What runs around the tasks of the caller is not run around what they call.
      ...(caller === undefined ? { hooks } : { nested: true }),
      store: context.store,
      decision: context.decision,
      limits: context.config.timeouts,
      settleMs: context.config.aws.consistencyDelayMs,
      view: context.view,
      requests: () => context.session.requests,
      connection: () => context.session.connection,
      signal,
      faulted: uncaught.signal,
      identity: { run: context.run, who: context.who, host: hostname() },
      takeLease: async (verb, release) => {
        if (caller === undefined) checkCi(context, task);
        held =
          caller === undefined
            ? await takeLease(context, holderOf(context, verb, release), waiting)
            : await inheritLease(context.store, caller);
        context.guardBy(held);
        return held;
      },
      ...(watching.clients && { clients: watching.clients }),
    };
    const whole = { ...options, ...(args['take-over'] === true && { takeOver: true }) };
    const mode = { plan: args['plan'] === true, yes: args['yes'] === true };
    try {
      return await runTask(watching.watched(setup), task, whole, mode);
    } finally {
      await Promise.all([watching.end(), context.ports.gates.end()]);
    }
  } finally {
    signals.end();
    uncaught.end();
    await context.view.close();
    await context.store.close();
  }
}

/** @throws OperatorError unless it is the way out of trouble, which goes on with a warning */
function checkCi({ config, view }: Context, { isEmergencyExit }: Task): void {
  const problem = ciProblem(config, process.env);
  if (problem === undefined) return;
  if (!isEmergencyExit) throw problem;
  view.emit({ type: 'warning', message: problem.message });
}

/** The options, about the instance that this runs on. */
async function onSelf(options: TaskOptions): Promise<TaskOptions> {
  const { ownInstanceId } = await import('../aws/imds.ts');
  return { ...options, instances: [...(options.instances ?? []), await ownInstanceId(process.env)] };
}
