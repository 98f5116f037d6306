import { OperatorError } from '../errors.ts';
import type { Instance } from '../domain/snapshot.ts';
import type { Guardian } from '../programs/guardian.ts';
import { findProgram, startProgram, type Ended, type Running } from '../programs/program.ts';
import type { DeployerPort, DeployerTools, DeployRequest } from './deployer.ts';
import type { DeployedInstance, DeployReport } from '../domain/deploys.ts';

export interface CommandOptions {
  /** The argument vector; `{release}`, `{instance}` and so on are filled in. */
  readonly run: readonly string[];
  /** One program for each instance of a batch, at the same time; or one for all of it. */
  readonly per: 'instance' | 'batch';
  /** Where it is run. */
  readonly folder: string;
  /** From SIGTERM to SIGKILL. */
  readonly graceMs: number;
}

/** What one program is about. */
interface Part {
  readonly instances: readonly Instance[];
  readonly running: Running;
  ended?: Ended;
}

interface Job {
  readonly request: DeployRequest;
  readonly parts: readonly Part[];
}

/**
 * Delivers with a program of one's own: Ansible, Capistrano, a script. It runs on this machine and ends together with
 * turnout, however that ends; so whoever goes on after a crash starts it again, and it must be one that can be run twice.
 */
export function createCommandDeployer(options: CommandOptions, tools: DeployerTools, guardian: Guardian): DeployerPort {
  const { run, per, folder } = options;
  const jobs = new Map<string, Job>();
  return {
    kind: 'command',
    words: shortened(run.join(' ')),
    lasts: false,
    migrates: false,

    async prepare() {
      const [command = ''] = run;
      if ((await findProgram(command, folder)) !== undefined) return;
      throw new OperatorError('no-program', `There is no program ${command} that can be run.`, {
        next: [
          command.includes('/')
            ? `It was looked for in ${folder}: check the path, and that it is executable.`
            : 'Install it, or give its path: it was looked for along PATH.',
        ],
      });
    },

    async start(request) {
      const before = jobs.get(request.token);
      if (before !== undefined && reportOf(before).state !== 'failed') return;
      await tools.beforeChange();
      const groups = per === 'batch' ? [request.instances] : request.instances.map((instance) => [instance]);
      jobs.set(request.token, {
        request,
        parts: groups.map((group) => startPart(options, tools, guardian, request, group)),
      });
    },

    look: async ({ token }) => {
      const job = jobs.get(token);
      return job && reportOf(job);
    },

    async stop({ token }) {
      await Promise.all((jobs.get(token)?.parts ?? []).map(async (part) => part.running.stop()));
      return true;
    },
  };
}

function startPart(
  { run, per, folder, graceMs }: CommandOptions,
  { onOutput, variables, clock }: DeployerTools,
  guardian: Guardian,
  request: DeployRequest,
  instances: readonly Instance[],
): Part {
  const only = per === 'instance' ? instances[0]?.id : undefined;
  const values = valuesOf(request, instances);
  const program = {
    run: run.map((word) => fill(word, values)),
    folder,
    graceMs,
    variables: { ...variables(), ...asVariables(values) },
    onLine: (line: string): void => onOutput(line, only),
  };
  const part: Part = { instances, running: startProgram(program, clock, guardian) };
  void part.running.ended.then((ended) => (part.ended = ended));
  return part;
}

function reportOf({ request, parts }: Job): DeployReport {
  const instances = parts.flatMap((part) => part.instances.map(({ id }) => stateOf(id, part)));
  const isAtWork = instances.some(({ state }) => state === 'running');
  const ended = instances.every(({ state }) => state === 'succeeded') ? 'succeeded' : 'failed';
  return { token: request.token, state: isAtWork ? 'running' : ended, instances };
}

function stateOf(id: string, { ended }: Part): DeployedInstance {
  if (ended === undefined) return { id, state: 'running' };
  const { ok, why, output } = ended;
  return ok ? { id, state: 'succeeded', output } : { id, state: 'failed', why, output };
}

/** What a plan has room for; the config has the whole of it. */
const WORDS_MAX = 40;

function shortened(command: string): string {
  return command.length <= WORDS_MAX ? command : `${command.slice(0, WORDS_MAX).replace(/\s+\S*$/, '')} …`;
}

/** By name, as `{name}` in words and as `TURNOUT_NAME` in the environment. */
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
