import { parseArgs } from 'node:util';
import { flagsOf, readOptions, typedOptions, type TaskOptions } from '../../../tasks/options.ts';
import type { Task } from '../../../tasks/task.ts';
import { OperatorError } from '../../errors.ts';
import { isRefusal, type LaunchSpec, type Verb } from '../../domain/goal.ts';
import type { Plan } from '../../plan/plan.ts';
import { isVerification } from '../../plan/switch.ts';
import { needsAction } from './denied.ts';
import type { Ports } from '../../steps/ports.ts';
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
export type AdviceWorld = Pick<
  GoalRequest,
  'tasks' | 'snapshot' | 'settings' | 'delivery' | 'fleetCount' | 'store' | 'recorded' | 'lastProduction'
> & {
  /** What was refused: flags alone are advised for that. */
  readonly asked?: { readonly task: Task; readonly options: TaskOptions };
  /** What has ended otherwise than it should. */
  readonly failed?: { readonly task: Task; readonly options: TaskOptions };
  /** The action that was just denied: what needs it would stop again. */
  readonly denied?: { readonly action: string; readonly ports: Ports } | undefined;
};

/** These refusals say themselves how long to wait, or which number to give. */
const PASSES: ReadonlySet<string> = new Set(['draining', 'retained', 'residual-traffic', 'fewer-than-before']);

/** What a reader may put in place of the letter. */
const PLACEHOLDERS: Readonly<Record<string, string>> = { R: 'release', N: '1' };

/** What leads out of a world, the least that it may cost first. */
const WAYS_OUT = [
  'rollback',
  'promote',
  'promote --to 100',
  'rollback --min-healthy 1',
  'promote --min-healthy 1',
  'promote --to 100 --min-healthy 1',
  'adopt --release R',
  'up --release R',
  'cleanup --wait',
  'cleanup --wait --discard',
  'cleanup --wait --discard --min-healthy 1',
];

/**
 * The sentences, those that would work first; one whose command would be refused in this world says why. Where none has a
 * command that would work, one that would is added. Commands are in backticks; one that comes after another (`..., then ...`)
 * is not tried.
 */
export async function checkedAdvice(
  world: AdviceWorld,
  sentences: readonly string[],
  { isRefused }: { readonly isRefused: boolean } = { isRefused: false },
): Promise<readonly string[]> {
  const complete = await Promise.all(sentences.map(async (text) => completed(world, text)));
  const checked = await Promise.all(complete.map(async (text) => ({ text, ...(await tried(world, text)) })));
  const works = checked.filter(({ no }) => no === undefined);
  const isDenied = ({ no }: { readonly no?: string }): boolean => no === DENIED;
  const isDeadEnd = works.every(({ command }) => command === undefined) && (isRefused || checked.length > works.length);
  return [
    ...works.map(({ text }) => text),
    ...(isDeadEnd ? await wayOut(world) : []),
    ...(checked.some(isDenied) ? [`Once that is allowed, \`turnout resume\` goes on with it.`] : []),
    ...checked.flatMap(({ text, no }) => (no === undefined || no === DENIED ? [] : [`${text} (not now: ${no})`])),
  ];
}

/** The first way that changes something. */
async function wayOut(world: AdviceWorld): Promise<readonly string[]> {
  for (const command of WAYS_OUT) {
    const planned = await planOf(world, command).catch(asRefused);
    const task: Task = world.tasks[command.split(' ', 1)[0] as Verb];
    const isWay =
      'steps' in planned
        ? planned.steps.some((step) => !isVerification(world.snapshot, step)) &&
          !(await isStopped(world, task, planned))
        : planned.code === 'fewer-than-before';
    if (isWay) return [`Possible now: \`turnout ${command}\`.`];
  }
  return [];
}

/**
 * The sentence, whose command has the options that were given as well, where it is the same verb: what was allowed, or asked for,
 * holds. One that the command cannot have is left out.
 */
async function completed(world: AdviceWorld, text: string): Promise<string> {
  const given = world.asked ?? world.failed;
  const [, before, command = ''] = COMMAND.exec(text) ?? [];
  if (given === undefined || before !== undefined || command.split(' ', 1)[0] !== given.task.verb) return text;
  if (!isTried(world, given.task)) return text;
  const { release } = given.options;
  const own = world.asked && release ? command.replace('--release R', `--release ${release}`) : command;
  const { task } = given;
  const words = wordsIn(own).slice(1);
  const lacking = lackingWords(task, given.options, optionsIn(task, words));
  for (const left of [[], ...[...lacking.keys()].map((key) => [key]), [...lacking.keys()]]) {
    const kept = [...lacking].filter(([key]) => !left.includes(key));
    const some = Object.fromEntries(kept.map(([key]) => [key, given.options[key]]));
    const planned = await planWith(world, task, added(some, optionsIn(task, words))).catch(asRefused);
    if ('steps' in planned || PASSES.has(planned.code))
      return text.replace(
        `\`turnout ${command}\``,
        `\`turnout ${[own, ...kept.flatMap(([, one]) => one)].join(' ')}\``,
      );
  }
  return text;
}

