import { tasks } from '../../tasks/index.ts';
import { OperatorError, type ExitCode } from '../errors.ts';
import type { Args } from './command.ts';
import { openContext } from './context.ts';
import { runIn } from './task.ts';

/** Goes on with the recorded goal: the same verb, the same release, the world as it is now. */
export async function resume(args: Args): Promise<ExitCode> {
  const context = await openContext(args);
  const recorded = await context.store.goal();
  if (recorded !== undefined) return runIn(context, tasks[recorded.goal.verb], {}, args);
  await context.store.close();
  throw new OperatorError('nothing-to-resume', 'No run is unfinished in this environment.', {
    next: ['`turnout status` shows what can be done now.'],
  });
}
