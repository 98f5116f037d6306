import { settle } from '../aws/batches.ts';
import type { App, Command, OpsWorks } from '../aws/opsworks.ts';
import { list } from '../domain/text.ts';
import { OperatorError } from '../errors.ts';
import type { DeployerPort, DeployRequest } from './deployer.ts';
import type { DeployedInstance, DeployReport } from '../domain/deploys.ts';
import { commentOf, fillFor, groupsOf, notDeployed, lastLines, reportOf } from './parts.ts';

export interface OpsWorksDeployerOptions {
  /** Name or id of the stack. */
  readonly stack: string;
  /** Short name of the app; absent for commands without one. */
  readonly app?: string;
  /** For example `deploy` (OpsWorks API, DeploymentCommand). */
  readonly command: string;
  /** Arguments of the command; placeholders are filled in. `deploy` also gets `migrate`. */
  readonly args: Readonly<Record<string, readonly string[]>>;
  /** Revision of the app, for the custom JSON of the deployment. */
  readonly revision: string;
  readonly opsworks: OpsWorks;
  /** The text at a URL; undefined when it cannot be read. */
  readonly fetchText: (url: string) => Promise<string | undefined>;
}

interface Place {
  readonly stack: string;
  readonly app: App | undefined;
}

/** Deploys with OpsWorks. A deployment continues after turnout ends, and is found again by its comment. */
export function createOpsWorksDeployer(options: OpsWorksDeployerOptions): DeployerPort {
  const { opsworks, command, app } = options;
  let known: Place | undefined;
  const place = async (): Promise<Place> => (known ??= await findPlace(options));

  const status = async (request: DeployRequest): Promise<DeployReport | undefined> =>
    lookAt(options, request, (await place()).stack);

  return {
    kind: 'opsworks',
    description: `OpsWorks ${command}${app === undefined ? '' : ` of the app ${app}`}`,
    isRemote: true,
    migrates: command === 'deploy',

    async prepare({ instances }) {
      const { stack } = await place();
      const all = await opsworks.instances({ StackId: stack });
      const online = new Set(all.filter(({ Status }) => Status === 'online').map(({ Ec2InstanceId }) => Ec2InstanceId));
      const off = instances.filter(({ id }) => !online.has(id)).map(({ id }) => id);
      if (off.length > 0) throw notOnline(off);
    },

    async start(request) {
      const idle = notDeployed(request, await status(request));
      const { stack, app: deployedApp } = await place();
      const ids = new Map([...(await ec2Ids(opsworks, stack))].map(([own, ec2]) => [ec2, own]));
      await settle(
        groupsOf(idle, request).map(async ({ migrate, instances }) => {
          const fill = fillFor(request, migrate);
          await opsworks.createDeployment({
            StackId: stack,
            ...(deployedApp === undefined ? {} : { AppId: deployedApp.AppId }),
            InstanceIds: instances.map(({ id }) => ids.get(id) ?? ''),
            Command: { Name: command as 'deploy', Args: argsOf(options, migrate, fill) },
            Comment: commentOf(request.token),
            ...(app === undefined ? {} : { CustomJson: revisionJson(app, fill(options.revision)) }),
          });
        }),
      );
    },

    status,

    /** OpsWorks cannot stop a deployment. */
    async stop(request) {
      const report = await status(request);
      return report === undefined || report.state === 'succeeded' || report.state === 'failed';
    },
  };
}

async function lookAt(
  options: OpsWorksDeployerOptions,
  request: DeployRequest,
  stack: string,
): Promise<DeployReport | undefined> {
  const { opsworks } = options;
  const [all, ids] = await Promise.all([opsworks.deployments(stack), ec2Ids(opsworks, stack)]);
  const own = all.filter(({ Comment }) => Comment === commentOf(request.token));
  if (own.length === 0) return undefined;
  const commands = await Promise.all(own.map(async ({ DeploymentId = '' }) => opsworks.commandsIn(DeploymentId)));
  const states = new Map<string, DeployedInstance>();
  for (const [index, { InstanceIds = [] }] of own.entries()) {
    for (const instance of InstanceIds) {
      const id = ids.get(instance) ?? '';
      // A new deployment has no commands yet.
      const found = commands[index]?.find(({ InstanceId }) => InstanceId === instance);
      if (!states.has(id)) states.set(id, found ? await deployed(options, id, found) : { id, state: 'pending' });
    }
  }
  return reportOf(request, states);
}

function argsOf(
  { command, args }: OpsWorksDeployerOptions,
  migrate: boolean,
  fill: (text: string) => string,
): Record<string, string[]> {
  const given = Object.entries(args).map(([name, values]) => [name, values.map(fill)] as const);
  return { ...(command === 'deploy' ? { migrate: [String(migrate)] } : {}), ...Object.fromEntries(given) };
}

/** Overrides the revision of the app (OpsWorks user guide, "deploy Attributes"). */
function revisionJson(app: string, revision: string): string {
  return JSON.stringify({ deploy: { [app]: { scm: { revision } } } });
}

async function findPlace({ opsworks, stack: name, app: shortName }: OpsWorksDeployerOptions): Promise<Place> {
  const stack = await opsworks.stackId(name);
  if (shortName === undefined) return { stack, app: undefined };
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

async function deployed(
  { fetchText }: OpsWorksDeployerOptions,
  id: string,
  { Status, AcknowledgedAt, ExitCode, LogUrl }: Command,
): Promise<DeployedInstance> {
  if (Status === 'pending') return { id, state: AcknowledgedAt === undefined ? 'pending' : 'running' };
  const log = LogUrl === undefined ? {} : { log: LogUrl };
  if (Status === 'successful') return { id, state: 'succeeded', ...log };
  const text = LogUrl === undefined ? undefined : await fetchText(LogUrl);
  const why = ExitCode === undefined ? String(Status) : `${Status} with exit code ${ExitCode}`;
  return { id, state: 'failed', why, ...log, ...(text === undefined ? {} : { output: lastLines(text) }) };
}

function notOnline(ids: readonly string[]): OperatorError {
  return new OperatorError('not-online', `Not online in OpsWorks: ${list(ids, 3)}.`, {
    next: ['Check the instances of the stack: only online instances can be deployed to.'],
  });
}