/** What was given, and the command does not have, as it is typed. */
function lackingWords(task: Task, given: TaskOptions, own: TaskOptions): ReadonlyMap<string, readonly string[]> {
  const known = typedOptions(task.options, own);
  const all = [...typedOptions(task.options, given)].map(([key, words]) => {
    const isList = Array.isArray(given[key]) && task.options[key]?.form.array === true;
    const more = isList ? words.filter((word) => !known.get(key)?.includes(word)) : words;
    return [key, isList || !known.has(key) ? more : []] as const;
  });
  // Every verb has that one.
  const more = given.takeOver === true && own.takeOver !== true ? [['takeOver', ['--take-over']] as const] : [];
  return new Map([...all.filter(([, words]) => words.length > 0), ...more]);
}

/** As a shell divides it; see `typedOptions`. */
function wordsIn(command: string): readonly string[] {
  return (command.match(/(?:'[^']*'|\\'|[^\s'])+/g) ?? []).map((word) => word.replaceAll(/'([^']*)'|\\(')/g, '$1$2'));
}

/** The first command of a sentence. */
const COMMAND = /(then )?`turnout ([^`]+)`/;

/** The first command of the sentence, or the options that it adds to the one that was refused; and why it would be refused now; undefined where it would not be, or there is none. */
async function tried(world: AdviceWorld, text: string): Promise<{ readonly command?: string; readonly no?: string }> {
  if (text.startsWith('`--')) return triedFlags(world, text);
  const [, before, command = ''] = COMMAND.exec(text) ?? [];
  const verb = command.split(' ', 1)[0] as Verb;
  if (before !== undefined || !(verb in world.tasks) || !isTried(world, world.tasks[verb])) return {};
  const planned = await planOf(world, command).catch(asRefused);
  if ('steps' in planned && (await isStopped(world, world.tasks[verb], planned))) return { command, no: DENIED };
  if ('steps' in planned || PASSES.has(planned.code)) return { command };
  return { command, no: planned.message.replace(/\.$/, '') };
}

/** Flags that are added to what was asked for; one that is named without a value only says which values there are. */
async function triedFlags(
  world: AdviceWorld,
  text: string,
): Promise<{ readonly command: string; readonly no?: string }> {
  const [, flags = ''] = /^`([^`]+)`/.exec(text) ?? [];
  const words = wordsIn(flags);
  if (world.asked === undefined) return { command: text };
  const { task, options } = world.asked;
  const last = words.at(-1) ?? '';
  if (last.startsWith('--') && flagsOf(task.options)[last.slice(2)]?.type !== 'boolean') return { command: text };
  const planned = await planWith(world, task, added(options, optionsIn(task, words))).catch(asRefused);
  if ('steps' in planned || PASSES.has(planned.code)) return { command: text };
  return { command: text, no: planned.message.replace(/\.$/, '') };
}

/** What may be given several times is given once more. */
function added(options: TaskOptions, more: TaskOptions): TaskOptions {
  const given = options as Readonly<Record<string, unknown>>;
  const both = Object.entries(more).map(([key, value]) => {
    const before = given[key];
    return [key, Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value] as const;
  });
  return { ...options, ...Object.fromEntries(both.filter(([, value]) => value !== undefined)) };
}

async function planOf(world: AdviceWorld, command: string): Promise<Plan> {
  const [verb, ...words] = wordsIn(command);
  const task: Task = world.tasks[verb as Verb];
  return planWith(world, task, optionsIn(task, words));
}

async function planWith(world: AdviceWorld, task: Task, options: TaskOptions): Promise<Plan> {
  return (await resolveGoal({ ...world, ...TRIED, task, options })).plan;
}

/** Why a command is not advised at all. */
const DENIED = 'denied';

/** It would need what was just denied. */
async function isStopped({ snapshot, denied }: AdviceWorld, { isEmergencyExit }: Task, plan: Plan): Promise<boolean> {
  return denied !== undefined && needsAction(plan, snapshot, { ...denied, isEmergency: isEmergencyExit });
}

function asRefused(error: unknown): OperatorError {
  if (error instanceof OperatorError) return error;
  throw error;
}

/** What is about named instances can always be requested; without a deployer, nothing is deployed in place. */
export function isTried({ delivery }: AdviceWorld, { aboutInstances, inPlace }: Task): boolean {
  return !aboutInstances && (!inPlace || delivery !== undefined);
}

function optionsIn({ options }: Task, words: readonly string[]): TaskOptions {
  const flags = flagsOf(options);
  const kinds = Object.entries(flags).map(([name, { type, array: multiple = false }]) => {
    return [name, { type: type === 'boolean' ? ('boolean' as const) : ('string' as const), multiple }] as const;
  });
  const args = words.map((word) => PLACEHOLDERS[word] ?? word);
  const { values } = parseArgs({ args, options: Object.fromEntries(kinds), strict: false });
  const typed = (name: string, value: unknown): unknown => (flags[name]?.type === 'number' ? Number(value) : value);
  const read = readOptions(
    options,
    Object.fromEntries(Object.entries(values).map(([name, v]) => [name, typed(name, v)])),
  );
  return { ...read, ...(values['take-over'] === true && { takeOver: true }) };
}

/** The error with advice that was checked; anything else as it is. */
export async function withCheckedAdvice(world: AdviceWorld, error: unknown): Promise<unknown> {
  if (!(error instanceof OperatorError)) return error;
  const { code, message, exitCode, transient, cause, next } = error;
  const advice = await checkedAdvice(world, next, {
    isRefused: typeof cause === 'object' && cause !== null && isRefusal(cause),
  });
  return new OperatorError(code, message, { exitCode, transient, cause, next: advice });
}
