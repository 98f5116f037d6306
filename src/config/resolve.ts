import { basename, dirname, join, resolve } from 'node:path';
import type { Config, DeployerConfig, DeployerData, SandboxConfig, StoreConfig } from './config.ts';
import type { FileConfig } from './schema.ts';

/** Adds to the data of the file what depends on the place of the file or on another section. Pure. */
export function resolveConfig(
  { release, gates, bake, deploy, migrate, hooks, store, sandbox, ...same }: FileConfig,
  file: string,
): Config {
  const folder = projectOf(file);
  const deployer = (data: DeployerData) =>
    data.kind === 'pull' ? pullOf(data, file) : deployerOf(data, folder, same.fleet);
  return {
    ...same,
    ...release,
    file,
    ...(deploy && { deploy: deployer(deploy) }),
    ...(migrate && { migrate: migrate === 'with-deploy' ? migrate : deployer(migrate) }),
    gating: gatingOf(gates, bake, folder),
    hooks: { ...hooks, folder },
    store: storeOf(store, same.environment, file),
    ...(sandbox && { sandbox: sandboxOf(sandbox, folder, file) }),
  };
}

function gatingOf(gates: FileConfig['gates'] = [], { timeMs, onInconclusive }: FileConfig['bake'], folder: string) {
  const all = gates.map((gate) => (gate.kind === 'command' ? { ...gate, folder } : gate));
  return { gates: all, onInconclusive, ...(timeMs !== undefined && { bakeMs: timeMs }) };
}

/** A command runs in `folder`; a deployer of kind opsworks uses the stack and the app of the fleet unless it has its own. */
function deployerOf(
  data: Exclude<DeployerData, { kind: 'pull' }>,
  folder: string,
  fleet: FileConfig['fleet'],
): DeployerConfig {
  if (data.kind === 'command') return { ...data, folder };
  if (data.kind === 'ssm') return data;
  const { stack = '', app } = fleet.kind === 'opsworks' ? fleet : {};
  return { stack, ...(app !== undefined && { app }), ...data };
}

function pullOf(data: Extract<DeployerData, { kind: 'pull' }>, file: string): DeployerConfig {
  const { publicKey } = data;
  return { ...data, ...(publicKey !== undefined && { publicKey: resolve(dirname(file), publicKey) }) };
}

function sandboxOf(data: NonNullable<FileConfig['sandbox']>, folder: string, file: string): SandboxConfig {
  const { policy } = data;
  return { ...data, folder, ...(policy !== undefined && { policy: resolve(dirname(file), policy) }) };
}

function storeOf(data: FileConfig['store'], environment: string, file: string): StoreConfig {
  if (data.kind !== 'file') return data;
  const { path = join(projectOf(file), '.turnout', `${environment}.db`) } = data;
  return { ...data, path: resolve(dirname(file), path) };
}

/** The folder of the config file, or its parent if the folder is named config. */
function projectOf(file: string): string {
  const folder = dirname(file);
  return basename(folder) === 'config' ? dirname(folder) : folder;
}
