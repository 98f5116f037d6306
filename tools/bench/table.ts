import Table from 'cli-table3';
import type { GroupRow } from './groups.ts';
import type { Timing } from './interleave.ts';
import type { DistanceRow } from './distance.ts';
import type { PlanRow } from './plan.ts';
import type { PeerRow } from './peers.ts';
import type { PromoteRow } from './promote.ts';
import type { SwitchRow } from './weights.ts';
import type { RollingRow } from './rolling.ts';

/** Cells as text. */
export interface Grid {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A timing with its bound. */
export interface Row extends Timing {
  /** Median relative to the baseline's. */
  readonly times: number;
  /** Maximum of `times`. */
  readonly limit?: number;
  readonly ok: boolean;
}

export function startTable(rows: readonly Row[]): Grid {
  return grid(
    ['cold start', 'median', 'fastest', 'slowest', 'times node', 'limit', ''],
    rows.map(({ name, median, fastest, slowest, times, limit, ok }) => [
      name,
      ms(median),
      ms(fastest),
      ms(slowest),
      times.toFixed(2),
      limit?.toFixed(2) ?? '',
      verdict(limit, ok),
    ]),
  );
}

export function promoteTable(rows: readonly PromoteRow[]): Grid {
  return grid(
    ['promote of', 'checks', 'first check', 'the limit', 'promote', 'times', 'peak memory', ''],
    rows.map(({ size, intervalS, firstCheckS, limitMs, promoteMs, times, peakMb, faults }) => [
      `${size} targets`,
      `every ${intervalS} s`,
      `after ${firstCheckS} s`,
      ms(limitMs),
      ms(promoteMs),
      times.toFixed(3),
      `${peakMb.toFixed(0)} MB`,
      bound(faults),
    ]),
  );
}

export function switchTable(rows: readonly SwitchRow[]): Grid {
  return grid(
    ['switch', 'the limit', 'turnout', 'times', 'at most', ''],
    rows.map(({ name, limitMs, ms: took, times, most, faults }) => [
      name,
      ms(limitMs),
      ms(took),
      times.toFixed(3),
      most.toFixed(2),
      bound(faults),
    ]),
  );
}

export function groupTable(rows: readonly GroupRow[]): Grid {
  return grid(
    ['Auto Scaling groups', 'of', 'the limit', 'turnout', 'times', 'requests', ''],
    rows.map(({ name, size, limitMs, ms: took, times, requests, faults }) => [
      name,
      `${size} instances`,
      ms(limitMs),
      ms(took),
      times.toFixed(3),
      String(Object.values(requests).reduce((sum, count) => sum + count, 0)),
      bound(faults),
    ]),
  );
}

export function rollingTable(rows: readonly RollingRow[]): Grid {
  return grid(
    ['rolling deploy of', 'at a time', 'the limit', 'rolling', 'times', 'requests', ''],
    rows.map(({ size, batch, limitMs, rollingMs, times, requests, ok }) => [
      `${size} instances`,
      String(batch),
      ms(limitMs),
      ms(rollingMs),
      times.toFixed(3),
      String(requests),
      ok ? 'met' : 'not met',
    ]),
  );
}

export function planTable(rows: readonly PlanRow[]): Grid {
  return grid(
    ['plan of a rolling deploy of', 'CPU', 'peak memory', ''],
    rows.map(({ size, cpuMs, peakMb, ok }) => [
      `${size} instances`,
      ms(cpuMs),
      `${peakMb.toFixed(0)} MB`,
      ok ? 'met' : 'not met',
    ]),
  );
}

export function distanceTable(rows: readonly DistanceRow[]): Grid {
  return grid(
    [
      'at a distance',
      'servers',
      'requests',
      'one after the other',
      'a round trip',
      'the limit',
      'turnout',
      'times',
      '',
    ],
    rows.map(({ name, size, requests, depth, tripMs, limitMs, ms: took, times, ok }) => [
      name,
      String(size),
      String(requests),
      String(depth),
      ms(tripMs),
      ms(limitMs),
      ms(took),
      times.toFixed(3),
      ok ? 'met' : 'not met',
    ]),
  );
}

export function peerTable(rows: readonly PeerRow[]): Grid {
  return grid(
    ['beside others', 'turnout', 'the other', 'times turnout', 'at least', ''],
    rows.map(({ name, turnoutMs, peerMs, least }) => {
      if (peerMs === undefined) return [name, ms(turnoutMs), 'not installed', '', '', ''];
      const times = peerMs / turnoutMs;
      const judged = least === undefined ? ['', ''] : [least.toFixed(2), times >= least ? 'met' : 'not met'];
      return [name, ms(turnoutMs), ms(peerMs), times.toFixed(2), ...judged];
    }),
  );
}

/** Requests of one promote, by operation and fleet size. */
export function requestTable(rows: readonly PromoteRow[]): Grid {
  const operations = [...new Set(rows.flatMap(({ requests }) => Object.keys(requests)))].toSorted();
  const countsOf = (operation: string): string[] => rows.map(({ requests }) => String(requests[operation] ?? 0));
  const sums = rows.map(({ requests }) => String(Object.values(requests).reduce((sum, count) => sum + count, 0)));
  return grid(
    ['requests to AWS', ...rows.map(({ size }) => `${size} targets`)],
    [...operations.map((operation) => [operation, ...countsOf(operation)]), ['all', ...sums]],
  );
}

function grid(head: readonly string[], rows: readonly (readonly string[])[]): Grid {
  return { head, rows };
}

/** For a terminal. */
export function draw({ head, rows }: Grid): string {
  const colAligns = head.map((_, index) => (index === 0 || head[index] === '' ? 'left' : 'right'));
  const out = new Table({ head: [...head], colAligns, style: { head: [], border: [] } });
  for (const row of rows) out.push([...row]);
  return out.toString();
}

/** Whether the bounds are met. */
function bound(faults: readonly string[]): string {
  return faults.length === 0 ? 'met' : `not met: ${faults.join(', ')}`;
}

function verdict(limit: number | undefined, ok: boolean): string {
  if (limit === undefined) return '';
  return ok ? 'met' : 'not met';
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}
