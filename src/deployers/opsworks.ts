import { settle } from '../aws/batches.ts';
import type { App, Command, Deployment, OpsWorks } from '../aws/opsworks.ts';
import type { OpsWorksDeployerConfig } from '../config/config.ts';
import { defined } from '../domain/defined.ts';
import type { DeployedInstance } from '../domain/deploys.ts';
import { list } from '../domain/text.ts';
import { OperatorError } from '../errors.ts';
import type { DeployerPort, DeployRequest } from './deployer.ts';
import { commentOf, exitText, fillFor, groupsToSend, isOver, lastLines, reportOnSent, type Sent } from './parts.ts';

export interface OpsWorksDeployerOptions extends Omit<OpsWorksDeployerConfig, 'kind'> {
  readonly opsworks: OpsWorks;
  /** The text at a URL; undefined when it cannot be read. */
  readonly fetchText: (url: string) => Promise<string | undefined>;
}

interface Place {
  readonly stack: string;
  readonly app?: App;
}

/** Deploys with OpsWorks. A deployment continues after turnout ends, and is found again by its comment. */
export function createOpsWorksDeployer(options: OpsWorksDeployerOptions): DeployerPort {
  const { opsworks, command, app } = options;
  let known: Place | undefined;
  const place = async (): Promise<Place> => (known ??= await findPlace(options));
  const status: DeployerPort['status'] = async (request) =>
    reportOnSent(request, await sentFor(options, request, (await place()).stack));

  return {
    kind: 'opsworks',
    description: `OpsWorks ${command}${app === undefined ? '' : ` of the app ${app}`}`,
    isRemote: true,
    migrates: command === 'deploy',

    async prepare({ instances }) {
      const all = await opsworks.instances({ StackId: (await place()).stack });
      const online = new Set(all.filter(({ Status }) => Status === 'online').map(({ Ec2InstanceId }) => Ec2InstanceId));
      const off = instances.filter(({ id }) => !online.has(id)).map(({ id }) => id);
      if (off.length === 0) return;
      throw new OperatorError('not-online', `Not online in OpsWorks: ${list(off, 3)}.`, {
        next: ['Check the instances of the stack: only online instances can be deployed to.'],
      });
    },

    async start(request) {
      const groups = groupsToSend(request, await status(request));
      const { stack, app: deployed } = await place();
      const ids = new Map([...(await ec2Ids(opsworks, stack))].map(([own, ec2]) => [ec2, own]));
      await settle(
        groups.map(async ({ migrate, instances }) => {
          const fill = fillFor(request, migrate);
          const args = { ...(command === 'deploy' && { migrate: [String(migrate)] }), ...fill.lists(options.args) };
          await opsworks.createDeployment({
            StackId: stack,
            InstanceIds: instances.map(({ id }) => ids.get(id) ?? ''),
            Command: { Name: command as 'deploy', Args: args },
            Comment: commentOf(request),
            ...defined({ AppId: deployed?.AppId, CustomJson: app && revisionJson(app, fill.text(options.revision)) }),
          });
        }),
      );
    },

    status,

    setCurrent: async () => {},
    fetched: async () => ({}),

    /** OpsWorks cannot stop a deployment. */
    stop: async (request) => isOver(await status(request)),
  };
}

/** The deployments with the token of the request, newest first. */
async function sentFor(
  options: OpsWorksDeployerOptions,
  request: DeployRequest,
  stack: string,
): Promise<readonly Sent[]> {
  const { opsworks } = options;
  const [all, ids] = await Promise.all([opsworks.deployments(stack), ec2Ids(opsworks, stack)]);
  const own = all.filter(({ Comment }) => Comment === commentOf(request));
  return Promise.all(own.map(async (one) => asSent(options, one, ids)));
}

async function asSent(
  options: OpsWorksDeployerOptions,
  { DeploymentId = '', InstanceIds = [] }: Deployment,
  ids: ReadonlyMap<string, string>,
): Promise<Sent> {
  const commands = await options.opsworks.commands({ DeploymentId });
  return {
    instances: InstanceIds.map((own) => ids.get(own) ?? ''),
    statusOf: async (id) => {
      // A new deployment has no commands yet.
      const found = commands.find(({ InstanceId = '' }) => ids.get(InstanceId) === id);
      return found && deployedBy(options, id, found);
    },
  };
}

/** Overrides the revision of the app (OpsWorks user guide, "deploy Attributes"). */
function revisionJson(app: string, revision: string): string {
  return JSON.stringify({ deploy: { [app]: { scm: { revision } } } });
}

async function findPlace({ opsworks, stack: name, app: shortName }: OpsWorksDeployerOptions): Promise<Place> {
  const stack = await opsworks.stackId(name);
  if (shortName === undefined) return { stack };
  const app = (await opsworks.apps(stack)).find(({ Shortname }) => Shortname === shortName);
  if (app !== undefined) return { stack, app };
  throw new OperatorError('no-such-app', `The OpsWorks stack ${name} has no app with the short name ${shortName}.`, {
    next: ['Check `app` in the config: it must be the short name, not the name.'],
  });
}

/** EC2 ids by OpsWorks ids. */
async function ec2Ids(opsworks: OpsWorks, stack: string): Promise<ReadonlyMap<string, string>> {
  const all = await opsworks.instances({ StackId: stack });
  return new Map(all.map(({ InstanceId = '', Ec2InstanceId = '' }) => [InstanceId, Ec2InstanceId]));
}

async function deployedBy(
  { fetchText }: OpsWorksDeployerOptions,
  id: string,
  { Status = '', AcknowledgedAt, ExitCode, LogUrl }: Command,
): Promise<DeployedInstance> {
  if (Status === 'pending') return { id, state: AcknowledgedAt === undefined ? 'pending' : 'running' };
  if (Status === 'successful') return { id, state: 'succeeded', ...defined({ log: LogUrl }) };
  const text = LogUrl === undefined ? undefined : await fetchText(LogUrl);
  const output = text === undefined ? undefined : lastLines(text);
  return { id, state: 'failed', why: exitText(Status, ExitCode), ...defined({ log: LogUrl, output }) };
}
