import type { RunInstancesRequest } from '@aws-sdk/client-ec2';
import { revisionIn, merged } from './custom-json.ts';
import { layerOf, stackOf, type OpsInstance, type OpsWorksState } from './state.ts';

/** The EC2 instances behind OpsWorks instances. */

/** The revision to deploy: that of custom JSON, the deployment's before the layer's before the stack's, else the app's. */
export function revisionOf(
  state: OpsWorksState,
  { settings }: OpsInstance,
  json?: string,
  app?: string,
): string | undefined {
  const apps = [...state.apps.values()].filter(({ StackId }) => StackId === settings.StackId);
  const deployed = app === undefined ? apps[0] : apps.find(({ AppId }) => AppId === app);
  const layers = (settings.LayerIds ?? []).map((id) => layerOf(state, id).CustomJson);
  const attributes = merged([stackOf(state, settings.StackId).CustomJson, ...layers, json]);
  return revisionIn(attributes, deployed?.Shortname ?? '') ?? deployed?.AppSource?.Revision;
}

/** Launches the EC2 instance and returns its id. Throws EC2's errors. */
export function launchEc2Instance(state: OpsWorksState, instance: OpsInstance, bootMs: number): string {
  const { settings } = instance;
  const stack = stackOf(state, settings.StackId);
  const layers = (settings.LayerIds ?? []).map((id) => layerOf(state, id));
  const revision = revisionOf(state, instance);
  const tags = {
    'opsworks:stack': stack.Name ?? '',
    'opsworks:instance': settings.Hostname ?? '',
    ...Object.fromEntries(layers.map(({ Shortname = '', Name = '' }) => [`opsworks:layer:${Shortname}`, Name])),
    Name: `${stack.Name} - ${settings.Hostname}`,
    ...state.tags.get(stack.Arn),
    ...Object.assign({}, ...layers.map(({ Arn }) => state.tags.get(Arn))),
  };
  const request: RunInstancesRequest = {
    ImageId: settings.AmiId ?? baseImage(state),
    InstanceType: settings.InstanceType as NonNullable<RunInstancesRequest['InstanceType']>,
    SubnetId: settings.SubnetId,
    KeyName: settings.SshKeyName,
    MinCount: 1,
    MaxCount: 1,
    ...(revision !== undefined && { UserData: Buffer.from(`RELEASE=${revision}`).toString('base64') }),
    TagSpecifications: [
      { ResourceType: 'instance', Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value: String(Value) })) },
    ],
  };
  return state.ec2.run(request, bootMs).Instances?.[0]?.InstanceId ?? '';
}

/** All operating systems of OpsWorks use the same image. */
function baseImage(state: OpsWorksState): string {
  return state.ec2.baseImage();
}

function call(state: OpsWorksState, operation: string, ec2: string): void {
  void state.ec2.operations[operation]?.({ InstanceIds: [ec2] });
}

/** Terminates the EC2 instance, if it exists. */
export function terminateEc2Instance(state: OpsWorksState, ec2: string | undefined): void {
  if (ec2 !== undefined && state.instances.find(ec2) !== undefined) call(state, 'TerminateInstances', ec2);
}

export function stopEc2Instance(state: OpsWorksState, ec2: string): void {
  if (state.instances.find(ec2)?.state === 'running') call(state, 'StopInstances', ec2);
}

export function startEc2Instance(state: OpsWorksState, ec2: string): void {
  call(state, 'StartInstances', ec2);
}
