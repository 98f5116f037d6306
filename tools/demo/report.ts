import Table from 'cli-table3';
import type { MeterResult, Sample } from '../meter/counts.ts';
import type { TaskRow } from './demo.ts';

/** The demo's result; the last line of `--json`. */
export interface Report {
  /** Every task was done, and no request failed. */
  readonly ok: boolean;
  readonly tasks: readonly TaskRow[];
  /** All requests of the meter, from its first to its last one. */
  readonly traffic: MeterResult;
}

/** Tasks that the plan of the demo has, against those that were done. */
export function report(rows: readonly TaskRow[], planned: number, traffic: MeterResult): Report {
  const done = rows.filter(({ result }) => result === 'done').length;
  return { ok: done === planned && traffic.failed === 0, tasks: rows, traffic };
}

/** One line while it runs: the task, and requests by release in the last quarter of a second. */
export function liveLine(task: string, { byRelease, failed, total, latencyMs }: Sample): string {
  const releases = sorted(byRelease).map(
    ([release, count]) => `${release} ${'▇'.repeat(Math.ceil(count / 10))} ${count}`,
  );
  const lost = total.httpErrors + total.transportErrors + total.bodyErrors;
  return `${task.padEnd(18)} ${releases.join('  ')}  p99 ${latencyMs.p99} ms  failed ${lost}${failed > 0 ? ` (+${failed})` : ''}`;
}

/** What each task took, and what clients saw of it. */
export function table({ tasks, traffic }: Report): string {
  const out = new Table({
    head: ['task', 'seconds', 'AWS requests', 'client requests by release', 'failed'],
    colAligns: ['left', 'right', 'right', 'left', 'right'],
    style: { head: [], border: [] },
  });
  for (const row of tasks)
    out.push([row.task, row.seconds.toFixed(1), row.awsRequests, counts(row.requests), row.failed]);
  const awsRequests = tasks.reduce((sum, row) => sum + row.awsRequests, 0);
  out.push(['all', traffic.seconds.toFixed(1), awsRequests, counts(traffic.total.byRelease), traffic.failed]);
  return out.toString();
}

/** What went wrong, a line each; empty when nothing did. */
export function problems({ tasks, traffic }: Report): readonly string[] {
  const undone = tasks.filter(({ result }) => result !== 'done');
  return [
    ...undone.map(({ task, result, message }) => `${task}: ${result}: ${message}`),
    ...traffic.failures.map(
      ({ seconds, id, why, connection }) => `request ${id} at ${seconds} s (${connection}): ${why}`,
    ),
  ];
}

function counts(byRelease: Readonly<Record<string, number>>): string {
  return sorted(byRelease)
    .map(([release, count]) => `${release}: ${count}`)
    .join(', ');
}

function sorted(byRelease: Readonly<Record<string, number>>): readonly (readonly [string, number])[] {
  return Object.entries(byRelease).toSorted(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
}
