import { chunk, settle } from '../aws/batches.ts';
import { COMMAND_INSTANCES, type Command, type CommandInvocation, type Ssm } from '../aws/ssm.ts';
import { OperatorError } from '../errors.ts';
import type { DeployerPort, DeployRequest } from './deployer.ts';
import type { DeployedInstance, DeployReport, DeployState } from '../domain/deploys.ts';
import { fillFor, groupsOf, idleOf, lastLines, reportOf } from './parts.ts';

export interface SsmDeployerOptions {
  readonly document: string;
  /** By the document's names; `{release}`, `{environment}`, `{previous}`, `{deploy}` and `{migrate}` are filled in. */
  readonly parameters: Readonly<Record<string, readonly string[]>>;
  /** How long SSM may take to reach an instance; from 30 s (SSM API). How long the command may run is the document's affair. */
  readonly deliveryS: number;
  readonly ssm: Ssm;
}

/** AWS's clock and ours may differ by so much. */
const CLOCKS_MS = 600_000;

/** Delivers with Run Command of AWS Systems Manager: a command goes on without us, and is found again by its comment. */
export function createSsmDeployer(options: SsmDeployerOptions): DeployerPort {
  const { document, parameters, deliveryS, ssm } = options;
  const sent: Command[] = [];
  const look = async (request: DeployRequest): Promise<DeployReport | undefined> => {
    const listed = await commandsOf(options, request);
    return lookAt(ssm, request, listed, unlisted(sent, request, listed));
  };

  return {
    kind: 'ssm',
    words: `the document ${document}`,
    lasts: true,
    migrates: Object.values(parameters).some((values) => values.some((value) => value.includes('{migrate}'))),

    async prepare({ instances }) {
      const ids = instances.map(({ id }) => id);
      const [online] = await Promise.all([ssm.online(ids), ssm.checkDocument(document)]);
      const off = ids.filter((id) => !online.has(id));
      if (off.length > 0) throw notManaged(off);
    },

    async start(request) {
      const groups = groupsOf(idleOf(request, await look(request)), request).flatMap(({ migrate, instances }) =>
        chunk(instances, COMMAND_INSTANCES).map((some) => ({ migrate, some })),
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

    look,

    /** AWS promises of a cancelled command only that it tries (SSM API, CancelCommand). */
    async stop(request) {
      const report = await look(request);
      if (report === undefined || report.state === 'succeeded' || report.state === 'failed') return true;
      const commands = await commandsOf(options, request);
      await settle(commands.filter(isOpen).map(async ({ CommandId = '' }) => ssm.cancel(CommandId)));
      return false;
    },
  };
}

/** Commands with the request's token, the newest first. */
async function commandsOf(
  { document, ssm }: SsmDeployerOptions,
  { token, since }: DeployRequest,
): Promise<readonly Command[]> {
  const all = await ssm.commands(document, new Date(Date.parse(since) - CLOCKS_MS));
  return all.filter(({ Comment }) => Comment === commentOf(token));
}

/** What was sent a moment ago may not be listed yet: what is listed of its instances is of an attempt before. */
function unlisted(sent: readonly Command[], { token }: DeployRequest, listed: readonly Command[]): readonly Command[] {
  const known = new Set(listed.map(({ CommandId }) => CommandId));
  return sent.filter(({ CommandId, Comment }) => Comment === commentOf(token) && !known.has(CommandId));
}

async function lookAt(
  ssm: Ssm,
  request: DeployRequest,
  commands: readonly Command[],
  fresh: readonly Command[],
): Promise<DeployReport | undefined> {
  if (commands.length + fresh.length === 0) return undefined;
  const invocations = await Promise.all(commands.map(async ({ CommandId = '' }) => ssm.invocations(CommandId)));
  const begun = fresh.flatMap(({ InstanceIds = [] }) => InstanceIds);
  const known = new Map<string, DeployedInstance>(begun.map((id) => [id, { id, state: 'pending' }]));
  for (const [index, { InstanceIds = [] }] of commands.entries()) {
    for (const id of InstanceIds.filter((one) => !known.has(one))) {
      // What was sent a moment ago may not show on its instances yet (aws-reference 4).
      const found = invocations[index]?.find(({ InstanceId }) => InstanceId === id);
      known.set(id, found === undefined ? { id, state: 'pending' } : await deployed(ssm, found));
    }
  }
  return reportOf(request, known);
}

function commentOf(token: string): string {
  return `turnout ${token}`;
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
  const said = StatusDetails ?? Status ?? 'failed';
  const code = CommandPlugins.map(({ ResponseCode = 0 }) => ResponseCode).find((one) => one > 0);
  const output = lastLines(await ssm.output(CommandId, id));
  return { id, state, why: code === undefined ? said : `${said} with exit code ${code}`, output };
}

function notManaged(ids: readonly string[]): OperatorError {
  const rest = ids.length > 3 ? ` and ${ids.length - 3} more` : '';
  return new OperatorError('not-managed', `SSM does not reach ${ids.slice(0, 3).join(', ')}${rest}.`, {
    next: ['Check that the SSM agent runs there, and that the instance profile allows AmazonSSMManagedInstanceCore.'],
  });
}
