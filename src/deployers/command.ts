import type { CommandDeployerConfig } from '../config/config.ts';
import type { DeployedInstance } from '../domain/deploys.ts';
import type { Instance } from '../domain/snapshot.ts';
import { OperatorError } from '../errors.ts';
import type { Guardian } from '../programs/guardian.ts';
import { findProgram, startProgram, type ProgramResult, type RunningProgram } from '../programs/program.ts';
import type { DeployerPort, DeployerTools, DeployRequest } from './deployer.ts';
import { fill, reportOf, valuesOf } from './parts.ts';

/** The section of the config: programs run in `folder`. */
export type CommandOptions = Omit<CommandDeployerConfig, 'kind'>;

/** One program, and the instances that it deploys to. */
interface RunningDeploy {
  readonly instances: readonly Instance[];
  readonly running: RunningProgram;
  ended?: ProgramResult;
}

/**
 * Deploys with a local program, for example Ansible, Capistrano or a script. The program ends whenever turnout ends and is
 * started again after a crash, so it must be idempotent.
 */
export function createCommandDeployer(options: CommandOptions, tools: DeployerTools, guardian: Guardian): DeployerPort {
  const { run, per, folder } = options;
  const jobs = new Map<string, readonly RunningDeploy[]>();
  const status: DeployerPort['status'] = async ({ token }) => {
    const job = jobs.get(token);
    return job && reportOf(token, job.flatMap(statesOf));
  };
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
      const report = await status(request);
      if (report !== undefined && report.state !== 'failed') return;
      await tools.beforeChange();
      const groups = per === 'batch' ? [request.instances] : request.instances.map((instance) => [instance]);
      jobs.set(
        request.token,
        groups.map((group) => startDeploy(options, tools, guardian, request, group)),
      );
    },

    status,

    setCurrent: async () => {},
    fetched: async () => ({}),

    async stop({ token }) {
      await Promise.all((jobs.get(token) ?? []).map(async ({ running }) => running.stop()));
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
  const values = { ...valuesOf(request), ...valuesOfBatch(instances) };
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

/** The program's state is that of each of its instances. */
function statesOf({ instances, ended }: RunningDeploy): readonly DeployedInstance[] {
  return instances.map(({ id }) => {
    if (ended === undefined) return { id, state: 'running' };
    const { ok, why, output } = ended;
    return ok ? { id, state: 'succeeded', output } : { id, state: 'failed', why, output };
  });
}

/** Space for the command in a plan. */
const WORDS_MAX = 40;

function shortened(command: string): string {
  return command.length <= WORDS_MAX ? command : `${command.slice(0, WORDS_MAX).replace(/\s+\S*$/, '')} …`;
}

/** Values by name: `{name}` in arguments, `TURNOUT_NAME` in the environment. */
function valuesOfBatch(instances: readonly Instance[]): Readonly<Record<string, string>> {
  const all = (value: (instance: Instance) => string): string => instances.map(value).join(',');
  const values = {
    instance: all(({ id }) => id),
    address: all(({ address = '' }) => address),
    zone: all(({ zone }) => zone),
  };
  const lists = { instances: values.instance, addresses: values.address, zones: values.zone };
  return instances.length === 1 ? { ...lists, ...values } : lists;
}

function asVariables(values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`TURNOUT_${name.toUpperCase()}`, value]));
}
