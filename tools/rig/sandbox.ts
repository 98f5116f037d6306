import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FLEET_SECTIONS, writeConfig, type FleetKind, type Traffic } from './config.ts';
import { firstJsonLine, keepErrors } from './lines.ts';

/** The built program. */
export const PROGRAM = path.resolve(import.meta.dirname, '../../dist/turnout.js');

const START_MS = 30_000;
const STOP_MS = 10_000;

/** The output of `turnout sandbox --json`. */
interface Ready {
  readonly endpoint: string;
  readonly region: string;
  /** Environment variables for its clients. */
  readonly exports: Readonly<Record<string, string>>;
  /** Address and port of the name server, and the DNS names of production, if any. */
  readonly dns?: string;
  readonly names?: readonly string[];
  /** One for each target group, in the order of the config. */
  readonly urls: { readonly production: readonly string[]; readonly test: readonly string[] };
}

/** A sandbox in a separate process, with a temporary folder and a config. */
export interface Rig extends AsyncDisposable {
  readonly config: string;
  /** The Auto Scaling groups that its fleets are, if any. */
  readonly groups: readonly string[];
  /** URL of production. */
  readonly url: string;
  /** Name server for the URL's host name; absent if the URL has an address. */
  readonly resolver?: string;
  /** Environment of the processes that use it. */
  readonly env: NodeJS.ProcessEnv;
}

/** The arguments for `turnout sandbox`. */
function ownCommand(config: string): readonly string[] {
  return [PROGRAM, 'sandbox', '--json', '--port', '0', '--config', config];
}

/** Starts a sandbox on free ports, by default with `turnout sandbox`. Disposing of it stops it and removes its folder. */
export async function startRig(
  command: (config: string) => readonly string[] = ownCommand,
  traffic: Traffic = 'target-groups',
  fleet: FleetKind = 'ec2',
): Promise<Rig> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(path.join(tmpdir(), 'turnout-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const config = await writeConfig(folder, traffic, fleet);
  const child = spawn(process.execPath, command(config), {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  stack.defer(() => stop(child));
  const ready = await firstJsonLine<Ready>(child, START_MS, keepErrors(child)).catch((error: unknown) => {
    throw new Error('the sandbox did not start', { cause: error });
  });
  const where = whereFor(ready);
  const running = stack.move();
  return {
    config,
    groups: FLEET_SECTIONS[fleet]?.groups ?? [],
    ...where,
    env: { ...process.env, ...ready.exports },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** The URL of production, with the DNS name and its name server if there is one. */
function whereFor({ urls, names: [name] = [], dns }: Ready): Pick<Rig, 'url' | 'resolver'> {
  const url = urls.production[0]!;
  if (name === undefined || dns === undefined) return { url };
  return { url: Object.assign(new URL(url), { hostname: name }).href, resolver: dns };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const limit = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await exited;
  clearTimeout(limit);
}
