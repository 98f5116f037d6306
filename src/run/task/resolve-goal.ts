import { amended } from '../../../tasks/recorded-goal.ts';
import type { TaskOptions } from '../../../tasks/options.ts';
import type { Tasks } from '../../../tasks/index.ts';
import type { Task } from '../../../tasks/task.ts';
import { OperatorError } from '../../errors.ts';
import type { LaunchRequest } from '../../fleets/fleet.ts';
import type { ProductionRecord } from '../../domain/production-record.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import {
  isRefusal,
  refusal,
  withSettings,
  type Delivery,
  type Goal,
  type LaunchSpec,
  type Refusal,
  type RequestedBy,
  type Verb,
  subjectOf,
} from '../../domain/goal.ts';
import { unreadableIn } from '../../domain/queries.ts';
import { otherStore, type StoreIdentity } from '../../domain/store-mark.ts';
import type { SwitchSettings } from '../../domain/traffic.ts';
import type { Plan } from '../../plan/plan.ts';
import { withApproval } from '../../plan/approval.ts';
import { heedFreeze } from '../../plan/freeze.ts';
import { withWayBack } from '../../plan/way-back.ts';
import { withPreview } from '../../plan/preview.ts';
import { withWork } from '../../plan/work.ts';
import { withStoreSteps } from '../../plan/store-steps.ts';
import { movesProduction } from '../../steps/definition.ts';
import { behaviourOf } from '../../steps/index.ts';
import type { RecordedGoal, UnreadableGoal } from '../../stores/store.ts';
import { unreadableText } from '../../domain/unreadable.ts';
import { keptElsewhere } from '../engine/other-store.ts';

/** What a run goes for: the goal that is recorded already, where it fits, or a new one. */
export interface ResolvedGoal {
  readonly goal: Goal;
  readonly plan: Plan;
}

export interface GoalRequest {
  readonly tasks: Tasks;
  readonly task: Task;
  readonly options: TaskOptions;
  readonly requestedBy: RequestedBy;
  /** Resolves what a release boots to exact ids; changes nothing. */
  readonly resolve: (request: LaunchRequest) => Promise<LaunchSpec>;
  readonly snapshot: Snapshot;
  /** What the config decides about a switch. */
  readonly settings: SwitchSettings;
  /** How code gets onto a running instance, where the config says so. */
  readonly delivery?: Delivery | undefined;
  readonly fleetCount?: number | undefined;
  /** The store of this run. */
  readonly store: StoreIdentity;
  /** What production was after the last run that was about it. */
  readonly lastProduction?: ProductionRecord | undefined;
  /** The goal of a run that did not end. */
  readonly recorded: RecordedGoal | UnreadableGoal | undefined;
}

interface ReadableRequest extends GoalRequest {
  readonly recorded: RecordedGoal | undefined;
}

/** The verb and the options that continue a run that did not end. @throws OperatorError `nothing-to-resume` when there is none */
export function whatToResume(recorded: GoalRequest['recorded']): { verb: Verb; options: TaskOptions } {
  if (recorded === undefined) throw nothingToResume('No run is unfinished in this environment.');
  if ('unreadable' in recorded) throw unreadableGoal(recorded);
  return { verb: recorded.goal.verb, options: { resumes: recorded.goal.run } };
}

function nothingToResume(message: string): OperatorError {
  return new OperatorError('nothing-to-resume', message, { next: ['`turnout status` shows what can be done now.'] });
}

/** @throws OperatorError when the world, or a run that did not end, forbids it; nothing was changed. */
export async function resolveGoal(given: GoalRequest): Promise<ResolvedGoal> {
  const { task, options, snapshot, settings, store } = given;
  const other = otherStore(snapshot, store.id);
  if (other !== undefined && options.takeOver !== true) throw keptElsewhere(other, snapshot.at);
  const known = readable(given);
  const recorded = known && { ...known, goal: withSettings(known.goal, settings) };
  const request = { ...given, recorded };
  // It may have waited for the lease: what it would begin in place of what is over was not requested.
  if (options.resumes !== undefined && options.resumes !== recorded?.goal.run) {
    throw nothingToResume('The run that had not ended has been ended, or abandoned, by another run meanwhile.');
  }
  const [unreadable] = task.isEmergencyExit ? [] : unreadableIn(snapshot);
  if (unreadable !== undefined) accept(refusal(unreadable.code, unreadableText(unreadable), ...unreadable.next));
  const goal = resumed(request) ?? (await fresh(request));
  return { goal, plan: withStoreSteps(snapshot, planNow(task, snapshot, goal), store, other?.text) };
}

/** The task's plan in this world, with approvals, as closed times allow it. @throws OperatorError for a refusal */
export function planNow(task: Task, snapshot: Snapshot, goal: Goal): Plan {
  const previewed = accept(withPreview(snapshot, goal, accept(task.plan(snapshot, goal))));
  const moved = accept(withWork(snapshot, goal, previewed));
  const plan = accept(withWayBack(snapshot, goal, withApproval(snapshot, goal, moved)));
  return task.heedsFreeze ? accept(heedFreeze(snapshot, goal, plan)) : plan;
}

