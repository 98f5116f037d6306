import Table from 'cli-table3';
import type { Timing } from './interleave.ts';

/** A timing against what it may cost. */
export interface Row extends Timing {
  /** Median in medians of the baseline. */
  readonly times: number;
  /** The most that `times` may be. */
  readonly limit?: number;
  readonly ok: boolean;
}

export function table(rows: readonly Row[]): string {
  const out = new Table({
    head: ['', 'median', 'fastest', 'slowest', 'times node', 'limit', ''],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [] },
  });
  for (const { name, median, fastest, slowest, times, limit, ok } of rows) {
    out.push([
      name,
      ms(median),
      ms(fastest),
      ms(slowest),
      times.toFixed(2),
      limit?.toFixed(2) ?? '',
      verdict(limit, ok),
    ]);
  }
  return out.toString();
}

function verdict(limit: number | undefined, ok: boolean): string {
  if (limit === undefined) return '';
  return ok ? 'ok' : 'too slow';
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}
