import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runTaskCommand } from '../rig/task.ts';
import { middle } from './interleave.ts';
import { bareSwitch } from './limit.ts';
import { readPeak, writesStatus } from './peak.ts';
import { openStage } from './stage.ts';
import type { Stage } from './stage.ts';
import { timesFor } from './times.ts';

const TIMES_MAX = 1.15;
const PEAK_MB_MAX = 150;

/** Promotes of one fleet size compared with the physical limit. */
export interface PromoteRow {
  readonly size: number;
  /** Interval of a target's health checks, and time until the first one, in seconds. */
  readonly intervalS: number;
  readonly firstCheckS: number;
  /** Median durations in milliseconds: of the script, and of the program from start to exit. */
  readonly limitMs: number;
  readonly promoteMs: number;
  readonly times: number;
  /** Maximum of the program's runs. */
  readonly peakMb: number;
  /** Maximum requests in one promote, by operation. */
  readonly requests: Readonly<Record<string, number>>;
  /** The exceeded bounds. */
  readonly faults: readonly string[];
}

interface Run {
  readonly ms: number;
  readonly peakMb: number;
  readonly requests: Readonly<Record<string, number>>;
}

/** Measures promotes of all fleet sizes, each `repetitions` times, alternating with the script. */
export async function measurePromotes(
  sizes: readonly number[],
  repetitions: number,
  signal: AbortSignal,
): Promise<readonly PromoteRow[]> {
  const rows: PromoteRow[] = [];
  for (const size of sizes) {
    const row = await measure(size, repetitions, signal);
    rows.push({ ...row, faults: faultsOf(row, rows[0] ?? row) });
  }
  return rows;
}

async function measure(size: number, repetitions: number, signal: AbortSignal): Promise<Omit<PromoteRow, 'faults'>> {
  await using stage = await openStage(size, signal);
  const limits: number[] = [];
  const runs: Run[] = [];
  for (let n = 0; n < repetitions; n += 1) {
    await stage.measure();
    limits.push(await bareSwitch(stage.aws, stage));
    await stage.reset();
    await stage.measure();
    runs.push(await promote(stage, signal));
    await stage.reset();
  }
  const { healthCheck, registration } = timesFor(size);
  const [limitMs, promoteMs] = [middle(limits), middle(runs.map(({ ms }) => ms))];
  return {
    size,
    intervalS: healthCheck.interval / 1000,
    firstCheckS: registration / 1000,
    limitMs,
    promoteMs,
    times: promoteMs / limitMs,
    peakMb: Math.max(...runs.map(({ peakMb }) => peakMb)),
    requests: mostRequests(runs.map(({ requests }) => requests)),
  };
}

async function promote(stage: Stage, signal: AbortSignal): Promise<Run> {
  const folder = await mkdtemp(path.join(tmpdir(), 'turnout-'));
  try {
    const file = path.join(folder, 'status');
    const rig = { ...stage.rig, env: { ...stage.rig.env, ...writesStatus(file) } };
    const startedAt = performance.now();
    const { result, message } = await runTaskCommand(rig, ['promote'], signal);
    const ms = performance.now() - startedAt;
    if (result !== 'done') throw new Error(`promote of ${stage.green.length}: ${message}`);
    return { ms, peakMb: await readPeak(file), requests: await stage.requests() };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Of each operation, the maximum. */
export function mostRequests(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const operations = new Set(counts.flatMap((count) => Object.keys(count)));
  return Object.fromEntries(
    [...operations].map((name) => [name, Math.max(...counts.map((count) => count[name] ?? 0))]),
  );
}

/** Operations in batches and pages: the number of requests for a fleet size. */
export const BATCHES: Readonly<Record<string, (size: number) => number>> = {
  RegisterTargets: (size) => Math.ceil(size / 100),
  DeregisterTargets: (size) => Math.ceil(size / 100),
  CreateTags: (size) => Math.ceil(size / 1000),
  // Both fleets, in pages of 250.
  DescribeInstances: (size) => Math.ceil((2 * size) / 250),
};

/** Allowed growth of polling, whose number of requests depends on time. */
export const MORE_POLLS = 1.2;

function faultsOf(row: Omit<PromoteRow, 'faults'>, smallest: Omit<PromoteRow, 'faults'>): readonly string[] {
  const grown = Object.entries(row.requests).filter(([operation, count]) => {
    const batches = BATCHES[operation]?.(row.size) ?? (operation === 'DescribeTargetHealth' ? MORE_POLLS : 1);
    return count > (smallest.requests[operation] ?? 0) * batches;
  });
  return [
    ...(row.times > TIMES_MAX ? [`slower than ${TIMES_MAX} x the limit`] : []),
    ...(row.peakMb > PEAK_MB_MAX ? [`more than ${PEAK_MB_MAX} MB`] : []),
    ...grown.map(([operation]) => `${operation} grows`),
  ];
}
