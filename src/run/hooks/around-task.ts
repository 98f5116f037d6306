import type { Task } from '../../../tasks/task.ts';
import { messageOf } from '../../errors.ts';
import type { HeldLease } from '../../record/lease.ts';
import { safe, type RunOutcome } from '../task/outcome.ts';
import { execute } from '../task/execute.ts';
import type { PlannedRun } from '../task/run-plan.ts';
import type { HookTime } from '../../config/config.ts';
import type { Setup } from '../task/setup.ts';

/**
 * The task with the programs that the operator wants to be run around it. One that fails before it stops it, and nothing was
 * changed; one that fails after it is reported, and changes nothing of what was done.
 */
export async function runWithHooks(
  setup: Setup,
  lease: HeldLease,
  task: Task,
  looked: PlannedRun,
): Promise<RunOutcome> {
  const { goal, plan } = looked;
  if (plan.steps.length === 0 || setup.hooks === undefined) return execute(setup, lease, task, looked);
  const { verb, release } = goal;
  await setup.hooks.run('beforeTask', { verb, release });
  if (task.hooks.includes('onRollback')) await setup.hooks.run('onRollback', { verb, release });
  const ending = await execute(setup, lease, task, looked);
  const time: HookTime = ending.result === 'done' ? 'afterTask' : 'onFailure';
  try {
    await setup.hooks.run(time, { verb, release, result: ending.result, message: ending.message });
    return ending;
  } catch (error) {
    const message = messageOf(error);
    if (ending.result === 'done') return safe('failed', `${ending.message} But: ${message}`, ending.next);
    setup.view.emit({ type: 'warning', message });
    return ending;
  }
}
