import { hostname } from 'node:os';
import { tasks } from '../../tasks/index.ts';
import type { Option, Task, Wish } from '../../tasks/task.ts';
import { OperatorError, type ExitCode } from '../errors.ts';
import { inheritLease } from '../record/inherited.ts';
import type { HeldLease } from '../record/lease.ts';
import { conduct } from '../run/conduct.ts';
import type { Args } from './command.ts';
import { openContext, type Context } from './context.ts';
import { callersLease, openInPlace } from './in-place.ts';
import { holderOf, takeLease, waitOf } from './lease.ts';
import { catchSignals, whatIsLeft } from './signals.ts';

/** Runs one task from the command line. */
export async function runTask(task: Task, args: Args): Promise<ExitCode> {
  const wish = wishOf(task, args);
  waitOf(args);
  const self = wish.self === true ? await onSelf(wish) : wish;
  return runIn(await openContext(args), task, self, args);
}

/** The same in a context that is open already; closes it. */
export async function runIn(context: Context, task: Task, wish: Wish, args: Args): Promise<ExitCode> {
  let held: HeldLease | undefined;
  const caller = callersLease();
  // Before the lease is asked for: a signal in between would leave it held.
  const signals = catchSignals(context.view, () => whatIsLeft(context, held));
  const waiting = { waitMs: waitOf(args), signal: signals.signal };
  try {
    const { ports, hooks } = await openInPlace(context, () => held);
    return await conduct(
      {
        tasks,
        environment: context.config.environment,
        ports,
        // What runs around the tasks of the caller is not run around what they call.
        ...(caller === undefined ? { hooks } : { nested: true }),
        store: context.store,
        limits: context.config.limits,
        settleMs: context.config.aws.settleMs,
        view: context.view,
        requests: () => context.session.requests,
        signal: signals.signal,
        identity: { run: context.run, who: context.who, host: hostname() },
        takeLease: async (verb, release) => {
          held =
            caller === undefined
              ? await takeLease(context, holderOf(context, verb, release), waiting)
              : await inheritLease(context.store, caller);
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
    const value = valueOf(name, option, args);
    if (option.type === 'number' && value !== undefined) mustBeCount(name, value);
    if (name === 'release' && value !== undefined) mustBeName(name, value);
    if (option.type === 'string' && Array.isArray(value)) mustBeName(name, value);
  }
  const options: Task['options'] = { ...task.options, ...(task.positional ? { [task.positional]: POSITIONAL } : {}) };
  const given = Object.entries(options).filter(([name, option]) => valueOf(name, option, args) !== undefined);
  // `cleanup --wait 15m` waits for what drains, and for the lease: the time is only for the latter.
  return Object.fromEntries(
    given.map(([name, option]) => {
      const value = valueOf(name, option, args);
      return [name, option.type === 'boolean' ? value !== false : value];
    }),
  );
}

const POSITIONAL: Option = { type: 'list', describe: '' };

function valueOf(key: string, { name, type }: Option, args: Args): unknown {
  const value = args[name ?? key];
  if (type !== 'list') return value;
  const ids = (Array.isArray(value) ? value : []).map(String);
  for (const id of ids) mustBeInstance(id);
  return ids.length > 0 ? ids : undefined;
}

function mustBeInstance(id: string): void {
  if (/^i-[0-9a-z]{1,32}$/.test(id)) return;
  throw new OperatorError('usage', `${id} is not the id of an instance.`, { next: ['Such as i-0123456789abcdef0.'] });
}

/** The wish, about the instance that this runs on. */
async function onSelf(wish: Wish): Promise<Wish> {
  const { ownInstanceId } = await import('../aws/imds.ts');
  return { ...wish, instances: [...(wish.instances ?? []), await ownInstanceId(process.env)] };
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
