import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import type { Document } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import { editConfig } from '../rig/config.ts';
import { runTaskCommand } from '../rig/task.ts';
import { startRig } from '../rig/sandbox.ts';
import type { Rig } from '../rig/sandbox.ts';
import { adminOf, countOf } from './admin.ts';
import { Aws } from './aws.ts';
import { QUICK, timesFor } from './times.ts';

/** Two fleets of the same size: blue serves production, green is in the test group. */
export interface Stage extends AsyncDisposable {
  readonly rig: Rig;
  readonly aws: Aws;
  readonly blue: readonly string[];
  readonly green: readonly string[];
  readonly tag: (name: string) => string;
  /** Sets the realistic time until the first health check, and resets the request counts. */
  measure(): Promise<void>;
  /** AWS requests since `measure`, by operation. */
  requests(): Promise<Readonly<Record<string, number>>>;
  /** Restores the registrations of both fleets and the store. */
  reset(): Promise<void>;
}

const HOST = path.join(import.meta.dirname, 'host.ts');
const POLL_MS = 50;

/** Starts a sandbox with `size` instances in production, and launches as many with the next release. */
export async function openStage(size: number, signal: AbortSignal): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const rig = stack.use(await startRig((config) => [HOST, '--config', config, '--instances', String(size)]));
  await editConfig(rig.config, raiseRequestRate);
  const { fleet, sandbox, store } = loadConfig({ path: rig.config, env: rig.env, cwd: '/' });
  const tag = (name: string): string => `${fleet.tagPrefix}:${name}`;
  const up = await runTaskCommand(rig, ['up', '--release', '42'], signal);
  if (up.result !== 'done') throw new Error(`up: ${up.message}`);
  if (store.kind !== 'file') throw new Error('The benchmark needs a store of the kind file.');
  const records = `${store.path}.after-up`;
  await copyFile(store.path, records);
  const aws = new Aws(rig.env, sandbox!.appPort);
  const instances = await aws.tagged(tag('environment'));
  const of = (release: string): readonly string[] =>
    instances
      .filter(({ Tags }) => Tags!.some(({ Key, Value }) => Key === tag('release') && Value === release))
      .map(({ InstanceId }) => InstanceId!);
  const admin = adminOf(rig.env['AWS_ENDPOINT_URL']!);
  const stage = { rig, aws, tag, blue: of('41'), green: of('42') };
  const running = stack.move();
  return {
    ...stage,
    measure: async () => {
      await admin('POST', 'settings', { registrationMs: timesFor(size).registration });
      await admin('DELETE', 'requests');
    },
    requests: async () => countOf((await admin('GET', 'requests')) as readonly { operation: string }[]),
    reset: async () => {
      await admin('POST', 'settings', { registrationMs: QUICK.registration });
      await restore(stage);
      await copyFile(records, store.path);
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Raises the program's request rate: the script has no limit, and the sandbox has quotas for fleets of 1,000. */
export function raiseRequestRate(document: Document): void {
  document.setIn(['aws', 'requestsPerSecond'], 100);
}

async function restore({ aws, blue, green, tag }: Pick<Stage, 'aws' | 'blue' | 'green' | 'tag'>): Promise<void> {
  const groups = await aws.groups();
  const original = { [groups['shop-production']!]: blue, [groups['shop-test']!]: green };
  await aws.untag(green, tag('promoted'));
  for (const [arn, ids] of Object.entries(original)) {
    await aws.register(arn, ids);
    while (!(await aws.allHealthy(arn, new Set(ids)))) await pause();
    await aws.deregister(arn, ids === blue ? green : blue);
  }
  for (const [arn, ids] of Object.entries(original)) while ((await aws.health(arn)).length > ids.length) await pause();
}

async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
