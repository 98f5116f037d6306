import type { Task } from '../../../tasks/task.ts';
import { ExitCode, messageOf, OperatorError } from '../../errors.ts';
import { observe, withUrls } from '../../observe/observe.ts';
import { productionIn } from '../../domain/production-record.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { isRefusal, subjectOf, type Goal } from '../../domain/goal.ts';
import { describeServing, lostSince } from '../../plan/ending.ts';
import { previewProblem, showAgainAdvice, withPreview } from '../../plan/preview.ts';
import { withWork } from '../../plan/work.ts';
import { verifiedBy } from '../../domain/answers.ts';
import { defined } from '../../domain/defined.ts';
import { otherStore } from '../../domain/store-mark.ts';
import type { AfterFailure, Plan } from '../../plan/plan.ts';
import type { HeldLease } from '../../record/lease.ts';
import { switchSettings } from '../../steps/ports.ts';
import { checkedAdvice } from './advice.ts';
import { deniedAction } from './denied.ts';
import { waysAfter, waysToContinue } from './resolve-goal.ts';
import { done, held, LOOK, outcomeOf, needsAttention, safe, stopped, type RunOutcome } from './outcome.ts';
import { ofStore } from './of-store.ts';
import { preview } from './preview.ts';
import { createRecording } from './recording.ts';
import { StepFailed } from '../engine/context.ts';
import { storeReplaced } from '../engine/other-store.ts';
import type { Setup } from './setup.ts';
import { ConsistencyDelay } from '../engine/consistency-delay.ts';
import { look, runPlan, type PlannedRun, type Run } from './run-plan.ts';

/** Does the plan, and reverts it where a step fails and the task knows a way. The goal is recorded for as long as it is open. */
export async function execute(
  setup: Setup,
  lease: HeldLease,
  task: Task,
  { goal, plan, snapshot, options, others, store, looked, lastMove }: PlannedRun,
): Promise<RunOutcome> {
  const own = new ConsistencyDelay(setup.ports.clock, setup.settleMs);
  const { outside, wayBack } = snapshot;
  const asked = { task, options };
  const run: Run = { setup, asked, lease, others, store, own, outside, lastMove, wayBack, end: {} };
  const recording = createRecording(setup, lease, goal, plan.steps.length);
  // Outside of what follows: without it nothing is changed, and there is nothing to revert.
  if (plan.steps.length > 0) await ofStore(task, recording.begin());
  try {
    const ran = await runPlan(run, recording, goal, plan, snapshot, looked);
    const { last, problem } = await finalLook(run, task, goal, plan, ran);
    await recording.forget();
    // URLs are nice to have, and the task is done.
    const shown = task.tellsUrls ? await withUrls(setup.ports.traffic, last).catch(() => last) : last;
    const { message, next: ways, terminated, testUrls } = task.standing(shown, goal);
    const next = task.isEmergencyExit ? [...ways, ...showAgainAdvice(last)] : ways;
    const left = task.decidesProduction ? { production: productionIn(last) } : {};
    const ending =
      problem === undefined
        ? {
            ...done(`${plan.steps.length === 0 ? 'Nothing to do: ' : ''}${message}${lostSince(snapshot, last)}`, next),
            ...proofOf(task, last, goal),
            ...defined({ terminated, testUrls }),
          }
        : attention(problem, task, goal);
    return await advised(run, last, undefined, { ...ending, ...left });
  } catch (error) {
    if (isFinal(error)) return interruptedIn(run, task, goal, error);
    return afterFailure(run, task, goal, error).catch((second: unknown) => {
      if (isFinal(second)) return outcomeOf(second);
      const isSame = messageOf(second) === messageOf(error);
      const both = `${messageOf(error)}${isSame ? '' : ` Then this failed too: ${messageOf(second)}`} ${UNREAD}`;
      return needsAttention(both, [...adviceOf(second), ...waysToContinue(task, goal.release)]);
    });
  }
}

/** The world that the last sentence is written of; `problem` is undefined when all is as that will say. */
interface FinalLook {
  readonly last: Snapshot;
  readonly problem: Pick<RunOutcome, 'message' | 'next'> | undefined;
}

function attention({ message, next }: NonNullable<FinalLook['problem']>, task: Task, goal: Goal): RunOutcome {
  return needsAttention(message, [...next, ...waysAfter(task, goal.release)]);
}

