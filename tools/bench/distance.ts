import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { readFile, writeFile } from 'node:fs/promises';
import { parseDocument } from 'yaml';
import type { RequestRecord } from '../../src/sandbox/api/requests.ts';
import { DEPLOY } from '../rig/config.ts';
import { keepErrors } from '../rig/lines.ts';
import { PROGRAM, startRig, type Rig } from '../rig/sandbox.ts';
import { adminOf } from './admin.ts';
import { depthOf, type Printed } from './depth.ts';
import { median } from './interleave.ts';
import { DISTANCE, QUICK } from './times.ts';

const TIMES_MAX = 1.15;
/** Of `status`, the start of its process included. */
const STATUS_MS = 500;
const STATUS_DEPTH = 3;
const HOST = path.join(import.meta.dirname, 'host.ts');

/** One command at AWS's distance, compared with what cannot be avoided. */
export interface DistanceRow {
  readonly name: string;
  readonly size: number;
  /** Medians in milliseconds: of a round trip, of the limit, and of the program from start to exit. */
  readonly tripMs: number;
  readonly limitMs: number;
  readonly ms: number;
  readonly times: number;
  /** Requests of one run, and how many round trips of them follow each other. */
  readonly requests: number;
  readonly depth: number;
  readonly ok: boolean;
}

/** Milliseconds: round trips that have to follow each other, and times of AWS that pass between them. */
type Limit = (tripMs: number) => number;

/** As in `config/`: how old AWS's answers may be. */
const CONSISTENCY_MS = 10_000;
/** Of the sandbox, not configurable. */
const SHUTDOWN_MS = 500;
const { registration, deregistrationDelay } = DISTANCE;

const LIMITS = {
  // Groups; their listeners; the rules of these.
  status: (trip) => 3 * trip,
  // Groups, targets, the launch, the look that shows it running, registration, and the look that shows it healthy.
  up: (trip) => 6 * trip + QUICK.boot + registration,
  // Groups, targets, the tag, registration, the look that shows it healthy, removal, and two requests for the test group.
  promote: (trip) => 8 * trip + registration,
  // Groups, targets, removal from the test group, the end of draining, termination, its end, and the tag of the fleet that stays.
  cleanup: (trip) => 7 * trip + deregistrationDelay + SHUTDOWN_MS,
} as const satisfies Readonly<Record<string, Limit>>;

/** A promote without the tag; but green must not leave before AWS's answers show for certain what the promote has moved. */
function rollback(movedAgoMs: number): Limit {
  return (trip) => Math.max(7 * trip + registration, CONSISTENCY_MS - movedAgoMs + 4 * trip);
}

/** Groups and targets; for each batch its tag, removal, the look that shows it released, registration, that which shows it healthy, and its tag. */
function rolling(batches: number, deployMs: number): Limit {
  return (trip) => 2 * trip + batches * (6 * trip + deregistrationDelay + deployMs + registration);
}

interface Run {
  readonly limitMs: number;
  readonly ms: number;
  readonly tripMs: number;
  readonly depth: number;
  readonly log: readonly RequestRecord[];
}

type Runs = Map<string, readonly Run[]>;

/** Every command on fleets of these sizes, with all defaults of the config. */
export async function measureDistances(
  sizes: readonly number[],
  repetitions: number,
  signal: AbortSignal,
): Promise<readonly DistanceRow[]> {
  const rows: DistanceRow[] = [];
  for (const size of sizes) {
    await using rig = await startRig((config) => [HOST, '--config', config, '--instances', String(size), '--distance']);
    await withDefaults(rig.config);
    const runs: Runs = new Map();
    for (let n = 0; n < repetitions; n += 1) await measureAll(rig, size, runs, signal);
    rows.push(...[...runs].map(([name, all]) => rowOf(name, size, all)));
  }
  return rows;
}

