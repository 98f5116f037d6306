import { chunk, settle } from '../aws/batches.ts';
import { INSTANCES_PER_CALL, type Command, type CommandInvocation, type CommandPlugin, type Ssm } from '../aws/ssm.ts';
import type { SsmDeployerConfig } from '../config/config.ts';
import type { DeployedInstance, DeployState } from '../domain/deploys.ts';
import { list } from '../domain/text.ts';
import { OperatorError } from '../errors.ts';
import type { DeployerPort, DeployRequest } from './deployer.ts';
import { checkParameters } from './ssm-parameters.ts';
import { commentOf, exitText, fillFor, groupsToSend, lastLines, reportOnSent, type Sent } from './parts.ts';

export interface SsmDeployerOptions extends Pick<SsmDeployerConfig, 'document' | 'parameters'> {
  /** Time limit for SSM to reach an instance, at least 30 s (SSM API, SendCommand). The document limits how long the command may run. */
  readonly deliveryS: number;
  readonly ssm: Ssm;
}

/** Maximum difference between the clocks of AWS and of this machine. */
const CLOCK_SKEW_MS = 600_000;

/** Deploys with SSM Run Command. A command continues after turnout ends, and is found again by its comment. */
export function createSsmDeployer(options: SsmDeployerOptions): DeployerPort {
  const { document, parameters, deliveryS, ssm } = options;
  const sent: Command[] = [];
  const status: DeployerPort['status'] = async (request) => {
    const listed = await commandsOf(options, request);
    return reportOnSent(request, [
      ...unlisted(sent, request, listed).map(notKnownYet),
      ...(await Promise.all(listed.map(async (one) => asSent(ssm, one)))),
    ]);
  };

  return {
    kind: 'ssm',
    description: `the document ${document}`,
    isRemote: true,
    migrates: takesMigrate(options),

    async prepare(request) {
      const ids = request.instances.map(({ id }) => id);
      const [online, declared] = await Promise.all([ssm.online(ids), ssm.documentParameters(document)]);
      checkParameters(document, declared, fillFor(request, request.migrate).lists(parameters));
      const off = ids.filter((id) => !online.has(id));
      if (off.length > 0) throw notManaged(off);
    },

    async start(request) {
      const groups = groupsToSend(request, await status(request)).flatMap(({ migrate, instances }) =>
        chunk(instances, INSTANCES_PER_CALL).map((some) => ({ migrate, some })),
      );
      await settle(
        groups.map(async ({ migrate, some }) => {
          const command = await ssm.sendCommand({
            DocumentName: document,
            InstanceIds: some.map(({ id }) => id),
            Parameters: fillFor(request, migrate).lists(parameters),
            Comment: commentOf(request),
            TimeoutSeconds: deliveryS,
          });
          sent.push(command);
        }),
      );
    },

    status,

    setCurrent: async () => {},
    fetched: async () => ({}),

    /** Cancelling is best effort (SSM API, CancelCommand). */
    async stop(request) {
      const listed = await commandsOf(options, request);
      const open = [...unlisted(sent, request, listed), ...listed.filter(isOpen)];
      await settle(open.map(async ({ CommandId = '' }) => ssm.cancel(CommandId)));
      return open.length === 0;
    },
  };
}

function notManaged(ids: readonly string[]): OperatorError {
  return new OperatorError('not-managed', `SSM cannot reach ${list(ids, 3)}.`, {
    next: ['Check that the SSM agent is running, and that the instance profile includes AmazonSSMManagedInstanceCore.'],
  });
}

function takesMigrate({ parameters }: SsmDeployerOptions): boolean {
  return Object.values(parameters).some((values) => values.some((value) => value.includes('{migrate}')));
}

/** Commands with the token of the request, newest first. */
async function commandsOf({ document, ssm }: SsmDeployerOptions, request: DeployRequest): Promise<readonly Command[]> {
  const all = await ssm.commands(document, new Date(Date.parse(request.since) - CLOCK_SKEW_MS));
  return all.filter(({ Comment }) => Comment === commentOf(request));
}

/** Commands sent by this process that are not listed yet: what is listed for their instances belongs to earlier attempts. */
function unlisted(sent: readonly Command[], request: DeployRequest, listed: readonly Command[]): readonly Command[] {
  const known = new Set(listed.map(({ CommandId }) => CommandId));
  return sent.filter(({ CommandId, Comment }) => Comment === commentOf(request) && !known.has(CommandId));
}

function notKnownYet({ InstanceIds = [] }: Command): Sent {
  return { instances: InstanceIds, statusOf: async () => undefined };
}

async function asSent(ssm: Ssm, { CommandId = '', InstanceIds = [] }: Command): Promise<Sent> {
  const invocations = await ssm.invocations(CommandId);
  return {
    instances: InstanceIds,
    statusOf: async (id) => {
      // A new command may have no invocations yet (SSM API, GetCommandInvocation: InvocationDoesNotExist).
      const found = invocations.find(({ InstanceId }) => InstanceId === id);
      return found && deployed(ssm, found);
    },
  };
}

function isOpen({ Status }: Command): boolean {
  return Status === 'Pending' || Status === 'InProgress' || Status === 'Cancelling';
}

const STATES: Readonly<Record<string, DeployState>> = {
  Pending: 'pending',
  Delayed: 'pending',
  InProgress: 'running',
  Cancelling: 'running',
  Success: 'succeeded',
};

async function deployed(ssm: Ssm, invocation: CommandInvocation): Promise<DeployedInstance> {
  const { CommandId = '', InstanceId: id = '', Status, StatusDetails, CommandPlugins = [] } = invocation;
  const state = STATES[Status ?? ''] ?? 'failed';
  if (state !== 'failed') return { id, state };
  const failed = CommandPlugins.find(
    ({ Status: one, ResponseCode = 0 }) => ResponseCode > 0 || ENDED_BADLY.has(one ?? ''),
  );
  const code = failed?.ResponseCode;
  const where = CommandPlugins.length > 1 && failed?.Name !== undefined ? ` in the step ${failed.Name}` : '';
  const why = `${exitText(StatusDetails ?? Status ?? 'failed', code === undefined || code <= 0 ? undefined : code)}${where}`;
  return { id, state, why, output: lastLines(await outputOf(ssm, CommandId, id, failed)) };
}

/** States of a step that has run, or was to run (SSM API, CommandPlugin). */
const ENDED_BADLY: ReadonlySet<string> = new Set(['Failed', 'TimedOut', 'Cancelled']);

/** Characters of a step's output in a list (SSM API, CommandPlugin). */
const LISTED_OUTPUT_MAX = 2500;

/** What the step wrote. The list has its beginning; what cannot be read beyond that changes nothing of the report. */
async function outputOf(ssm: Ssm, command: string, id: string, step: CommandPlugin | undefined): Promise<string> {
  const listed = step?.Output ?? '';
  if (listed !== '' && listed.length < LISTED_OUTPUT_MAX) return listed;
  return (await ssm.output(command, id, step?.Name).catch(() => '')) || listed;
}
