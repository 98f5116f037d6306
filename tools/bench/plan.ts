import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { keepErrors } from '../rig/lines.ts';
import { PROGRAM, startRig } from '../rig/sandbox.ts';
import { readCpuMs, readPeak, writesStatus } from './peak.ts';

/** What a plan costs the program itself: reading, planning and showing it, without the start. */
export interface PlanRow {
  readonly size: number;
  /** Milliseconds of CPU, beyond those for a fleet of 2. */
  readonly cpuMs: number;
  readonly peakMb: number;
  readonly ok: boolean;
}

const HOST = path.join(import.meta.dirname, 'host.ts');
const CPU_MS_MAX = 500;
/** Up to this size; beyond it grows linearly. */
const [PEAK_MB_MAX, SIZE] = [150, 1000];

/** `rolling --plan` of fleets of these sizes: all is read, planned and shown. */
export async function measurePlans(sizes: readonly number[], signal: AbortSignal): Promise<readonly PlanRow[]> {
  const smallest = await planned(2, signal);
  const rows: PlanRow[] = [];
  for (const size of sizes) {
    const { cpuMs: all, peakMb } = await planned(size, signal);
    const [cpuMs, times] = [all - smallest.cpuMs, Math.max(1, size / SIZE)];
    rows.push({ size, cpuMs, peakMb, ok: cpuMs <= CPU_MS_MAX * times && peakMb <= PEAK_MB_MAX * times });
  }
  return rows;
}

async function planned(
  size: number,
  signal: AbortSignal,
): Promise<{ readonly cpuMs: number; readonly peakMb: number }> {
  await using rig = await startRig((config) => [HOST, '--config', config, '--instances', String(size)]);
  await using folder = await mkdtempDisposable(path.join(tmpdir(), 'turnout-'));
  const file = path.join(folder.path, 'status');
  const batch = String(Math.max(1, size / 100));
  const args = ['rolling', '--release', '42', '--batch', batch, '--plan', '--config', rig.config];
  const env = { ...rig.env, ...writesStatus(file) };
  const child = spawn(process.execPath, [PROGRAM, ...args], { env, stdio: ['ignore', 'ignore', 'pipe'], signal });
  const errors = keepErrors(child);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`turnout ${args.join(' ')} ended with ${code}: ${errors()}`);
  return { cpuMs: await readCpuMs(file), peakMb: await readPeak(file) };
}
