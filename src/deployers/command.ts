import { OperatorError } from '../errors.ts';
import type { Instance } from '../domain/snapshot.ts';
import type { Guardian } from '../programs/guardian.ts';
import { findProgram, startProgram, type ProgramResult, type RunningProgram } from '../programs/program.ts';
import type { DeployerPort, DeployerTools, DeployRequest } from './deployer.ts';
import type { DeployedInstance, DeployReport } from '../domain/deploys.ts';

export interface CommandOptions {
  /** Argument vector; placeholders such as `{release}` and `{instance}` are filled in. */
  readonly run: readonly string[];
  /** One program per instance of a batch, in parallel; or one per batch. */
  readonly per: 'instance' | 'batch';
  /** Working directory. */
  readonly folder: string;
  /** Time from SIGTERM to SIGKILL. */
  readonly graceMs: number;
}

/** One program, and the instances that it deploys to. */
interface RunningDeploy {
  readonly instances: readonly Instance[];
  readonly running: RunningProgram;
  ended?: ProgramResult;
}

interface Job {
  readonly request: DeployRequest;
  readonly programs: readonly RunningDeploy[];
}

/**
 * Deploys with a local program, for example Ansible, Capistrano or a script. The program ends whenever turnout ends and is
 * started again after a crash, so it must be idempotent.
 */
export function createCommandDeployer(options: CommandOptions, tools: DeployerTools, guardian: Guardian): DeployerPort {
  const { run, per, folder } = options;
  const jobs = new Map<string, Job>();
  return {
    kind: 'command',
    description: shortened(run.join(' ')),
    isRemote: false,
    migrates: false,

    async prepare() {
      const [command = ''] = run;
      if ((await findProgram(command, folder)) !== undefined) return;
      throw new OperatorError('no-program', `The program ${command} was not found, or is not executable.`, {
        next: [
          command.includes('/')
            ? `Its path is relative to ${folder}. Check the path, and that the file is executable.`
            : 'Install it, or set its path: it was searched in PATH.',
        ],
      });
    },

    async start(request) {
      const existing = jobs.get(request.token);
      if (existing !== undefined && reportOf(existing).state !== 'failed') return;
      await tools.beforeChange();
      const groups = per === 'batch' ? [request.instances] : request.instances.map((instance) => [instance]);
      jobs.set(request.token, {
        request,
        programs: groups.map((group) => startDeploy(options, tools, guardian, request, group)),
      });
    },

    status: async ({ token }) => {
      const job = jobs.get(token);
      return job && reportOf(job);
    },

    async stop({ token }) {
      await Promise.all((jobs.get(token)?.programs ?? []).map(async ({ running }) => running.stop()));
      return true;
    },
  };
}

function startDeploy(
  { run, per, folder, graceMs }: CommandOptions,
  { onOutput, variables, clock }: DeployerTools,
  guardian: Guardian,
  request: DeployRequest,
  instances: readonly Instance[],
): RunningDeploy {
  const only = per === 'instance' ? instances[0]?.id : undefined;
  const values = valuesOf(request, instances);
  const program = {
    run: run.map((word) => fill(word, values)),
    folder,
    graceMs,
    variables: { ...variables(), ...asVariables(values) },
    onLine: (line: string): void => onOutput(line, only),
  };
  const deploy: RunningDeploy = { instances, running: startProgram(program, clock, guardian) };
  void deploy.running.ended.then((ended) => (deploy.ended = ended));
  return deploy;
}

function reportOf({ request, programs }: Job): DeployReport {
  const instances = programs.flatMap((deploy) => deploy.instances.map(({ id }) => stateOf(id, deploy)));
  const isRunning = instances.some(({ state }) => state === 'running');
  const ended = instances.every(({ state }) => state === 'succeeded') ? 'succeeded' : 'failed';
  return { token: request.token, state: isRunning ? 'running' : ended, instances };
}

function stateOf(id: string, { ended }: RunningDeploy): DeployedInstance {
  if (ended === undefined) return { id, state: 'running' };
  const { ok, why, output } = ended;
  return ok ? { id, state: 'succeeded', output } : { id, state: 'failed', why, output };
}

/** Space for the command in a plan. */
const WORDS_MAX = 40;

function shortened(command: string): string {
  return command.length <= WORDS_MAX ? command : `${command.slice(0, WORDS_MAX).replace(/\s+\S*$/, '')} …`;
}

/** Values by name: `{name}` in arguments, `TURNOUT_NAME` in the environment. */
function valuesOf(request: DeployRequest, instances: readonly Instance[]): Readonly<Record<string, string>> {
  const { environment, release, previous = '', token } = request;
  const all = (value: (instance: Instance) => string): string => instances.map(value).join(',');
  const lists = {
    instances: all(({ id }) => id),
    addresses: all(({ address }) => address ?? ''),
    zones: all(({ zone }) => zone),
  };
  const [only] = instances;
  const one =
    only === undefined || instances.length > 1
      ? {}
      : { instance: only.id, address: only.address ?? '', zone: only.zone };
  return { environment, release, previous, deploy: token, ...lists, ...one };
}

function fill(word: string, values: Readonly<Record<string, string>>): string {
  return word.replaceAll(/(?<!\$)\{([a-z]+)\}/g, (text, name: string) => values[name] ?? text);
}

function asVariables(values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`TURNOUT_${name.toUpperCase()}`, value]));
}