/**
 * What one full look at the end shows that is not as the last sentence would say: others may have been at work, or what was
 * healthy is not any more. An old answer must not be taken for it. What production has answered stays answered.
 */
async function finalLook(run: Run, task: Task, goal: Goal, plan: Plan, ran: Snapshot): Promise<FinalLook> {
  const problemIn = (snapshot: Snapshot): string | undefined =>
    task.finalProblem(snapshot, goal) ?? previewProblem(snapshot, goal);
  // A step may have looked for what others have.
  const after = { ...run, outside: ran.outside };
  try {
    const lists = run.end.lists?.seen === ran ? run.end.lists : undefined;
    const seen = plan.steps.length === 0 ? ran : { ...(await look(after, lists)), answers: ran.answers };
    if (problemIn(seen) === undefined) return { last: seen, problem: undefined };
    // The last step saw it otherwise a moment ago: this answer may be the older one.
    run.own.changed();
    const again = { ...(await lookAgain(after)), answers: ran.answers };
    const problem = problemIn(again);
    const message = `The ${goal.verb} of ${subjectOf(goal)} was done, but ${problem} ${describeServing(again)}`;
    return { last: again, problem: problem === undefined ? undefined : { message, next: [] } };
  } catch (error) {
    // It is done: a look that fails must not make it a failure that is reverted.
    if (isFinal(error)) throw error;
    const message = `The ${goal.verb} of ${subjectOf(goal)} was done, but the state of production could not be read: ${messageOf(error)}`;
    return { last: ran, problem: { message, next: adviceOf(error) } };
  }
}

/** With advice that was tried in the world as it was seen last, where the goal may still be on record. */
async function advised(
  { store, asked, setup: { tasks, ports, nested } }: Run,
  snapshot: Snapshot,
  goal: Goal | undefined,
  ending: RunOutcome,
  failure?: unknown,
): Promise<RunOutcome> {
  const recorded = goal && !nested ? { goal, stepsDone: 0, stepsAll: 0, updatedAt: '' } : undefined;
  const { delivery } = ports.inPlace;
  const decided = { settings: switchSettings(ports), delivery, fleetCount: ports.fleet.count };
  const action = deniedAction(failure);
  const denied = action === undefined ? undefined : { action, ports };
  // A recorded goal has what was given.
  const failed = ending.result === 'done' || recorded !== undefined ? {} : { failed: asked };
  const world = { tasks, snapshot, recorded, ...decided, store, denied, ...failed };
  return { ...ending, next: await checkedAdvice(world, ending.next) };
}

function proofOf({ verifiesRelease }: Task, last: Snapshot, goal: Goal): { readonly proven?: number } {
  const proven =
    verifiesRelease && 'settings' in goal ? verifiedBy(last, goal.release, goal.settings.verification) : undefined;
  return defined({ proven });
}

/** Errors after which this run must not go on in any direction: interrupted, the lease lost, or a fault of ours. */
function isFinal(error: unknown): boolean {
  if (error instanceof StepFailed) return false;
  return !(error instanceof OperatorError) || error.exitCode === ExitCode.leaseLost;
}

/** What the operator can do about it: without credentials, for example, no command works. */
function adviceOf(error: unknown): readonly string[] {
  return error instanceof OperatorError || error instanceof StepFailed ? error.next : [];
}

async function afterFailure(begun: Run, task: Task, goal: Goal, failure: unknown): Promise<RunOutcome> {
  const why = messageOf(failure);
  // A process that slept finds its time over: then the lease is gone too, and what is so now is for others to say.
  await begun.lease.check();
  const { step, seen, isConflict = false } = failure instanceof StepFailed ? failure : {};
  // A step may have looked for what others have.
  const run = seen === undefined ? begun : { ...begun, outside: seen.outside };
  const snapshot = await lookAgain(run);
  const other = otherStore(snapshot, run.store.id);
  // What runs from there have changed is not for this one to revert.
  if (other !== undefined) throw storeReplaced(other, snapshot.at);
  const after = task.afterFailure(snapshot, goal, { step, reason: why, isConflict, ...defined({ seen }) });
  if ('undo' in after) return undo(run, goal, after, snapshot, failure);
  const ways = after.next ?? [...waysNow(task, snapshot, goal), ...waysToContinue(task, goal.release)];
  // What AWS's errors advise knows of no release.
  const named = adviceOf(failure).map((text) => text.replaceAll('--release R', `--release ${goal.release}`));
  const next = [...named, ...ways];
  const message = `${why} ${after.message}`;
  const ending = {
    safe: () => safe('failed', message, next),
    held: () => held(`${message} ${describeServing(snapshot)}`, next),
    'needs-attention': () => needsAttention(`${message} ${describeServing(snapshot)}`, next),
  }[after.leave]();
  const left = task.movesProduction ? { production: productionIn(snapshot) } : {};
  return advised(run, snapshot, goal, { ...ending, ...left }, failure);
}

