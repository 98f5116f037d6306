import { hostname } from 'node:os';
import { tasks } from '../../tasks/index.ts';
import type { Task, Wish } from '../../tasks/task.ts';
import { OperatorError, type ExitCode } from '../errors.ts';
import type { HeldLease } from '../record/lease.ts';
import { conduct } from '../run/conduct.ts';
import { saveMemory } from '../run/memory.ts';
import type { Args } from './command.ts';
import { openContext, type Context } from './context.ts';
import { holderOf, takeLease, waitOf } from './lease.ts';
import { catchSignals, whatIsLeft } from './signals.ts';

/** Runs one task from the command line. */
export async function runTask(task: Task, args: Args): Promise<ExitCode> {
  const wish = wishOf(task, args);
  waitOf(args);
  return runIn(await openContext(args), task, wish, args);
}

/** The same in a context that is open already; closes it. */
export async function runIn(context: Context, task: Task, wish: Wish, args: Args): Promise<ExitCode> {
  saveMemory();
  let held: HeldLease | undefined;
  // Before the lease is asked for: a signal in between would leave it held.
  const signals = catchSignals(context.view, () => whatIsLeft(context, held));
  const waiting = { waitMs: waitOf(args), signal: signals.signal };
  try {
    return await conduct(
      {
        tasks,
        environment: context.config.environment,
        ports: context.ports,
        store: context.store,
        limits: context.config.limits,
        settleMs: context.config.aws.settleMs,
        view: context.view,
        requests: () => context.session.requests,
        signal: signals.signal,
        identity: { run: context.run, who: context.who, host: hostname() },
        takeLease: async (verb, release) => {
          held = await takeLease(context, holderOf(context, verb, release), waiting);
          context.guardBy(held);
          return held;
        },
      },
      task,
      wish,
      { plan: args['plan'] === true, yes: args['yes'] === true },
    );
  } finally {
    signals.end();
    await context.view.close();
    await context.store.close();
  }
}

/** What the command line says to the task, checked. */
function wishOf(task: Task, args: Args): Wish {
  for (const [name, option] of Object.entries(task.options)) {
    const value = args[name];
    if (option.type === 'number' && value !== undefined) mustBeCount(name, value);
    if (option.type === 'string' && value !== undefined) mustBeName(name, value);
  }
  const given = Object.entries(task.options).filter(([name]) => args[name] !== undefined);
  // `cleanup --wait 15m` waits for what drains, and for the lease: the time is only for the latter.
  return Object.fromEntries(
    given.map(([name, { type }]) => [name, type === 'boolean' ? args[name] !== false : args[name]]),
  );
}

const LEAST: Readonly<Record<string, number>> = { count: 1, floor: 0 };

function mustBeCount(name: string, value: unknown): void {
  const least = LEAST[name] ?? 0;
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= 1000) return;
  throw new OperatorError('usage', `--${name} takes a whole number from ${least} to 1000.`, {
    next: [`Such as --${name} 3.`],
  });
}

/** A release becomes part of tags and names: EC2 takes up to 256 characters in a tag, without control characters. */
function mustBeName(name: string, value: unknown): void {
  if (typeof value === 'string' && /^[\w.:/=+@-]{1,128}$/.test(value)) return;
  throw new OperatorError('usage', `--${name} takes 1 to 128 letters, digits or . _ : / = + - @, and only once.`, {
    next: [`Such as --${name} 42.`],
  });
}
