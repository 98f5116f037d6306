import { tasks } from '../../tasks/index.ts';
import type { ExitCode } from '../errors.ts';
import { whatToResume } from '../run/task/resolve-goal.ts';
import type { Args } from './command.ts';
import { openContext } from './context.ts';
import { runIn } from './task.ts';

/** Continues with the recorded goal: the same verb and release, from the current state. */
export async function resume(args: Args): Promise<ExitCode> {
  const context = await openContext(args);
  const recorded = await context.store.goal();
  if (recorded === undefined) await context.store.close();
  const { verb, options } = whatToResume(recorded);
  return runIn(context, tasks[verb], options, args);
}
