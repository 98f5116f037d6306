import Table from 'cli-table3';
import type { MeterResult, Sample } from '../meter/counts.ts';
import type { TaskRow } from './demo.ts';

/** The demo's result. */
export interface Report {
  /** Every task ended as expected, and requests failed only where they must. */
  readonly ok: boolean;
  readonly tasks: readonly TaskRow[];
  /** All requests of the meter. */
  readonly traffic: MeterResult;
}

/** The report of a demo with `planned` tasks. */
export function report(rows: readonly TaskRow[], planned: number, traffic: MeterResult): Report {
  const done = rows.filter(({ result, expected }) => result === expected).length;
  const asExpected = rows.every(({ control, failed }) => (control ? failed > 0 : failed === 0));
  const controlled = rows.filter(({ control }) => control).reduce((sum, { failed }) => sum + failed, 0);
  return { ok: done === planned && asExpected && traffic.failed === controlled, tasks: rows, traffic };
}

/** The report in JSON, for `--json`. */
export function summary({ ok, tasks, traffic }: Report): object {
  const { sent, byRelease } = traffic.total;
  return {
    ok,
    tasks: tasks.map(({ task, seconds, awsRequests, result, failed }) => ({
      task,
      seconds,
      awsRequests,
      result,
      failed,
    })),
    requests: { total: sent, failed: traffic.failed, byRelease },
  };
}

/** The line while a task runs: requests by release in the last 250 ms, and failures. */
export function liveLine(task: string, { byRelease, failed, total, latencyMs }: Sample): string {
  const releases = sorted(byRelease).map(
    ([release, count]) => `${release} ${'▇'.repeat(Math.ceil(count / 10))} ${count}`,
  );
  const lost = total.httpErrors + total.transportErrors + total.bodyErrors;
  return `${task.padEnd(18)} ${releases.join('  ')}  p99 ${latencyMs.p99} ms  failed ${lost}${failed > 0 ? ` (+${failed})` : ''}`;
}

/** With the borders, 80 columns. */
const WIDTHS = [23, 9, 10, 24, 8];

/** Duration, AWS requests and client requests of each task. */
export function table({ tasks, traffic }: Report): string {
  const out = new Table({
    head: ['task', 'seconds', 'AWS requests', 'client requests by release', 'failed'],
    colWidths: WIDTHS,
    wordWrap: true,
    colAligns: ['left', 'right', 'right', 'left', 'right'],
    style: { head: [], border: [] },
  });
  for (const row of tasks)
    out.push([row.task, row.seconds.toFixed(1), row.awsRequests, counts(row.requests), row.failed]);
  const awsRequests = tasks.reduce((sum, row) => sum + row.awsRequests, 0);
  out.push(['all', traffic.seconds.toFixed(1), awsRequests, counts(traffic.total.byRelease), traffic.failed]);
  return out.toString();
}

/** The problems, one per line. */
export function problems({ ok, tasks, traffic }: Report): readonly string[] {
  if (ok) return [];
  const undone = tasks.filter(({ result, expected }) => result !== expected);
  return [
    ...tasks.filter(({ control, failed }) => control && failed === 0).map(({ task }) => `${task}: no request failed`),
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
