import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { DEPLOY } from '../rig/config.ts';
import { keepErrors } from '../rig/lines.ts';
import { startRig, type Rig } from '../rig/sandbox.ts';
import { runTaskCommand } from '../rig/task.ts';
import { loadConfig } from '../../src/config/load.ts';
import { adminOf } from './admin.ts';
import { Aws } from './aws.ts';

/** The same work with other tools, on the same sandbox and at the same settings. */
export interface PeerRow {
  readonly name: string;
  readonly turnoutMs: number;
  /** Absent where the tool is not installed, or not measured. */
  readonly peerMs?: number;
  readonly note?: string;
}

const HOST = path.join(import.meta.dirname, 'host.ts');
const SIZE = 3;
const REGISTRATION_MS = 6000;
const DRAIN_MS = 10_000;

/** What a script does with ARNs and ids that it knows beforehand. */
interface Scene {
  readonly rig: Rig;
  readonly production: string;
  readonly test: string;
}

/** A rolling deploy and a switch, with turnout and with the AWS CLI and its waiters. */
export async function measurePeers(signal: AbortSignal): Promise<readonly PeerRow[]> {
  const options = ['--instances', String(SIZE), '--distance', '--drain', String(DRAIN_MS)];
  await using rig = await startRig((config) => [HOST, '--config', config, ...options]);
  const { sandbox } = loadConfig({ path: rig.config, env: rig.env, cwd: '/' });
  const aws = new Aws(rig.env, sandbox!.appPort);
  await adminOf(rig.env['AWS_ENDPOINT_URL']!)('POST', 'settings', { registrationMs: REGISTRATION_MS });
  const groups = await aws.groups();
  const scene: Scene = { rig, production: groups['shop-production']!, test: groups['shop-test']! };
  const idsIn = async (arn: string): Promise<readonly string[]> =>
    (await aws.health(arn)).map(({ Target }) => Target!.Id!);
  const hasCli = isInstalled('aws');
  const blue = await idsIn(scene.production);
  const rolling = await timed(async () => turnout(rig, ['rolling', '--release', '42', '--batch', '1'], signal));
  const cliRolling = hasCli ? await timed(async () => rollWithCli(scene, blue, signal)) : undefined;
  await turnout(rig, ['up', '--release', '41'], signal);
  const green = await idsIn(scene.test);
  const promote = await timed(async () => turnout(rig, ['promote'], signal));
  await turnout(rig, ['rollback'], signal);
  const cliSwitch = hasCli ? await timed(async () => switchWithCli(scene, blue, green, signal)) : undefined;
  return [
    row(`rolling deploy of ${SIZE}`, 'AWS CLI', rolling, cliRolling),
    row(`switch of ${SIZE}`, 'AWS CLI', promote, cliSwitch),
    {
      name: "Ansible's elb_target",
      turnoutMs: promote,
      note: isInstalled('ansible-playbook') ? 'not measured' : 'not installed',
    },
  ];
}

function row(what: string, tool: string, turnoutMs: number, peerMs: number | undefined): PeerRow {
  const name = `${what}: ${tool}`;
  return peerMs === undefined ? { name, turnoutMs, note: 'not installed' } : { name, turnoutMs, peerMs };
}

function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(path.delimiter).some((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

async function timed(act: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await act();
  return performance.now() - startedAt;
}

async function turnout(rig: Rig, args: readonly string[], signal: AbortSignal): Promise<void> {
  const { result, message } = await runTaskCommand(rig, args, signal);
  if (result !== 'done') throw new Error(`${args.join(' ')}: ${message}`);
}

async function switchWithCli(
  scene: Scene,
  blue: readonly string[],
  green: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  await enter(scene, scene.production, green, signal);
  await elbv2(scene, signal, 'deregister-targets', scene.production, blue);
  await elbv2(scene, signal, 'register-targets', scene.test, blue);
  await elbv2(scene, signal, 'deregister-targets', scene.test, green);
}

async function rollWithCli(scene: Scene, ids: readonly string[], signal: AbortSignal): Promise<void> {
  for (const id of ids) {
    await elbv2(scene, signal, 'deregister-targets', scene.production, [id]);
    await elbv2(scene, signal, 'wait target-deregistered', scene.production, [id]);
    const env = { ...scene.rig.env, TURNOUT_INSTANCE: id, TURNOUT_RELEASE: '42' };
    await finished(spawn(process.execPath, [DEPLOY], { env, stdio: ['ignore', 'ignore', 'pipe'], signal }));
    await enter(scene, scene.production, [id], signal);
  }
}

async function enter(scene: Scene, arn: string, ids: readonly string[], signal: AbortSignal): Promise<void> {
  await elbv2(scene, signal, 'register-targets', arn, ids);
  await elbv2(scene, signal, 'wait target-in-service', arn, ids);
}

async function elbv2(
  { rig }: Scene,
  signal: AbortSignal,
  command: string,
  arn: string,
  ids: readonly string[],
): Promise<void> {
  const targets = ids.map((id) => `Id=${id}`);
  const args = ['elbv2', ...command.split(' '), '--target-group-arn', arn, '--targets', ...targets];
  const env = { ...rig.env, AWS_DEFAULT_REGION: rig.env['AWS_REGION'] };
  await finished(spawn('aws', args, { env, stdio: ['ignore', 'ignore', 'pipe'], signal }));
}

async function finished(child: ChildProcess): Promise<void> {
  const errors = keepErrors(child);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${child.spawnargs.join(' ')} ended with ${code}: ${errors()}`);
}