/** What cannot be read does not keep production from going back. */
function readable({ task, recorded }: GoalRequest): RecordedGoal | undefined {
  if (recorded === undefined || !('unreadable' in recorded)) return recorded;
  if (task.isEmergencyExit) return undefined;
  throw unreadableGoal(recorded);
}

function unreadableGoal({ unreadable }: UnreadableGoal): OperatorError {
  return new OperatorError('goal-unreadable', unreadable, {
    next: [
      'Use the version of turnout that the run was started with: `turnout resume` goes on with it there.',
      '`turnout abandon` forgets it, and leaves everything as it is.',
      '`turnout rollback` moves production back, whatever it says.',
    ],
  });
}

/** The recorded goal with what the options change of it, where they are about it. */
function resumed(request: ReadableRequest): Goal | undefined {
  const { tasks, task, options, recorded } = request;
  if (recorded?.goal.verb !== task.verb) return undefined;
  const { goal } = recorded;
  if (options.resumes !== undefined) return goal;
  const wanted = amended(goal, request);
  if (wanted !== 'other-subject') return accept(wanted);
  if (task.mayBeReplacedBy.includes(task.verb)) return undefined;
  throw unfinished(tasks, recorded, 'other-release', ` It is about ${goal.release}, not ${options.release}.`);
}

async function fresh(request: ReadableRequest): Promise<Goal> {
  const { tasks, task, options, recorded } = request;
  if (recorded !== undefined && !(await leadsOut(request))) mustYield(request, recorded);
  const goal = accept(await task.pinGoal(request));
  const before = recorded && tasks[recorded.goal.verb].movesProduction ? recorded.goal : undefined;
  // The minimum is what was healthy when the trouble began, not what is left of it.
  if (task.movesProduction && before !== undefined && 'minimumHealthy' in before && options.minHealthy === undefined)
    return { ...goal, minimumHealthy: before.minimumHealthy } as Goal;
  return goal;
}

/** It moves production out of trouble, whatever another run was about. */
async function leadsOut(request: GoalRequest): Promise<boolean> {
  const { task, snapshot } = request;
  const goal = task.isEmergencyExit ? await task.pinGoal(request) : undefined;
  const plan = goal === undefined || isRefusal(goal) ? goal : task.plan(snapshot, goal);
  return (
    plan !== undefined &&
    !isRefusal(plan) &&
    plan.steps.some((step) => movesProduction(behaviourOf(step).effect(snapshot)))
  );
}

/** Another run's goal gives way to its opposite verbs, or when it has been reached since, or never can be: its fleet is gone. */
function mustYield({ tasks, task, snapshot }: GoalRequest, recorded: RecordedGoal): void {
  const other = tasks[recorded.goal.verb];
  if (other.mayBeReplacedBy.includes(task.verb)) return;
  const left = other.plan(snapshot, recorded.goal);
  if (isRefusal(left) ? left.refused === 'fleet-gone' : left.steps.length === 0) return;
  throw unfinished(tasks, recorded, 'unfinished', '');
}

function unfinished(tasks: Tasks, recorded: RecordedGoal, code: string, why: string): OperatorError {
  const next = waysToContinue(tasks[recorded.goal.verb], recorded.goal.release);
  return new OperatorError(code, `${describeUnfinished(recorded)}${why}`, { next });
}

/** `An earlier promote of 42 by alice@ci did not end: 2 of 4 steps are done.` */
export function describeUnfinished({ goal, stepsDone, stepsAll }: RecordedGoal): string {
  return `An earlier ${goal.verb} of ${subjectOf(goal)} by ${goal.who} did not end: ${stepsDone} of ${stepsAll} steps are done.`;
}

/** The commands of which one has to be chosen once a run did not end. */
export function choices({ wayBack }: Task): readonly string[] {
  return ['resume', ...(wayBack === undefined ? [] : [wayBack.command]), 'abandon'];
}

/** How to continue from a run that did not end. */
export function waysToContinue(task: Task, release: string): readonly string[] {
  const { again } = task;
  return [
    again === undefined
      ? '`turnout resume` goes on with it'
      : `\`turnout ${again(release)}\` (or \`turnout resume\`) goes on with it`,
    ...wayBackOf(task),
    '`turnout abandon` leaves things as they are and forgets it',
  ];
}

/** How to go on from a run that has ended, in a world that is not as it left it: there is nothing to resume, or to abandon. */
export function waysAfter(task: Task, release: string): readonly string[] {
  const { again } = task;
  return [...(again === undefined ? [] : [`\`turnout ${again(release)}\` does it again`]), ...wayBackOf(task)];
}

function wayBackOf({ wayBack }: Task): readonly string[] {
  return wayBack === undefined ? [] : [`\`turnout ${wayBack.command}\` ${wayBack.does}`];
}

/** @throws OperatorError for a refusal */
function accept<T extends object>(value: T | Refusal): T {
  if (!isRefusal(value)) return value;
  throw new OperatorError(value.refused, value.message, { next: value.next, cause: value });
}
