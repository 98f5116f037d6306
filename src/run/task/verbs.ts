import type { Task } from '../../../tasks/task.ts';
import { OperatorError } from '../../errors.ts';
import { fleetById } from '../../domain/queries.ts';
import { duration } from '../../domain/text.ts';
import type { Verb } from '../../domain/goal.ts';
import { isVerification } from '../../plan/switch.ts';
import { describeFleet } from '../../plan/worlds.ts';
import { isTried, TRIED, type AdviceWorld } from './advice.ts';
import { preview } from './preview.ts';
import { resolveGoal } from './resolve-goal.ts';

/** Whether a verb would be accepted now, and why not. */
export interface VerbStatus {
  readonly verb: Verb;
  readonly accepted: boolean;
  /** The refusal's sentence, or what an accepted verb would do. */
  readonly why: string;
}

/** Asks each task for its plan, as if it were run now with its defaults. Changes nothing, and asks AWS nothing. */
export async function verbsNow(world: AdviceWorld): Promise<readonly VerbStatus[]> {
  const tasks = Object.values<Task>(world.tasks).filter((task) => isTried(world, task));
  return Promise.all(tasks.map(async (task) => verbNow(world, task)));
}

async function verbNow(world: AdviceWorld, task: Task): Promise<VerbStatus> {
  const { snapshot, recorded } = world;
  const { verb, summary } = task;
  const goal = recorded && 'goal' in recorded ? recorded.goal : undefined;
  const isRecorded = goal?.verb === verb;
  const options = isRecorded ? { resumes: goal.run } : task.options.release?.required ? { release: 'R' } : {};
  try {
    const { goal: pinned, plan } = await resolveGoal({ ...world, ...TRIED, task, options });
    // What is proven is proven; a switch is not to be offered for another proof.
    if (plan.steps.some((step) => isRecorded || !isVerification(snapshot, step)))
      return { verb, accepted: true, why: summary };
    return { verb, accepted: false, why: `nothing to do: ${task.standing(snapshot, pinned).message}` };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { verb, accepted: false, why: error.message };
  }
}

/** Whether production could go back now; when it could, in how many seconds. */
export type RollbackReadiness =
  | { readonly ready: true; readonly seconds: number; readonly why: string }
  | { readonly ready: false; readonly why: string };

/** What `rollback --plan` says in this world: the verb's own answer. */
export async function rollbackNow(world: AdviceWorld): Promise<RollbackReadiness> {
  const { tasks, snapshot } = world;
  const task: Task = tasks.rollback;
  try {
    const { goal, plan } = await resolveGoal({ ...world, ...TRIED, task, options: {} });
    if (plan.steps.length === 0)
      return { ready: true, seconds: 0, why: `${goal.release} serves production, so nothing would move` };
    const { seconds } = preview(task, snapshot, goal, plan);
    const to = fleetById(snapshot, goal.fleet);
    return {
      ready: true,
      seconds,
      why: `${to ? describeFleet(snapshot, to) : goal.release}, about ${duration(seconds)}`,
    };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { ready: false, why: error.message };
  }
}
