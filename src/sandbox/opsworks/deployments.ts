import { randomUUID } from 'node:crypto';
import type {
  CreateDeploymentRequest,
  Deployment,
  DescribeCommandsRequest,
  DescribeDeploymentsRequest,
} from '@aws-sdk/client-opsworks';
import type { Call } from '../service.ts';
import { appOf } from './apps.ts';
import { finishCommand, startCommand } from './commands.ts';
import { checkedJson } from './custom-json.ts';
import { validationException, opsWorksNotFound, provideOneKind } from './errors.ts';
import { revisionOf } from './ec2-instances.ts';
import { instanceOf, instancesIn, layerOf, timestamp, stackOf, type OpsInstance, type OpsWorksState } from './state.ts';

/** Commands for apps and commands for instances (OpsWorks API, DeploymentCommand). */
const APP_COMMANDS: readonly string[] = ['deploy', 'rollback', 'start', 'stop', 'restart', 'undeploy'];
const INSTANCE_COMMANDS: readonly string[] = [
  'execute_recipes',
  'install_dependencies',
  'update_dependencies',
  'update_custom_cookbooks',
  'setup',
  'configure',
];
/** Commands that restart the app of an instance. */
const RESTARTING: ReadonlySet<string> = new Set(['deploy', 'rollback', 'restart']);

export function createDeployment(state: OpsWorksState, input: CreateDeploymentRequest): object {
  const { StackId } = stackOf(state, input.StackId);
  const name = input.Command?.Name ?? '';
  if (![...APP_COMMANDS, ...INSTANCE_COMMANDS].includes(name))
    throw validationException(`"${name}" is not a valid command`);
  if (APP_COMMANDS.includes(name) && input.AppId === undefined)
    throw validationException(`Please provide an app ID for "${name}"`);
  if (input.AppId !== undefined) appOf(state, input.AppId);
  checkedJson(input.CustomJson);
  const instances = targets(state, StackId, input);
  const DeploymentId = randomUUID();
  const InstanceIds = instances.map(({ id }) => id);
  const { LayerIds: _layers, ...kept } = input;
  const deployment = { ...kept, DeploymentId, InstanceIds, CreatedAt: timestamp(state), Status: 'running' };
  state.deployments.set(DeploymentId, { ...(deployment as Deployment), DeploymentId });
  const runs = instances.map(async (instance) => runCommand(state, instance, input, DeploymentId));
  void Promise.all(runs).then((ends) => complete(state, DeploymentId, ends.includes(false)));
  return { DeploymentId };
}

/** The given instances and the online ones of the given layers; without either, all online instances of the stack. */
function targets(state: OpsWorksState, stack: string, input: CreateDeploymentRequest): readonly OpsInstance[] {
  const named = (input.InstanceIds ?? []).map((id) => instanceOf(state, id));
  const layered = (input.LayerIds ?? []).flatMap((id) => instancesIn(state, layerOf(state, id).LayerId));
  const all = state.instancesById.values().filter(({ settings }) => settings.StackId === stack);
  const online = (some: readonly OpsInstance[]) => some.filter(({ status }) => status === 'online');
  const none = input.InstanceIds === undefined && input.LayerIds === undefined;
  const found = [...new Set([...named, ...online(layered), ...(none ? online(all) : [])])];
  const foreign = found.find(({ settings }) => settings.StackId !== stack);
  if (foreign !== undefined) throw validationException('Please only provide instance IDs from the same stack');
  const off = named.find(({ status }) => status !== 'online');
  if (off !== undefined) throw validationException(`Instance ${off.id} is ${off.status}, not online`);
  if (found.length === 0) throw validationException('There is no online instance to run the command on');
  return found;
}

/** Share of a deployment's duration in which the old code still runs. */
const OLD_CODE_SHARE = 0.7;

/** Runs the command on one instance; returns false if it fails. */
async function runCommand(
  state: OpsWorksState,
  instance: OpsInstance,
  input: CreateDeploymentRequest,
  deployment: string,
): Promise<boolean> {
  const name = input.Command?.Name ?? '';
  const { fails, says, ms = state.times.deployMs } = state.outcomes.next('deploy', instance.ec2);
  const command = startCommand(state, instance.id, name, deployment);
  const revision = revisionOf(state, instance, input.CustomJson, input.AppId);
  await new Promise<void>((resolve) => void state.scheduler.after(ms * OLD_CODE_SHARE, resolve));
  const { ec2 = '' } = state.instancesById.get(instance.id) ?? {};
  const running = state.instances.find(ec2);
  const restarts = !fails && RESTARTING.has(name);
  const release = name === 'restart' ? running?.release : (revision ?? running?.release);
  const lost = restarts
    ? !(await state.instances.deploy(ec2, release ?? '', ms * (1 - OLD_CODE_SHARE)))
    : running?.state !== 'running';
  const args = JSON.stringify(input.Command?.Args ?? {});
  finishCommand(
    state,
    command,
    fails || lost ? 'failed' : 'successful',
    `${name} ${args} of ${revision ?? 'the image'}`,
    says,
  );
  return !fails && !lost;
}

function complete(state: OpsWorksState, id: string, failed: boolean): void {
  const deployment = state.deployments.get(id);
  if (deployment === undefined) return;
  const CompletedAt = timestamp(state);
  const Duration = Math.round((Date.parse(CompletedAt) - Date.parse(deployment.CreatedAt ?? CompletedAt)) / 1000);
  state.deployments.set(id, { ...deployment, CompletedAt, Duration, Status: failed ? 'failed' : 'successful' });
}

export function describeDeployments(state: OpsWorksState, input: DescribeDeploymentsRequest, call?: Call): object {
  const { StackId, AppId, DeploymentIds } = input;
  if ([StackId, AppId, DeploymentIds].filter((given) => given !== undefined).length !== 1)
    throw provideOneKind('deployment IDs or one stack ID or one app ID');
  const all = state.deployments.values(call?.lagMs);
  if (DeploymentIds === undefined)
    return { Deployments: all.filter((one) => one.StackId === StackId || one.AppId === AppId).toReversed() };
  const unknown = DeploymentIds.find((id) => !all.some((one) => one.DeploymentId === id));
  if (unknown !== undefined) throw opsWorksNotFound('deployment', unknown);
  return { Deployments: all.filter((one) => DeploymentIds.includes(one.DeploymentId)) };
}

export function describeCommands(state: OpsWorksState, input: DescribeCommandsRequest, call?: Call): object {
  const { DeploymentId, InstanceId, CommandIds } = input;
  if ([DeploymentId, InstanceId, CommandIds].filter((given) => given !== undefined).length !== 1)
    throw provideOneKind('command IDs or one deployment ID or one instance ID');
  const found = state.commands
    .values(call?.lagMs)
    .filter(
      (one) =>
        one.DeploymentId === (DeploymentId ?? one.DeploymentId) &&
        one.InstanceId === (InstanceId ?? one.InstanceId) &&
        (CommandIds?.includes(one.CommandId) ?? true),
    );
  return { Commands: found.toReversed() };
}