/** What can be done about a world in which the task is refused by now. */
function waysNow(task: Task, snapshot: Snapshot, goal: Goal): readonly string[] {
  const again = task.again?.(goal.release);
  const left = task.plan(snapshot, goal);
  if (again === undefined || !isRefusal(left)) return [];
  return left.next.map((text) => text.replace(/^`--/, `\`turnout ${again} --`));
}

const UNREAD = 'What serves production now could not be read.';

/** Who stops a switch half-way wants to know first what clients get now. */
async function interruptedIn({ setup, outside }: Run, task: Task, goal: Goal, error: unknown): Promise<RunOutcome> {
  const ending = stopped(error, task, goal);
  if (ending.result !== 'interrupted' || !task.movesProduction) return ending;
  const serving = await observe(setup.ports, { outside }).then(describeServing, () => UNREAD);
  return { ...ending, message: `${ending.message} ${serving}` };
}

/** The way back and the last sentence must not miss what was done right before the failure. */
async function lookAgain(run: Run): Promise<Snapshot> {
  const { view, signal } = run.setup;
  await run.own.wait(view.emit, signal);
  return look(run);
}

/** A plan like any other, from the world as it is now. */
async function undo(
  run: Run,
  goal: Goal,
  { undo: back, next }: Extract<AfterFailure, { undo: Goal }>,
  snapshot: Snapshot,
  failure: unknown,
): Promise<RunOutcome> {
  const why = messageOf(failure);
  // Another attempt would be denied too. What else errors advise is about a run that stopped half-way.
  const grant = deniedAction(failure) === undefined ? [] : adviceOf(failure);
  const { setup, lease } = run;
  const task = setup.tasks[back.verb];
  setup.view.emit({ type: 'undoing', why });
  // Nothing may keep production from being moved back.
  await setup.hooks
    ?.run('onRollback', { verb: goal.verb, release: goal.release, message: why })
    .catch((error: unknown) => setup.view.emit({ type: 'warning', message: messageOf(error) }));
  const moved = task.plan(snapshot, back);
  const worked = isRefusal(moved) ? moved : withWork(snapshot, back, moved);
  const plan = isRefusal(worked) ? worked : withPreview(snapshot, back, worked);
  if (isRefusal(plan)) {
    const both = `${why} It could not be undone: ${plan.message} ${describeServing(snapshot)}`;
    return advised(run, snapshot, goal, needsAttention(both, [...grant, ...plan.next]));
  }
  setup.view.emit(preview(task, snapshot, back, plan, setup.connection()));
  const recording = createRecording(setup, lease, back, plan.steps.length);
  let ran = snapshot;
  try {
    if (plan.steps.length > 0) await recording.begin();
    ran = await runPlan(run, recording, back, plan, snapshot);
  } catch (error) {
    if (isFinal(error)) return interruptedIn(run, task, back, error);
    const seen = await lookAgain(run).catch(() => undefined);
    const both = `${why} Undoing it failed too: ${messageOf(error)} ${seen ? describeServing(seen) : UNREAD}`;
    const ending = needsAttention(both, [
      ...new Set([...grant, ...adviceOf(error)]),
      ...waysToContinue(task, back.release),
    ]);
    return seen === undefined ? ending : advised(run, seen, back, ending, error);
  }
  const { last, problem } = await finalLook(run, task, back, plan, ran);
  await recording.forget();
  const production = productionIn(last);
  if (problem !== undefined) {
    const both = attention({ ...problem, message: `${why} ${problem.message}` }, task, back);
    return advised(run, last, undefined, { ...both, production });
  }
  const ending = safe('undone', `${why} It was undone. ${task.standing(last, back).message}`, [
    ...grant,
    LOOK,
    ...next,
    ...showAgainAdvice(last),
  ]);
  return { ...(await advised(run, last, undefined, ending)), ...proofOf(task, last, back), production };
}
