import { parseArgs } from 'node:util';
import { flagsOf, readOptions, type TaskOptions } from '../../../tasks/options.ts';
import type { Task } from '../../../tasks/task.ts';
import { OperatorError } from '../../errors.ts';
import type { LaunchSpec, Verb } from '../../domain/goal.ts';
import { resolveGoal, type GoalRequest } from './resolve-goal.ts';

/** What a goal can be tried with that is not pursued: nothing is resolved, and AWS is asked nothing. */
export const TRIED = {
  requestedBy: { run: 'status', who: '', since: '' },
  resolve: async (): Promise<LaunchSpec> => ({
    kind: '',
    summary: [],
    batches: [{ zone: '', subnet: '', count: 1 }],
    request: {},
  }),
};

/** The world in which advice is given. */
export type AdviceWorld = Pick<GoalRequest, 'tasks' | 'snapshot' | 'settings' | 'delivery' | 'recorded'>;

/** These refusals say themselves how long to wait. */
const PASSES: ReadonlySet<string> = new Set(['draining', 'retained', 'residual-traffic']);

/** What a reader puts in place of the letter. */
const PLACEHOLDERS: Readonly<Record<string, string>> = { R: 'release' };

/**
 * The sentences, those that would work first; one whose command would be refused in this world says why.
 * Commands are in backticks; one that comes after another (`..., then ...`) is not tried.
 */
export async function checkedAdvice(world: AdviceWorld, sentences: readonly string[]): Promise<readonly string[]> {
  const checked = await Promise.all(sentences.map(async (text) => ({ text, no: await refusedIn(world, text) })));
  const works = checked.filter(({ no }) => no === undefined).map(({ text }) => text);
  return [...works, ...checked.flatMap(({ text, no }) => (no === undefined ? [] : [`${text} (not now: ${no})`]))];
}

/** Why the first command of the sentence would be refused now; undefined where it would not be, or there is none. */
async function refusedIn(world: AdviceWorld, sentence: string): Promise<string | undefined> {
  const [, before, command = ''] = /(then )?`turnout ([^`]+)`/.exec(sentence) ?? [];
  const [verb = '', ...words] = command.split(' ');
  if (before !== undefined || !(verb in world.tasks)) return undefined;
  const task: Task = world.tasks[verb as Verb];
  if (!isTried(world, task)) return undefined;
  try {
    await resolveGoal({ ...world, ...TRIED, task, options: optionsIn(task, words) });
    return undefined;
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return PASSES.has(error.code) ? undefined : error.message.replace(/\.$/, '');
  }
}

/** What is about named instances can always be requested; without a deployer, nothing is deployed in place. */
export function isTried({ delivery }: AdviceWorld, { aboutInstances, discoversTargetGroups }: Task): boolean {
  return !aboutInstances && (!discoversTargetGroups || delivery !== undefined);
}

function optionsIn({ options }: Task, words: readonly string[]): TaskOptions {
  const flags = flagsOf(options);
  const kinds = Object.entries(flags).map(([name, { type }]) => {
    return [name, { type: type === 'boolean' ? ('boolean' as const) : ('string' as const) }] as const;
  });
  const args = words.map((word) => PLACEHOLDERS[word] ?? word);
  const { values } = parseArgs({ args, options: Object.fromEntries(kinds), strict: false });
  const typed = (name: string, value: unknown): unknown => (flags[name]?.type === 'number' ? Number(value) : value);
  return readOptions(options, Object.fromEntries(Object.entries(values).map(([name, v]) => [name, typed(name, v)])));
}

/** The error with advice that was checked; anything else as it is. */
export async function withCheckedAdvice(world: AdviceWorld, error: unknown): Promise<unknown> {
  if (!(error instanceof OperatorError)) return error;
  const { code, message, exitCode, transient, cause, next } = error;
  return new OperatorError(code, message, { exitCode, transient, cause, next: await checkedAdvice(world, next) });
}
