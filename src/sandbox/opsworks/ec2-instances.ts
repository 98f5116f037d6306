import type { RunInstancesRequest } from '@aws-sdk/client-ec2';
import { revisionIn, merged } from './custom-json.ts';
import { layerOf, stackOf, type OpsInstance, type OpsWorksState } from './state.ts';

/** The EC2 instances that OpsWorks runs its own on. */

/** What the app of an instance is deployed as: custom JSON's revision, the deployment's first, else the app's own. */
export function revisionOf(
  state: OpsWorksState,
  { settings: asked }: OpsInstance,
  json?: string,
  app?: string,
): string | undefined {
  const apps = [...state.apps.values()].filter(({ StackId }) => StackId === asked.StackId);
  const deployed = app === undefined ? apps[0] : apps.find(({ AppId }) => AppId === app);
  const layers = (asked.LayerIds ?? []).map((id) => layerOf(state, id).CustomJson);
  const attributes = merged([stackOf(state, asked.StackId).CustomJson, ...layers, json]);
  return revisionIn(attributes, deployed?.Shortname ?? '') ?? deployed?.AppSource?.Revision;
}

/** Boots the EC2 instance and returns its id. Throws what EC2 throws. */
export function launchEc2Instance(state: OpsWorksState, instance: OpsInstance, bootMs: number): string {
  const { settings: asked } = instance;
  const stack = stackOf(state, asked.StackId);
  const layers = (asked.LayerIds ?? []).map((id) => layerOf(state, id));
  const revision = revisionOf(state, instance);
  const tags = {
    'opsworks:stack': stack.Name ?? '',
    'opsworks:instance': asked.Hostname ?? '',
    ...Object.fromEntries(layers.map(({ Shortname = '', Name = '' }) => [`opsworks:layer:${Shortname}`, Name])),
    Name: `${stack.Name} - ${asked.Hostname}`,
    ...state.tags.get(stack.Arn),
    ...Object.assign({}, ...layers.map(({ Arn }) => state.tags.get(Arn))),
  };
  const request: RunInstancesRequest = {
    ImageId: asked.AmiId ?? baseImage(state),
    InstanceType: asked.InstanceType as NonNullable<RunInstancesRequest['InstanceType']>,
    SubnetId: asked.SubnetId,
    KeyName: asked.SshKeyName,
    MinCount: 1,
    MaxCount: 1,
    ...(revision !== undefined && { UserData: Buffer.from(`RELEASE=${revision}`).toString('base64') }),
    TagSpecifications: [
      { ResourceType: 'instance', Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value: String(Value) })) },
    ],
  };
  return state.ec2.run(request, bootMs).Instances?.[0]?.InstanceId ?? '';
}

/** The operating systems of OpsWorks are one image here. */
function baseImage(state: OpsWorksState): string {
  return state.ec2.baseImage();
}

function call(state: OpsWorksState, operation: string, ec2: string): void {
  void state.ec2.operations[operation]?.({ InstanceIds: [ec2] });
}

/** Terminates the EC2 instance, if there is one. */
export function terminateEc2Instance(state: OpsWorksState, ec2: string | undefined): void {
  if (ec2 !== undefined && state.instances.find(ec2) !== undefined) call(state, 'TerminateInstances', ec2);
}

export function stopEc2Instance(state: OpsWorksState, ec2: string): void {
  if (state.instances.find(ec2)?.state === 'running') call(state, 'StopInstances', ec2);
}

export function startEc2Instance(state: OpsWorksState, ec2: string): void {
  call(state, 'StartInstances', ec2);
}
