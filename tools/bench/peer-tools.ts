import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DEPLOY } from '../rig/config.ts';
import { keepErrors } from '../rig/lines.ts';
import type { Rig } from '../rig/sandbox.ts';

/** Where others do the same: they know ARNs and ids beforehand. */
export interface Scene {
  readonly rig: Rig;
  readonly port: number;
  /** Target groups. */
  readonly production: Group;
  readonly test: Group;
  /** Longer than all draining, in seconds. */
  readonly timeoutS: number;
  readonly signal: AbortSignal;
}

interface Group {
  readonly name: string;
  readonly arn: string;
}

/** Another tool that can do the same work. */
export interface PeerTool {
  readonly name: string;
  readonly program: string;
  /** Green enters production, and when it is healthy blue leaves it for the test group, which green leaves. */
  switchTo(scene: Scene, blue: readonly string[], green: readonly string[]): Promise<void>;
  /** One server after the other leaves production, until it has drained, gets the release, and is back when it is healthy. */
  roll(scene: Scene, ids: readonly string[]): Promise<void>;
}

export function isInstalled({ program }: PeerTool): boolean {
  return (process.env['PATH'] ?? '').split(path.delimiter).some((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Its waiters ask every 15 s. */
export const CLI: PeerTool = {
  name: 'AWS CLI',
  program: 'aws',
  switchTo: async (scene, blue, green) => {
    const { production, test } = scene;
    await elbv2(scene, 'register-targets', production, green);
    await elbv2(scene, 'wait target-in-service', production, green);
    await elbv2(scene, 'deregister-targets', production, blue);
    await elbv2(scene, 'register-targets', test, blue);
    await elbv2(scene, 'deregister-targets', test, green);
  },
  roll: async (scene, ids) => {
    for (const id of ids) {
      await elbv2(scene, 'deregister-targets', scene.production, [id]);
      await elbv2(scene, 'wait target-deregistered', scene.production, [id]);
      await finished(spawn(process.execPath, [DEPLOY], { env: deployEnv(scene, id), ...run(scene) }));
      await elbv2(scene, 'register-targets', scene.production, [id]);
      await elbv2(scene, 'wait target-in-service', scene.production, [id]);
    }
  },
};

/** One play with the module `community.aws.elb_target`, which asks every second. */
export const ANSIBLE: PeerTool = {
  name: "Ansible's elb_target",
  program: 'ansible-playbook',
  switchTo: async (scene, blue, green) => {
    const { production, test } = scene;
    await play(scene, [
      ...green.map((id) => target(scene, production, id, 'present', 'healthy')),
      ...blue.map((id) => target(scene, production, id, 'absent')),
      ...blue.map((id) => target(scene, test, id, 'present')),
      ...green.map((id) => target(scene, test, id, 'absent')),
    ]);
  },
  roll: async (scene, ids) => {
    const { production } = scene;
    const deploy = (id: string) => ({
      'ansible.builtin.command': { argv: [process.execPath, DEPLOY] },
      environment: { TURNOUT_INSTANCE: id, TURNOUT_RELEASE: '42' },
    });
    await play(
      scene,
      ids.flatMap((id) => [
        target(scene, production, id, 'absent', 'unused'),
        deploy(id),
        target(scene, production, id, 'present', 'healthy'),
      ]),
    );
  },
};

function target(
  { rig: { env }, port, timeoutS }: Scene,
  { name }: Group,
  id: string,
  state: 'present' | 'absent',
  target_status?: string,
): object {
  const wait = target_status && { target_status, target_status_timeout: timeoutS };
  const aws = { region: env['AWS_REGION'], ec2_url: env['AWS_ENDPOINT_URL'] };
  return {
    'community.aws.elb_target': { target_group_name: name, target_id: id, target_port: port, state, ...aws, ...wait },
  };
}

/** JSON is YAML, too. */
async function play(scene: Scene, tasks: readonly object[]): Promise<void> {
  const file = path.join(path.dirname(scene.rig.config), 'play.json');
  await writeFile(file, JSON.stringify([{ hosts: 'localhost', connection: 'local', gather_facts: false, tasks }]));
  const env = { ...scene.rig.env, ANSIBLE_LOCALHOST_WARNING: 'false', ANSIBLE_INVENTORY_UNPARSED_WARNING: 'false' };
  await finished(spawn(ANSIBLE.program, [file], { env, ...run(scene) }));
}

async function elbv2(scene: Scene, command: string, { arn }: Group, ids: readonly string[]): Promise<void> {
  const targets = ids.map((id) => `Id=${id}`);
  const args = ['elbv2', ...command.split(' '), '--target-group-arn', arn, '--targets', ...targets];
  const env = { ...scene.rig.env, AWS_DEFAULT_REGION: scene.rig.env['AWS_REGION'] };
  await finished(spawn(CLI.program, args, { env, ...run(scene) }));
}

function deployEnv({ rig }: Scene, id: string): NodeJS.ProcessEnv {
  return { ...rig.env, TURNOUT_INSTANCE: id, TURNOUT_RELEASE: '42' };
}

function run({ signal }: Scene) {
  return { stdio: ['ignore', 'ignore', 'pipe'] as ['ignore', 'ignore', 'pipe'], signal };
}

async function finished(child: ChildProcess): Promise<void> {
  const errors = keepErrors(child);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${child.spawnargs.join(' ')} ended with ${code}: ${errors()}`);
}
