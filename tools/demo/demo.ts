import { setTimeout as sleep } from 'node:timers/promises';
import type { Meter } from '../meter.ts';
import { between, failedOf } from '../meter/counts.ts';
import type { Counts } from '../meter/counts.ts';
import { isGated } from './gates.ts';
import type { During } from './groups.ts';
import type { FleetKind, Traffic } from '../rig/config.ts';
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

export function tasksOf(traffic: Traffic, fleet: FleetKind): typeof TASKS {
  // A group that has scaled out meanwhile is not followed by a rollback to a smaller one.
  if (fleet === 'auto-scaling') return (traffic === 'target-groups' ? TASKS : IN_STEPS).with(2, ['rollback', '--grow']);
  return traffic === 'target-groups' ? [...TASKS, IN_PLACE] : IN_STEPS;
}

/** A task, and the client requests during it. */
export interface TaskRow {
  /** Its command, such as `up --release 42`. */
  readonly task: string;
  readonly result: string;
  readonly expected: 'done' | 'undone';
  readonly message: string;
  readonly seconds: number;
  readonly awsRequests: number;
  /** Successful requests by release. */
  readonly requests: Readonly<Record<string, number>>;
  readonly failed: number;
  /** Whether requests must fail while it runs. */
  readonly control: boolean;
}

/** How long load balancers may go on sending to servers that were deregistered. */
const LATE_MS = 5000;
const WINDOW_MS = 200;

/** Waits until clients get what the last sentence of a task says. Throws when others still answer after that. */
export async function expectServing(meter: Pick<Meter, 'read'>, message: string): Promise<void> {
  const [, release] = /(?:^|It was undone\. )(\S+) serves production\b/.exec(message) ?? [];
  if (release === undefined) return;
  const end = performance.now() + LATE_MS;
  for (;;) {
    const before = await meter.read();
    await sleep(WINDOW_MS);
    const { byRelease } = between(before, await meter.read());
    const answering = Object.keys(byRelease);
    if (answering.length === 1 && answering[0] === release) return;
    if (performance.now() > end)
      throw new Error(`It was said that ${release} serves production, and these answer: ${answering.join(', ')}`);
  }
}

/** Nothing happens in the middle. */
export const UNDISTURBED: During = { onEvent: () => {}, done: async () => {} };

/** Runs the tasks in sequence, with what happens in the middle of each; stops after one that does not end as expected. */
export async function runDemo(
  rig: Rig,
  meter: Meter,
  signal: AbortSignal,
  onTask: (task: string) => void,
  tasks: typeof TASKS = TASKS,
  during: (args: readonly string[]) => During = () => UNDISTURBED,
): Promise<readonly TaskRow[]> {
  const rows: TaskRow[] = [];
  for (const args of tasks) {
    onTask(titleOf(args));
    const { onEvent, done } = during(args);
    const row = await runOne(rig, meter, args, signal, onEvent);
    await done();
    rows.push(row);
    if (row.result !== row.expected) break;
    await expectServing(meter, row.message);
  }
  return rows;
}

/** Runs a task, and reads the meter before and after it. */
export async function runOne(
  rig: Rig,
  meter: Meter,
  args: readonly string[],
  signal: AbortSignal,
  onEvent: During['onEvent'] = UNDISTURBED.onEvent,
): Promise<TaskRow> {
  const before = await meter.read();
  const { result, message, seconds, awsRequests } = await runTaskCommand(rig, args, signal, onEvent);
  const seen: Counts = between(before, await meter.read());
  return {
    task: titleOf(args),
    result,
    expected: isGated(args) ? 'undone' : 'done',
    message,
    seconds,
    awsRequests,
    requests: seen.byRelease,
    failed: failedOf(seen),
    control: isControl(args) || isGated(args),
  };
}

function titleOf(args: readonly string[]): string {
  return isControl(args) ? 'deploy without deregistering (control)' : args.join(' ');
}
