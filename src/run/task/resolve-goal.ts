import type { Task, Wish } from '../../../tasks/task.ts';
import { OperatorError } from '../../errors.ts';
import type { LaunchRequest } from '../../fleets/fleet.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import {
  isRefusal,
  type Asked,
  type Delivery,
  type Goal,
  type LaunchSpec,
  type Refusal,
  type Verb,
  subjectOf,
} from '../../domain/goal.ts';
import { wantsOthers } from '../../plan/stages.ts';
import type { Plan } from '../../plan/plan.ts';
import type { RecordedGoal } from '../../stores/store.ts';

/** What a run goes for: the goal that is recorded already, where it fits, or a new one. */
export interface ResolvedGoal {
  readonly goal: Goal;
  readonly plan: Plan;
}

export interface GoalRequest {
  readonly tasks: Readonly<Record<Verb, Task>>;
  readonly task: Task;
  readonly wish: Wish;
  readonly asked: Asked;
  /** Resolves what a release boots to exact ids; changes nothing. */
  readonly resolve: (wish: LaunchRequest) => Promise<LaunchSpec>;
  readonly snapshot: Snapshot;
  /** How code gets onto a running instance, where the config says so. */
  readonly delivery?: Delivery | undefined;
  /** The goal of a run that did not end. */
  readonly recorded: RecordedGoal | undefined;
}

/** The verb and the wish that go on with a run that did not end. @throws OperatorError `nothing-to-resume` when there is none */
export function whatToResume(recorded: RecordedGoal | undefined): { readonly verb: Verb; readonly wish: Wish } {
  if (recorded === undefined) throw nothingToResume('No run is unfinished in this environment.');
  return { verb: recorded.goal.verb, wish: { resumes: recorded.goal.run } };
}

function nothingToResume(message: string): OperatorError {
  return new OperatorError('nothing-to-resume', message, { next: ['`turnout status` shows what can be done now.'] });
}

/** @throws OperatorError when the world, or a run that did not end, forbids it; nothing was changed. */
export async function resolveGoal(aiming: GoalRequest): Promise<ResolvedGoal> {
  const { task, wish, recorded, snapshot } = aiming;
  // It may have waited for the lease: what it would begin in place of what is over, nobody has asked for.
  if (wish.resumes !== undefined && wish.resumes !== recorded?.goal.run) {
    throw nothingToResume('The run that had not ended has been ended, or given up, by somebody else meanwhile.');
  }
  const goal = resumed(aiming) ?? (await fresh(aiming));
  return { goal, plan: accept(task.plan(snapshot, goal)) };
}

/** The recorded goal, when this verb asked for it. */
function resumed({ task, wish, recorded }: GoalRequest): Goal | undefined {
  if (recorded?.goal.verb !== task.verb) return undefined;
  const { goal } = recorded;
  if (wantsOthers(wish, goal)) {
    throw new OperatorError(
      'other-steps',
      `${describeUnfinished(recorded)} It goes on as it was begun, without other steps.`,
      {
        next: waysToContinue(goal.verb, goal.release),
      },
    );
  }
  if (task.fits?.(goal, wish) ?? (wish.release === undefined || wish.release === goal.release)) return goal;
  if (task.mayBeReplacedBy.includes(task.verb)) return undefined;
  throw new OperatorError(
    'other-release',
    `${describeUnfinished(recorded)} It is about ${goal.release}, not ${wish.release}.`,
    {
      next: waysToContinue(goal.verb, goal.release),
    },
  );
}

async function fresh(aiming: GoalRequest): Promise<Goal> {
  const { task, wish, asked, snapshot, resolve, recorded, delivery } = aiming;
  if (recorded !== undefined) mustYield(aiming, recorded);
  const goal = accept(await task.aim({ snapshot, wish, asked, resolve, delivery }));
  const before = recorded?.goal;
  // The floor is what was healthy when the trouble began, not what is left of it.
  if ('floor' in goal && before !== undefined && 'floor' in before && wish.floor === undefined)
    return { ...goal, floor: before.floor };
  return goal;
}

/** Another run's goal gives way to its opposite verbs, or when it has been reached since, or never can be: its fleet is gone. */
function mustYield({ tasks, task, snapshot }: GoalRequest, recorded: RecordedGoal): void {
  const other = tasks[recorded.goal.verb];
  if (other.mayBeReplacedBy.includes(task.verb)) return;
  const left = other.plan(snapshot, recorded.goal);
  if (isRefusal(left) ? left.refused === 'fleet-gone' : left.steps.length === 0) return;
  throw new OperatorError('unfinished', describeUnfinished(recorded), {
    next: waysToContinue(recorded.goal.verb, recorded.goal.release),
  });
}

/** `An earlier promote of 42 by alice@ci did not end: 2 of 4 steps are done.` */
export function describeUnfinished({ goal, stepsDone, stepsAll }: RecordedGoal): string {
  return `An earlier ${goal.verb} of ${subjectOf(goal)} by ${goal.who} did not end: ${stepsDone} of ${stepsAll} steps are done.`;
}

const BACK: Readonly<Partial<Record<Verb, { readonly command: string; readonly does: string }>>> = {
  up: { command: 'cleanup --discard', does: 'terminates what it has booted' },
  promote: { command: 'rollback', does: 'leads back' },
  rollback: { command: 'promote', does: 'goes the other way' },
  rolling: { command: 'rolling --release R', does: 'with the release before leads back' },
  drain: { command: 'join I', does: 'leads back' },
  deploy: { command: 'deploy', does: 'with the release before leads back' },
};

/** The commands of which one has to be chosen once a run did not end. */
export function choices(verb: Verb): readonly string[] {
  return ['resume', ...(BACK[verb] === undefined ? [] : [BACK[verb].command]), 'abandon'];
}

/** How to go on from a run that did not end. */
export function waysToContinue(verb: Verb, release: string): readonly string[] {
  const named = verb === 'up' || verb === 'adopt' || verb === 'rolling';
  const again = named ? `turnout ${verb} --release ${release}` : `turnout ${verb}`;
  const back = BACK[verb];
  const isShort = verb === 'drain' || verb === 'join' || verb === 'deploy';
  return [
    isShort ? '`turnout resume` goes on with it' : `\`${again}\` (or \`turnout resume\`) goes on with it`,
    ...(back === undefined ? [] : [`\`turnout ${back.command}\` ${back.does}`]),
    '`turnout abandon` leaves things as they are and forgets it',
  ];
}

function accept<T extends object>(value: T | Refusal): T {
  if (!isRefusal(value)) return value;
  throw new OperatorError(value.refused, value.message, { next: value.next });
}
