import path from 'node:path';
import { editConfig } from '../rig/config.ts';
import { startRig, type Rig } from '../rig/sandbox.ts';
import { runTaskCommand } from '../rig/task.ts';
import { loadConfig } from '../../src/config/load.ts';
import { adminOf } from './admin.ts';
import { Aws } from './aws.ts';
import { ANSIBLE, CLI, isInstalled, type PeerTool, type Scene } from './peer-tools.ts';

/** The same work with other tools, on the same sandbox and at the same settings. */
export interface PeerRow {
  readonly name: string;
  readonly turnoutMs: number;
  /** Absent where the tool is not installed. */
  readonly peerMs?: number;
  /** How many times as long the other one has to take. */
  readonly least?: number;
}

const HOST = path.join(import.meta.dirname, 'host.ts');
const TOOLS = [CLI, ANSIBLE];
const SIZE = 2;
const REGISTRATION_MS = 6000;
/** With a check that says when nothing is in flight, draining ends then. */
const CHECKED_LEAST = 3;

/**
 * A switch, and rolling deploys with these deregistration delays, without and with a drain check. All they do is wait, so those of different delays
 * run at the same time.
 */
export async function measurePeers(
  { delays, checked }: { readonly delays: readonly number[]; readonly checked: readonly number[] },
  signal: AbortSignal,
): Promise<readonly PeerRow[]> {
  const measured = [...delays, ...checked].map(async (delayS, n) => {
    await using opened = await open(delayS, signal);
    const { scene, rig, targetsOf } = opened;
    const hasCheck = n >= delays.length;
    if (hasCheck) await editConfig(rig.config, (document) => document.set('drainCheck', { url: checkOf(scene) }));
    const name = `rolling deploy of ${SIZE}, ${delayS} s to drain${hasCheck ? ', a drain check' : ''}`;
    const least = hasCheck ? { least: CHECKED_LEAST } : {};
    const blue = await targetsOf(scene.production.arn);
    const rolling = await timed(async () => turnout(rig, ['rolling', '--release', '42', '--batch', '1'], signal));
    const rolled = await besideAll(name, rolling, least, (tool) => tool.roll(scene, blue));
    return [...rolled, ...(n === 0 ? await switches(opened, blue, signal) : [])];
  });
  return (await Promise.all(measured)).flat();
}

type Opened = Awaited<ReturnType<typeof open>>;

async function open(delayS: number, signal: AbortSignal) {
  const options = ['--instances', String(SIZE), '--distance', '--drain', String(delayS * 1000)];
  const rig = await startRig((config) => [HOST, '--config', config, ...options]);
  await editConfig(rig.config, (document) => document.setIn(['timeouts', 'drained'], `${delayS + 60}s`));
  const port = loadConfig({ path: rig.config, env: rig.env, cwd: '/' }).sandbox!.appPort;
  const aws = new Aws(rig.env, port);
  await adminOf(rig.env['AWS_ENDPOINT_URL']!)('POST', 'settings', { registrationMs: REGISTRATION_MS });
  const arns = await aws.groups();
  const group = (name: string) => ({ name, arn: arns[name]! });
  const [production, test] = [group('shop-production'), group('shop-test')];
  const scene: Scene = { rig, port, production, test, timeoutS: delayS + 60, signal };
  const targetsOf = async (arn: string): Promise<readonly string[]> =>
    (await aws.health(arn)).map(({ Target }) => Target!.Id!);
  return { scene, rig, targetsOf, [Symbol.asyncDispose]: () => rig[Symbol.asyncDispose]() };
}

/** No client of the bench asks production, so nothing is in flight where the server answers at all. */
function checkOf({ port }: Scene): string {
  return `http://{address}:${port}/health`;
}

async function switches({ scene, rig, targetsOf }: Opened, blue: readonly string[], signal: AbortSignal) {
  await turnout(rig, ['up', '--release', '41'], signal);
  const green = await targetsOf(scene.test.arn);
  // The first one in an environment's life waits until a run with another store would have seen the mark of this one.
  for (const verb of ['promote', 'rollback']) await turnout(rig, [verb], signal);
  const promote = await timed(async () => turnout(rig, ['promote'], signal));
  return besideAll(
    `switch of ${SIZE}`,
    promote,
    {},
    async (tool) => {
      await tool.switchTo(scene, blue, green);
    },
    async () => turnout(rig, ['rollback'], signal),
  );
}

/** @param reset what each of them begins with */
async function besideAll(
  name: string,
  turnoutMs: number,
  bound: Pick<PeerRow, 'least'>,
  act: (tool: PeerTool) => Promise<void>,
  reset: () => Promise<void> = async () => {},
): Promise<readonly PeerRow[]> {
  const rows: PeerRow[] = [];
  for (const tool of TOOLS) {
    const row = { name: `${name}: ${tool.name}`, turnoutMs, ...bound };
    if (isInstalled(tool)) await reset();
    rows.push(isInstalled(tool) ? { ...row, peerMs: await timed(async () => act(tool)) } : row);
  }
  return rows;
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
