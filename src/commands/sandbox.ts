import { readFileSync } from 'node:fs';
import { systemClock } from '../clock.ts';
import type { Config, FleetConfig, OpsWorksFleetConfig, SandboxConfig } from '../config/config.ts';
import { shellWord } from '../domain/shell.ts';
import { ExitCode, messageOf, OperatorError } from '../errors.ts';
import type { Sandbox, SandboxOptions } from '../sandbox/index.ts';
import { jsonLine } from '../views/json.ts';
import type { Args } from './command.ts';
import { configOf } from './context.ts';
import { frontOf } from './front.ts';
import { print } from './print.ts';

interface SandboxRequest {
  readonly port?: number;
  /** Without a config. */
  readonly empty?: boolean;
}

/** Runs the sandbox of the environment, or an empty one, until SIGINT or SIGTERM. */
export async function sandbox(args: Args, { port, empty = false }: SandboxRequest = {}): Promise<ExitCode> {
  const config = empty ? undefined : configOf(args);
  const options = config === undefined ? { empty, port, clock: systemClock } : sandboxOptionsOf(config, port);
  const { startSandbox } = await import('../sandbox/index.ts');
  const stopped = new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve()).once('SIGTERM', () => resolve());
  });
  const running = await startSandbox(options);
  try {
    await print(
      args['json'] === true ? jsonLine(sandboxData(running), systemClock.now()) : welcome(running, config?.file),
    );
    await stopped;
    return ExitCode.done;
  } finally {
    await running.close();
  }
}

/** @throws OperatorError `no-sandbox` when the config has no section for it */
export function sandboxOptionsOf(config: Config, port?: number): SandboxOptions {
  if (config.sandbox !== undefined) return optionsOf(config, config.sandbox, port);
  throw new OperatorError('no-sandbox', `${config.file} has no \`sandbox:\` section.`, {
    next: ['Use config/sandbox.yml, or copy its section.'],
  });
}

/** The section of the config, whose keys are options of the sandbox, and what the sandbox needs of the rest. */
function optionsOf(
  { fleet, traffic, environment, region }: Config,
  section: SandboxConfig,
  port = section.port,
): SandboxOptions {
  const { names, ...front } = frontOf(traffic, section.appPort);
  return {
    ...section,
    policy: section.policy === undefined ? undefined : policyIn(section.policy),
    port,
    environment,
    region,
    tagPrefix: fleet.tagPrefix,
    ...firstFleetOf(fleet, environment),
    imageName: fleet.image?.name,
    ...front,
    dns: { ...section.dns, ...(names && { names }) },
    clock: systemClock,
  };
}

function policyIn(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new OperatorError('policy-unreadable', `The policy of the sandbox cannot be read: ${messageOf(error)}`, {
      next: ['Correct `sandbox.policy` in the config, or write the file: `turnout permissions > FILE`.'],
      cause: error,
    });
  }
}

/** What the first fleet is made of. */
function firstFleetOf(
  fleet: FleetConfig,
  environment: string,
): Pick<SandboxOptions, 'template' | 'opsworks' | 'scalingGroups'> {
  if (fleet.kind === 'opsworks') return { opsworks: stackOf(fleet, environment) };
  const template = fleet.launchTemplate?.name;
  return fleet.kind === 'ec2' ? { template } : { template, scalingGroups: fleet.groups ?? [fleet.clone ?? ''] };
}

function stackOf({ stack, app }: OpsWorksFleetConfig, environment: string): NonNullable<SandboxOptions['opsworks']> {
  return { stack, layer: 'web', app: app ?? environment };
}

/** Environment variables with which the SDK, the AWS CLI and turnout use the sandbox. */
export function exportsOf({ url, region }: Sandbox): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: region,
    // boto3 and version 1 of the AWS CLI read only this one.
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: 'sandbox',
    AWS_SECRET_ACCESS_KEY: 'sandbox',
  };
}

/** The line of `sandbox --json`; docs/json.md describes it. */
export function sandboxData(running: Sandbox) {
  const urls = (groups: Sandbox['test']): readonly string[] => groups.flatMap((group) => group.url);
  const { url: endpoint, region, environment } = running;
  return {
    type: 'sandbox-ready' as const,
    environment,
    endpoint,
    region,
    exports: exportsOf(running),
    dns: running.dns.server,
    names: running.names.map(({ name }) => name.replace(/\.$/, '')),
    urls: { production: urls(running.production), test: urls(running.test) },
  };
}

function welcome(running: Sandbox, config: string | undefined): string {
  const lines = (groups: Sandbox['test']): readonly string[] =>
    groups.map((group) => `  ${group.name.padEnd(24)} ${group.url}`);
  const serves = [
    `The sandbox of ${running.environment} is running; ${running.blue.length} servers serve production. Press Ctrl-C to stop it.`,
    '',
    'Production:',
    ...lines(running.production),
    'Test:',
    ...lines(running.test),
  ];
  const isEmpty = [
    'The sandbox is running, and its account has a VPC and an image, and nothing else. Press Ctrl-C to stop it.',
    '',
    `Where its load balancers listen, once there are any: curl ${running.url}/_turnout/listeners`,
  ];
  return [
    ...(config === undefined ? isEmpty : serves),
    `Name server of the Route 53 zones: ${running.dns.server}: dig @${running.dns.address} -p ${running.dns.port} NAME`,
    '',
    `Paste these lines into another terminal, then try \`turnout ${config === undefined ? 'init' : 'status'}\`:`,
    ...Object.entries(exportsOf(running)).map(([name, value]) => `  export ${name}=${value}`),
    ...(config === undefined ? [] : [`  export TURNOUT_CONFIG=${shellWord(config)}`]),
  ].join('\n');
}
