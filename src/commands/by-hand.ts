import type { TaskOptions } from '../../tasks/options.ts';
import type { Task } from '../../tasks/task.ts';
import type { Config } from '../config/config.ts';
import { OperatorError, type ExitCode } from '../errors.ts';
import { isRefusal } from '../domain/goal.ts';
import { observe } from '../observe/observe.ts';
import { byHand, type ChangeRequest } from '../run/task/by-hand.ts';
import { switchSettings } from '../steps/ports.ts';
import type { Store } from '../stores/store.ts';
import { holderName } from '../record/wait-queue.ts';
import { commandLines, type GlobalOptions } from '../views/aws-cli.ts';
import type { Args } from './command.ts';
import { openContext } from './context.ts';
import { print } from './print.ts';

/**
 * Prints the commands of the AWS CLI that do what the task would do: for when there is no lease to be had. Reads AWS, changes
 * nothing, and needs no store.
 */
export async function printByHand(task: Task, options: TaskOptions, args: Args): Promise<ExitCode> {
  if (args['json'] === true)
    throw new OperatorError('usage', '--print writes commands for a shell, and no JSON.', {
      next: ['Leave out --json.'],
    });
  let noted: ChangeRequest[] = [];
  const { config, ports, store, run, who } = await openContext(args, {
    instead: (operation, input) => void noted.push({ operation, input }),
  });
  try {
    const snapshot = await observe(ports);
    const since = new Date(ports.clock.now()).toISOString();
    const resolve = async () => Promise.reject(new Error('The way back boots nothing.'));
    const request = { snapshot, options, requestedBy: { run, who, since }, resolve, settings: switchSettings(ports) };
    const goal = await task.pinGoal(request);
    const plan = isRefusal(goal) ? goal : task.plan(snapshot, goal);
    if (isRefusal(goal) || isRefusal(plan)) {
      const { refused, message, next } = plan as Exclude<typeof goal, { verb: string }>;
      throw new OperatorError(refused, message, { next });
    }
    const steps = await byHand(plan.steps, snapshot, async (act) => {
      noted = [];
      await act(ports);
      return noted;
    });
    return await print(
      `# ${task.summary} (${goal.release}), by hand: turnout changes nothing here, and holds no lease.`,
      `# ${await otherRun(store)}`,
      ...plan.notes.map((note) => `# Note: ${note}`),
      ...commandLines(steps, globalOptions(config)),
      steps.length === 0 ? `# Nothing to do: ${task.standing(snapshot, goal).message}` : '# Then: `turnout status`.',
    );
  } finally {
    await store.close();
  }
}

/** What turnout connects with, also where another shell has other variables. */
function globalOptions({ region, profile, endpoint }: Config): GlobalOptions {
  const { AWS_REGION, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL } = process.env;
  return { region: region ?? AWS_REGION ?? AWS_DEFAULT_REGION, profile, 'endpoint-url': endpoint ?? AWS_ENDPOINT_URL };
}

/** Nothing keeps another run from its work meanwhile. */
async function otherRun(store: Store): Promise<string> {
  const lease = await store.held().catch(() => 'unknown' as const);
  if (lease === 'unknown') return 'Whether another run is at work could not be read: make sure that none is.';
  return lease === undefined
    ? 'No run holds the lease now; start none meanwhile.'
    : `This run holds the lease, and may be at work: ${holderName(lease.holder)}.`;
}
