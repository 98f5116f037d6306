import { settle } from '../aws/batches.ts';
import type { App, Command, OpsWorks } from '../aws/opsworks.ts';
import { OperatorError } from '../errors.ts';
import type { DeployerPort, DeployRequest } from './deployer.ts';
import type { DeployedInstance, DeployReport } from '../domain/deploys.ts';
import { fillFor, groupsOf, idleOf, lastLines, reportOf } from './parts.ts';

export interface OpsWorksDeployerOptions {
  /** The stack's name or id. */
  readonly stack: string;
  /** Short name of the app; absent for commands that are about none. */
  readonly app?: string;
  /** `deploy`, or another one (aws-reference 3.5). */
  readonly command: string;
  /** Its arguments; `{release}` and the others are filled in. `deploy` gets `migrate` too. */
  readonly args: Readonly<Record<string, readonly string[]>>;
  /** The revision of the app, put into the deployment's custom JSON. */
  readonly revision: string;
  readonly opsworks: OpsWorks;
  /** Reads what a URL has; undefined when it cannot be read. */
  readonly fetchText: (url: string) => Promise<string | undefined>;
}

interface Place {
  readonly stack: string;
  readonly app: App | undefined;
}

/** Delivers with deployments of OpsWorks: one goes on without us, and is found again by its comment. */
export function createOpsWorksDeployer(options: OpsWorksDeployerOptions): DeployerPort {
  const { opsworks, command, app } = options;
  let known: Place | undefined;
  const place = async (): Promise<Place> => (known ??= await findPlace(options));

  const look = async (request: DeployRequest): Promise<DeployReport | undefined> =>
    lookAt(options, request, (await place()).stack);

  return {
    kind: 'opsworks',
    words: `${command} of OpsWorks${app === undefined ? '' : `, the app ${app}`}`,
    lasts: true,
    migrates: command === 'deploy',

    async prepare({ instances }) {
      const { stack } = await place();
      const all = await opsworks.instances({ StackId: stack });
      const online = new Set(all.filter(({ Status }) => Status === 'online').map(({ Ec2InstanceId }) => Ec2InstanceId));
      const off = instances.filter(({ id }) => !online.has(id)).map(({ id }) => id);
      if (off.length > 0) throw notOnline(off);
    },

    async start(request) {
      const idle = idleOf(request, await look(request));
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

    look,

    /** OpsWorks cannot stop a deployment. */
    async stop(request) {
      const report = await look(request);
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
      // A deployment that was made a moment ago has no commands yet.
      const found = commands[index]?.find(({ InstanceId }) => InstanceId === instance);
      if (!states.has(id)) states.set(id, found ? await deployed(options, id, found) : { id, state: 'pending' });
    }
  }
  return reportOf(request, states);
}

function commentOf(token: string): string {
  return `turnout ${token}`;
}

function argsOf(
  { command, args }: OpsWorksDeployerOptions,
  migrate: boolean,
  fill: (text: string) => string,
): Record<string, string[]> {
  const given = Object.entries(args).map(([name, values]) => [name, values.map(fill)] as const);
  return { ...(command === 'deploy' ? { migrate: [String(migrate)] } : {}), ...Object.fromEntries(given) };
}

/** What goes before the app's own revision (user guide, "deploy Attributes"). */
function revisionJson(app: string, revision: string): string {
  return JSON.stringify({ deploy: { [app]: { scm: { revision } } } });
}

async function findPlace({ opsworks, stack: name, app: shortName }: OpsWorksDeployerOptions): Promise<Place> {
  const stack = await opsworks.stackId(name);
  if (shortName === undefined) return { stack, app: undefined };
  const app = (await opsworks.apps(stack)).find(({ Shortname }) => Shortname === shortName);
  if (app !== undefined) return { stack, app };
  throw new OperatorError('no-such-app', `The OpsWorks stack ${name} has no app with the short name ${shortName}.`, {
    next: ['Check `app` in the config: it is the short name, not the name.'],
  });
}

/** EC2's ids by those of OpsWorks. */
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
  const rest = ids.length > 3 ? ` and ${ids.length - 3} more` : '';
  return new OperatorError('not-online', `OpsWorks does not call ${ids.slice(0, 3).join(', ')}${rest} online.`, {
    next: ['Look at the instances in the stack: only one that is online can be deployed to.'],
  });
}
