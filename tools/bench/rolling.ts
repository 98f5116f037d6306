import path from 'node:path';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { DEPLOY } from '../rig/config.ts';
import { runTaskCommand } from '../rig/task.ts';
import { startRig } from '../rig/sandbox.ts';
import { loadConfig } from '../../src/config/load.ts';
import { Aws } from './aws.ts';
import { bareRolling } from './rolling-limit.ts';
import { adminOf } from './admin.ts';

const TIMES_MAX = 1.1;

/** A rolling deploy of one fleet size compared with the physical limit. */
export interface RollingRow {
  readonly size: number;
  readonly batch: number;
  readonly limitMs: number;
  readonly rollingMs: number;
  readonly times: number;
  readonly requests: number;
  readonly ok: boolean;
}

const HOST = path.join(import.meta.dirname, 'host.ts');
/** Shorter than on AWS, so that the program's share is larger. */
const TIMES = { registrationMs: 2500 };
const DRAIN_MS = 2500;

/** Measures rolling deploys of all fleet sizes, each after the script on the same fleet. */
export async function measureRollings(sizes: readonly number[], signal: AbortSignal): Promise<readonly RollingRow[]> {
  const rows: RollingRow[] = [];
  for (const size of sizes) rows.push(await measure(size, batchOf(size), signal));
  return rows;
}

function batchOf(size: number): number {
  return size < 16 ? 1 : size / 8;
}

async function measure(size: number, batch: number, signal: AbortSignal): Promise<RollingRow> {
  await using rig = await startRig((config) => [
    HOST,
    '--config',
    config,
    '--instances',
    String(size),
    '--drain',
    String(DRAIN_MS),
  ]);
  const { fleet, sandbox } = loadConfig({ path: rig.config, env: rig.env, cwd: '/' });
  const aws = new Aws(rig.env, sandbox!.appPort);
  const admin = adminOf(rig.env['AWS_ENDPOINT_URL']!);
  await admin('POST', 'settings', TIMES);
  const tag = (name: string): string => `${fleet.tagPrefix}:${name}`;
  const deploy = deploysWith(rig.env);
  const limitMs = await bareRolling(aws, { batch, tag, deploy });
  await admin('DELETE', 'requests');
  const startedAt = performance.now();
  const { result, message } = await runTaskCommand(
    rig,
    ['rolling', '--release', '42', '--batch', String(batch)],
    signal,
  );
  const rollingMs = performance.now() - startedAt;
  if (result !== 'done') throw new Error(`rolling of ${size}: ${message}`);
  const requests = ((await admin('GET', 'requests')) as readonly unknown[]).length;
  const times = rollingMs / limitMs;
  return { size, batch, limitMs, rollingMs, times, requests, ok: times <= TIMES_MAX };
}

/** The deploy program is not part of turnout, so the script uses the same one. */
function deploysWith(env: NodeJS.ProcessEnv): (instance: string) => Promise<void> {
  return async (instance) => {
    const variables = { ...env, TURNOUT_INSTANCE: instance, TURNOUT_RELEASE: '41' };
    await once(spawn(process.execPath, [DEPLOY], { env: variables, stdio: 'ignore' }), 'exit');
  };
}
