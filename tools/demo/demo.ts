import type { Meter } from '../meter.ts';
import { between, failedOf } from '../meter/counts.ts';
import type { Counts } from '../meter/counts.ts';
import type { Traffic } from '../rig/config.ts';
import type { Rig } from '../rig/sandbox.ts';
import { runTaskCommand } from '../rig/task.ts';

/** A blue-green deploy with a rollback in it. */
export const TASKS: readonly (readonly string[])[] = [
  ['up', '--release', '42'],
  ['promote'],
  ['rollback'],
  ['promote'],
  ['cleanup', '--wait'],
];

/** In-place deploys. The last one, the control, does not deregister the instances and must fail requests, which proves the meter. */
export async function rollingTasks({ env }: Rig): Promise<readonly (readonly string[])[]> {
  const answer = await fetch(`${env['AWS_ENDPOINT_URL']}/_turnout/instances`);
  const instances = (await answer.json()) as readonly { id: string }[];
  const named = instances.flatMap(({ id }) => ['--instance', id]);
  return [
    ['rolling', '--release', '42'],
    ['rolling', '--release', '41'],
    ['deploy', '--release', '42', ...named],
  ];
}

/** Whether it is the control, which leaves the instances registered. */
function isControl(args: readonly string[]): boolean {
  return args[0] === 'deploy';
}

/** An in-place deploy on the remaining servers. */
const IN_PLACE = ['rolling', '--release', '41'];
/** The tasks with the first promote in steps. */
const IN_STEPS = TASKS.with(1, ['promote', '--steps', '10,50,100', '--every', '3s']);

export function tasksOf(traffic: Traffic): typeof TASKS {
  return traffic === 'target-groups' ? [...TASKS, IN_PLACE] : IN_STEPS;
}

/** A task, and the client requests during it. */
export interface TaskRow {
  /** Its command, such as `up --release 42`. */
  readonly task: string;
  readonly result: string;
  readonly message: string;
  readonly seconds: number;
  readonly awsRequests: number;
  /** Successful requests by release. */
  readonly requests: Readonly<Record<string, number>>;
  readonly failed: number;
  /** Whether requests must fail while it runs. */
  readonly control: boolean;
}

/** Runs the tasks in sequence; stops after one whose result is not `done`. */
export async function runDemo(
  rig: Rig,
  meter: Meter,
  signal: AbortSignal,
  onTask: (task: string) => void,
  tasks: typeof TASKS = TASKS,
): Promise<readonly TaskRow[]> {
  const rows: TaskRow[] = [];
  for (const args of tasks) {
    onTask(titleOf(args));
    const row = await runOne(rig, meter, args, signal);
    rows.push(row);
    if (row.result !== 'done') break;
  }
  return rows;
}

/** Runs a task, and reads the meter before and after it. */
export async function runOne(rig: Rig, meter: Meter, args: readonly string[], signal: AbortSignal): Promise<TaskRow> {
  const before = await meter.read();
  const { result, message, seconds, awsRequests } = await runTaskCommand(rig, args, signal);
  const seen: Counts = between(before, await meter.read());
  return {
    task: titleOf(args),
    result,
    message,
    seconds,
    awsRequests,
    requests: seen.byRelease,
    failed: failedOf(seen),
    control: isControl(args),
  };
}

function titleOf(args: readonly string[]): string {
  return isControl(args) ? 'deploy without deregistering (control)' : args.join(' ');
}
