import { hostname } from 'node:os';
import { tasks } from '../../tasks/index.ts';
import type { Option, Task, Wish } from '../../tasks/task.ts';
import { isAscending } from '../config/ascending.ts';
import { parseDuration } from '../config/duration.ts';
import { OperatorError, type ExitCode } from '../errors.ts';
import { inheritLease } from '../record/inherit-lease.ts';
import type { HeldLease } from '../record/lease.ts';
import { runTask } from '../run/task/run-task.ts';
import type { Setup } from '../run/task/setup.ts';
import { parseBatch, type Batch } from '../domain/batches.ts';
import { saveMemory } from '../run/memory.ts';
import type { Args } from './command.ts';
import { watchingOf } from './clients.ts';
import { openContext, type Context } from './context.ts';
import { callersLease, openInPlace } from './in-place.ts';
import { holderOf, takeLease, waitOf } from './lease.ts';
import { catchSignals, stopNotice } from './signals.ts';

/** Runs one task from the command line. */
export async function runTaskCommand(task: Task, args: Args): Promise<ExitCode> {
  const wish = wishOf(task, args);
  waitOf(args);
  const self = wish.self === true ? await onSelf(wish) : wish;
  return runIn(await openContext(args), task, self, args);
}

/** The same in a context that is open already; closes it. */
export async function runIn(context: Context, task: Task, wish: Wish, args: Args): Promise<ExitCode> {
  saveMemory();
  let held: HeldLease | undefined;
  const caller = callersLease();
  // Before the lease is asked for: a signal in between would leave it held.
  const signals = catchSignals(context.view, () => stopNotice(context, held));
  const waiting = { waitMs: waitOf(args), signal: signals.signal };
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
      ...(watching.clients && { clients: watching.clients }),
    };
    const mode = { plan: args['plan'] === true, yes: args['yes'] === true };
    try {
      return await runTask(watching.watched(setup), task, wish, mode);
    } finally {
      await watching.end();
    }
  } finally {
    signals.end();
    await context.view.close();
    await context.store.close();
  }
}

/** What the command line says to the task, checked. */
function wishOf(task: Task, args: Args): Wish {
  const options: Task['options'] = { ...task.options, ...(task.positional ? { [task.positional]: POSITIONAL } : {}) };
  const given = Object.entries(options).map(([key, option]) => ({ key, option, value: args[option.name ?? key] }));
  return Object.fromEntries(
    given
      .filter(({ option, value }) => (option.type === 'list' ? isFull(value) : value !== undefined))
      .map(({ key, option, value }) => [key, READERS[option.type](key, value)]),
  );
}

const POSITIONAL: Option = { type: 'list', describe: '' };

function isFull(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

type Reader = (name: string, value: unknown) => unknown;

const READERS: Readonly<Record<Option['type'], Reader>> = {
  // `cleanup --wait 15m` waits for what drains, and for the lease: the time is only for the latter.
  boolean: (_name, value) => value !== false,
  string: (name, value) => {
    if (name === 'release' || Array.isArray(value)) mustBeName(name, value);
    return value;
  },
  number: (name, value) => (mustBeCount(name, value), value),
  percents: readPercents,
  batch: readBatch,
  duration: readSeconds,
  list: (_name, value) => readInstances((value as readonly unknown[]).map(String)),
};

const RANGES: Readonly<Record<string, readonly [least: number, most: number, example: number]>> = {
  count: [1, 1000, 3],
  floor: [0, 1000, 3],
  to: [1, 100, 10],
};

function readInstances(ids: readonly string[]): readonly string[] {
  const wrong = ids.find((id) => !/^i-[0-9a-z]{1,32}$/.test(id));
  if (wrong === undefined) return ids;
  throw new OperatorError('usage', `${wrong} is not the id of an instance.`, {
    next: ['Such as i-0123456789abcdef0.'],
  });
}

/** The wish, about the instance that this runs on. */
async function onSelf(wish: Wish): Promise<Wish> {
  const { ownInstanceId } = await import('../aws/imds.ts');
  return { ...wish, instances: [...(wish.instances ?? []), await ownInstanceId(process.env)] };
}

function mustBeCount(name: string, value: unknown): void {
  const [least, most, example] = RANGES[name] ?? [0, 1000, 3];
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return;
  throw new OperatorError('usage', `--${name} takes a whole number from ${least} to ${most}.`, {
    next: [`Such as --${name} ${example}.`],
  });
}

function readPercents(name: string, value: unknown): readonly number[] {
  const numbers = String(value).split(',').map(Number);
  const valid = numbers.every((n) => Number.isInteger(n) && n >= 1 && n <= 100) && isAscending(numbers);
  if (valid && typeof value === 'string') return numbers;
  throw new OperatorError('usage', `--${name} takes ascending whole percents from 1 to 100, with commas between.`, {
    next: [`Such as --${name} 1,10,50,100.`],
  });
}

function readBatch(name: string, value: unknown): Batch {
  const batch = typeof value === 'string' ? parseBatch(value) : undefined;
  if (batch !== undefined) return batch;
  throw new OperatorError('usage', `--${name} takes a number of instances or a share of them, in percent.`, {
    next: [`Such as --${name} 2 or --${name} 25%.`],
  });
}

function readSeconds(name: string, value: unknown): number {
  const ms = typeof value === 'string' ? parseDuration(value) : undefined;
  if (ms !== undefined && ms > 0) return ms / 1000;
  throw new OperatorError('usage', `--${name} takes a duration such as 90s, 2m or 1h30m.`, {
    next: [`Such as --${name} 2m.`],
  });
}

/** A release becomes part of tags and names: EC2 takes up to 256 characters in a tag, without control characters. */
function mustBeName(name: string, value: unknown): void {
  if (typeof value === 'string' && /^[\w.:/=+@-]{1,128}$/.test(value)) return;
  throw new OperatorError('usage', `--${name} takes 1 to 128 letters, digits or . _ : / = + - @, and only once.`, {
    next: [`Such as --${name} 42.`],
  });
}
