import type { Holder, Lease, RecordedGoal } from '../stores/store.ts';
import { age, ago, count } from '../domain/text.ts';
import { goalData } from './json.ts';
import { columns, hanging, wrap, painter, type Paint } from './text.ts';

/** What `lock` shows. */
export interface LockReport {
  readonly environment: string;
  /** Kind of the store. */
  readonly store: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly lease?: Lease;
  readonly queue: readonly Holder[];
  readonly goal?: RecordedGoal;
}

/** Who holds the lease, its current step, and who waits for it. */
export function lockText(report: LockReport, width: number, colour = false): string {
  const paint = painter(colour);
  const { environment, store } = report;
  const head = `${paint('bold', `Lease of ${environment}`)}  ${paint('dim', `store: ${store}`)}`;
  const lines = [...leaseLines(report, width, paint), ...queueLines(report, paint), ...goalLines(report, width)];
  return [head, ...lines].join('\n');
}

function leaseLines({ lease, goal, at }: LockReport, width: number, paint: Paint): readonly string[] {
  if (!lease) return ['  No lease is held.'];
  const { holder, doing, next, fence, renewedAt, expiresAt } = lease;
  const steps = goal?.goal.run === holder.run ? `${goal.stepsDone} of ${goal.stepsAll} steps done` : '';
  const end =
    expiresAt > at ? `expires in ${age((expiresAt - at) / 1000)} unless renewed` : 'expired; may have been taken over';
  const rows = [
    ['held by', `${holderText(holder)} on ${holder.host}, process ${holder.pid}`],
    ['since', `${holder.since} (${age((at - Date.parse(holder.since)) / 1000)})`],
    ['step', [doing === '' ? 'not started' : doing, steps].filter(Boolean).join(', ')],
    ['next', next ?? ''],
    ['renewed', `${ago((at - renewedAt) / 1000)}; ${end}`],
    ['run', `${holder.run}, fence ${fence}`],
  ];
  return rows
    .filter(([, text]) => text !== '')
    .flatMap(([name = '', text = '']) => hanging(`  ${paint('dim', name.padEnd(8))}  `, text, width));
}

function queueLines({ queue, at }: LockReport, paint: Paint): readonly string[] {
  if (queue.length === 0) return [];
  const rows = queue.map((holder, index) => [
    `  ${index + 1}`,
    holderText(holder),
    `for ${age((at - Date.parse(holder.since)) / 1000)}`,
  ]);
  return [paint('bold', `${count(queue.length, 'run')} waiting`), ...columns(rows)];
}

/** The goal of a run that no longer holds the lease. */
function goalLines({ lease, goal }: LockReport, width: number): readonly string[] {
  if (!goal || goal.goal.run === lease?.holder.run) return [];
  const { verb, release, who } = goal.goal;
  const what = `Unfinished: ${verb} of ${release} by ${who}, ${goal.stepsDone} of ${goal.stepsAll} steps done. `;
  return wrap(`${what}\`turnout status\` shows the current state, \`turnout resume\` continues.`, width);
}

function holderText({ verb, release, who }: Holder): string {
  return `${release === undefined ? verb : `${verb} of ${release}`} by ${who}`;
}

/** The same as data, for `lock --json`; docs/json.md describes it. */
export function lockData({ environment, store, lease, queue, goal }: LockReport) {
  return { type: 'lock' as const, environment, store, lease: lease ?? null, queue, goal: goal ? goalData(goal) : null };
}
