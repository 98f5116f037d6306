import type { Tasks } from '../../../tasks/index.ts';
import type { Task } from '../../../tasks/task.ts';
import { OperatorError } from '../../errors.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import type { SwitchSettings } from '../../domain/traffic.ts';
import type { Delivery, Verb } from '../../domain/goal.ts';
import { isVerification } from '../../plan/switch.ts';
import type { RecordedGoal } from '../../stores/store.ts';
import { TRIED } from './advice.ts';
import { resolveGoal } from './resolve-goal.ts';

/** Whether a verb would be accepted now, and why not. */
export interface VerbStatus {
  readonly verb: Verb;
  readonly accepted: boolean;
  /** The refusal's sentence, or what an accepted verb would do. */
  readonly why: string;
}

/** Asks each task for its plan, as if it were run now with its defaults. Changes nothing, and asks AWS nothing. */
export async function verbsNow(
  tasks: Tasks,
  snapshot: Snapshot,
  recorded: RecordedGoal | undefined,
  settings: SwitchSettings,
  delivery?: Delivery,
): Promise<readonly VerbStatus[]> {
  // What is about named instances can always be requested; without a deployer, nothing is deployed in place.
  const asked = Object.values(tasks).filter(
    ({ aboutInstances, discoversTargetGroups }) =>
      !aboutInstances && (!discoversTargetGroups || delivery !== undefined),
  );
  return Promise.all(asked.map(async (task) => verbNow(tasks, task, snapshot, recorded, settings, delivery)));
}

async function verbNow(
  tasks: Tasks,
  task: Task,
  snapshot: Snapshot,
  recorded: RecordedGoal | undefined,
  settings: SwitchSettings,
  delivery: Delivery | undefined,
): Promise<VerbStatus> {
  const { verb, summary } = task;
  const isRecorded = recorded?.goal.verb === verb;
  const options = isRecorded ? { resumes: recorded.goal.run } : task.options.release?.required ? { release: 'R' } : {};
  try {
    const { goal, plan } = await resolveGoal({
      tasks,
      task,
      options,
      ...TRIED,
      snapshot,
      recorded,
      settings,
      delivery,
    });
    // What is proven is proven; a switch is not to be offered for another proof.
    if (plan.steps.some((step) => isRecorded || !isVerification(snapshot, step)))
      return { verb, accepted: true, why: summary };
    return { verb, accepted: false, why: `nothing to do: ${task.standing(snapshot, goal).message}` };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { verb, accepted: false, why: error.message };
  }
}
