import { chunk, settle } from '../aws/batches.ts';
import { INSTANCES_PER_CALL, type Command, type CommandInvocation, type Ssm } from '../aws/ssm.ts';
import { list } from '../domain/text.ts';
import { OperatorError } from '../errors.ts';
import type { DeployerPort, DeployRequest } from './deployer.ts';
import type { DeployedInstance, DeployReport, DeployState } from '../domain/deploys.ts';
import { commentOf, fillFor, groupsOf, notDeployed, lastLines, reportOf } from './parts.ts';

export interface SsmDeployerOptions {
  readonly document: string;
  /** Parameters of the document; `{release}`, `{environment}`, `{previous}`, `{deploy}` and `{migrate}` are filled in. */
  readonly parameters: Readonly<Record<string, readonly string[]>>;
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
  const status = async (request: DeployRequest): Promise<DeployReport | undefined> => {
    const listed = await commandsOf(options, request);
    return lookAt(ssm, request, listed, unlisted(sent, request, listed));
  };

  return {
    kind: 'ssm',
    description: `the document ${document}`,
    isRemote: true,
    migrates: Object.values(parameters).some((values) => values.some((value) => value.includes('{migrate}'))),

    async prepare({ instances }) {
      const ids = instances.map(({ id }) => id);
      const [online] = await Promise.all([ssm.online(ids), ssm.checkDocument(document)]);
      const off = ids.filter((id) => !online.has(id));
      if (off.length > 0) throw notManaged(off);
    },

    async start(request) {
      const groups = groupsOf(notDeployed(request, await status(request)), request).flatMap(({ migrate, instances }) =>
        chunk(instances, INSTANCES_PER_CALL).map((some) => ({ migrate, some })),
      );
      await settle(
        groups.map(async ({ migrate, some }) => {
          const fill = fillFor(request, migrate);
          const command = await ssm.sendCommand({
            DocumentName: document,
            InstanceIds: some.map(({ id }) => id),
            Parameters: Object.fromEntries(
              Object.entries(parameters).map(([name, values]) => [name, values.map(fill)]),
            ),
            Comment: commentOf(request.token),
            TimeoutSeconds: deliveryS,
          });
          sent.push(command);
        }),
      );
    },

    status,

    /** Cancelling is best effort (SSM API, CancelCommand). */
    async stop(request) {
      const report = await status(request);
      if (report === undefined || report.state === 'succeeded' || report.state === 'failed') return true;
      const commands = await commandsOf(options, request);
      await settle(commands.filter(isOpen).map(async ({ CommandId = '' }) => ssm.cancel(CommandId)));
      return false;
    },
  };
}

/** Commands with the token of the request, newest first. */
async function commandsOf(
  { document, ssm }: SsmDeployerOptions,
  { token, since }: DeployRequest,
): Promise<readonly Command[]> {
  const all = await ssm.commands(document, new Date(Date.parse(since) - CLOCK_SKEW_MS));
  return all.filter(({ Comment }) => Comment === commentOf(token));
}

/** Commands sent by this process that are not listed yet: what is listed for their instances belongs to earlier attempts. */
function unlisted(sent: readonly Command[], { token }: DeployRequest, listed: readonly Command[]): readonly Command[] {
  const known = new Set(listed.map(({ CommandId }) => CommandId));
  return sent.filter(({ CommandId, Comment }) => Comment === commentOf(token) && !known.has(CommandId));
}

async function lookAt(
  ssm: Ssm,
  request: DeployRequest,
  commands: readonly Command[],
  unlistedCommands: readonly Command[],
): Promise<DeployReport | undefined> {
  if (commands.length + unlistedCommands.length === 0) return undefined;
  const invocations = await Promise.all(commands.map(async ({ CommandId = '' }) => ssm.invocations(CommandId)));
  const pending = unlistedCommands.flatMap(({ InstanceIds = [] }) => InstanceIds);
  const known = new Map<string, DeployedInstance>(pending.map((id) => [id, { id, state: 'pending' }]));
  for (const [index, { InstanceIds = [] }] of commands.entries()) {
    for (const id of InstanceIds.filter((one) => !known.has(one))) {
      // A new command may have no invocations yet (SSM API, GetCommandInvocation: InvocationDoesNotExist).
      const found = invocations[index]?.find(({ InstanceId }) => InstanceId === id);
      known.set(id, found === undefined ? { id, state: 'pending' } : await deployed(ssm, found));
    }
  }
  return reportOf(request, known);
}

function isOpen({ Status }: Command): boolean {
  return Status === 'Pending' || Status === 'InProgress';
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
  const status = StatusDetails ?? Status ?? 'failed';
  const code = CommandPlugins.map(({ ResponseCode = 0 }) => ResponseCode).find((one) => one > 0);
  const output = lastLines(await ssm.output(CommandId, id));
  return { id, state, why: code === undefined ? status : `${status} with exit code ${code}`, output };
}

function notManaged(ids: readonly string[]): OperatorError {
  return new OperatorError('not-managed', `SSM cannot reach ${list(ids, 3)}.`, {
    next: ['Check that the SSM agent is running, and that the instance profile includes AmazonSSMManagedInstanceCore.'],
  });
}