function rowOf(name: string, size: number, runs: readonly Run[]): DistanceRow {
  const middle = (of: (run: Run) => number): number => median(runs.map(of).toSorted((a, b) => a - b));
  const [tripMs, limitMs, ms] = [middle((run) => run.tripMs), middle((run) => run.limitMs), middle((run) => run.ms)];
  const [requests, depth] = [middle((run) => run.log.length), middle((run) => run.depth)];
  const ok = name === 'status' ? ms <= STATUS_MS && depth <= STATUS_DEPTH : ms <= TIMES_MAX * limitMs;
  return { name, size, tripMs, limitMs, ms, times: ms / limitMs, requests, depth, ok };
}

/** One after the other, from a fleet that serves alone to the next one that does. */
async function measureAll(rig: Rig, size: number, runs: Runs, signal: AbortSignal): Promise<void> {
  const measure = async (name: string, limit: Limit, ...args: readonly string[]): Promise<Run> => {
    const run = await timed(rig, args, limit, signal);
    runs.set(name, [...(runs.get(name) ?? []), run]);
    return run;
  };
  await measure('status', LIMITS.status, 'status');
  await measure('up', LIMITS.up, 'up', '--release', '42', '--yes');
  for (const afterS of [60, 10, 1]) {
    const { log } = await measure('promote', LIMITS.promote, 'promote', '--yes');
    await pause(afterS * 1000, signal);
    await measure(`rollback ${afterS} s after it`, rollback(Date.now() - movedAt(log)), 'rollback', '--yes');
    await pause(CONSISTENCY_MS, signal);
  }
  await measure('promote', LIMITS.promote, 'promote', '--yes');
  await pause(CONSISTENCY_MS, signal);
  await measure('cleanup', LIMITS.cleanup, 'cleanup', '--yes');
  await pause(CONSISTENCY_MS, signal);
  const batch = Math.max(1, Math.floor(size / 4));
  const limit = rolling(Math.ceil(size / batch), await deployTime(rig));
  await measure('rolling', limit, 'rolling', '--release', '41', '--batch', String(batch), '--yes');
  await pause(CONSISTENCY_MS, signal);
}

/** When a promote has taken the old fleet out of production. */
function movedAt(log: readonly RequestRecord[]): number {
  const first = log.find(({ operation }) => operation === 'DeregisterTargets');
  return first === undefined ? 0 : Date.parse(first.at) + first.ms;
}

async function timed(rig: Rig, args: readonly string[], limit: Limit, signal: AbortSignal): Promise<Run> {
  const admin = adminOf(rig.env['AWS_ENDPOINT_URL']!);
  await admin('DELETE', 'requests');
  const startedAt = performance.now();
  const child = spawn(process.execPath, [PROGRAM, ...args, '--json', '--config', rig.config], {
    env: rig.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  const errors = keepErrors(child);
  const printed: Printed[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => printed.push(JSON.parse(line) as Printed));
  const [code] = (await once(child, 'close')) as [number | null];
  const ms = performance.now() - startedAt;
  if (code !== 0) throw new Error(`turnout ${args.join(' ')} ended with ${code}: ${errors()}`);
  const log = (await admin('GET', 'requests')) as readonly RequestRecord[];
  const tripMs = median(log.map((one) => one.ms).toSorted((a, b) => a - b));
  return { limitMs: limit(tripMs), ms, tripMs, depth: depthOf(log, printed), log };
}

/** The deploy program is not part of turnout. */
async function deployTime({ env }: Rig): Promise<number> {
  const startedAt = performance.now();
  await once(spawn(process.execPath, [DEPLOY], { env: { ...env, TURNOUT_INSTANCE: '' }, stdio: 'ignore' }), 'exit');
  return performance.now() - startedAt;
}

/** The times of the example are shorter than the defaults. */
async function withDefaults(config: string): Promise<void> {
  const document = parseDocument(await readFile(config, 'utf8'));
  for (const section of ['aws', 'timeouts']) document.delete(section);
  await writeFile(config, document.toString());
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise((resolve) => setTimeout(resolve, ms));
}
