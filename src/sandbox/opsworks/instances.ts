import { randomUUID } from 'node:crypto';
import type {
  CreateInstanceRequest,
  DeleteInstanceRequest,
  DescribeInstancesRequest,
  GetHostnameSuggestionRequest,
  Instance,
  UpdateInstanceRequest,
} from '@aws-sdk/client-opsworks';
import { ACCOUNT } from '../ec2/state.ts';
import type { Call } from '../service.ts';
import { validationException, opsWorksNotFound, provideOneKind } from './errors.ts';
import { terminateEc2Instance } from './ec2-instances.ts';
import { instanceOf, layerOf, timestamp, stackOf, type OpsInstance, type OpsWorksState } from './state.ts';

/** Creates an instance without starting it; StartInstance does that (OpsWorks API, CreateInstance). */
export function createInstance(state: OpsWorksState, input: CreateInstanceRequest): object {
  const stack = stackOf(state, input.StackId);
  const layers = (input.LayerIds ?? []).map((id) => layerOf(state, id));
  if (layers.length === 0) throw validationException('Please provide at least one layer ID');
  if (layers.some((layer) => layer.StackId !== stack.StackId))
    throw validationException('Please only provide layer IDs from the same stack');
  if (input.AmiId !== undefined && input.Os !== 'Custom')
    throw validationException('An AMI needs the operating system "Custom"');
  const Hostname = input.Hostname ?? suggestion(state, layers[0]!.LayerId);
  checkHostname(state, stack.StackId, Hostname);
  const subnet = state.ec2.network.subnets.find(
    ({ id, zone }) => id === (input.SubnetId ?? stack.DefaultSubnetId) && zone === (input.AvailabilityZone ?? zone),
  );
  if (subnet === undefined)
    throw validationException("The subnet is not in the stack's VPC, or not in that availability zone");
  const settings = {
    Architecture: 'x86_64' as const,
    EbsOptimized: false,
    InstallUpdatesOnBoot: true,
    Os: stack.DefaultOs,
    RootDeviceType: stack.DefaultRootDeviceType,
    SshKeyName: stack.DefaultSshKeyName,
    Tenancy: 'default',
    VirtualizationType: 'hvm',
    ...input,
    StackId: stack.StackId,
    Hostname,
    SubnetId: subnet.id,
    AvailabilityZone: subnet.zone,
  };
  const id = randomUUID();
  state.instancesById.set(id, { id, settings, status: 'stopped', createdAt: timestamp(state) });
  return { InstanceId: id };
}

const HOSTNAME = /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

function checkHostname(state: OpsWorksState, stack: string, name: string): void {
  if (!HOSTNAME.test(name)) throw validationException(`"${name}" is not a valid hostname`);
  const others = state.instancesById.values().filter(({ settings }) => settings.StackId === stack);
  if (others.some(({ settings }) => settings.Hostname === name))
    throw validationException(`The hostname "${name}" is already in use`);
}

/** The layer's short name and the lowest free number, the hostname theme Layer_Dependent. */
function suggestion(state: OpsWorksState, layer: string): string {
  const { Shortname = '' } = layerOf(state, layer);
  const taken = new Set(state.instancesById.values().map(({ settings }) => settings.Hostname));
  for (let n = 1; ; n += 1) if (!taken.has(`${Shortname}${n}`)) return `${Shortname}${n}`;
}

export function getHostnameSuggestion(state: OpsWorksState, { LayerId }: GetHostnameSuggestionRequest): object {
  return { LayerId, Hostname: suggestion(state, layerOf(state, LayerId).LayerId) };
}

export function describeOpsInstances(state: OpsWorksState, input: DescribeInstancesRequest, call?: Call): object {
  const { StackId, LayerId, InstanceIds } = input;
  if ([StackId, LayerId, InstanceIds].filter((given) => given !== undefined).length !== 1)
    throw provideOneKind('instance IDs or one stack ID or one layer ID');
  const all = state.instancesById.values(call?.lagMs);
  return { Instances: selectedInstances(state, all, input).map((instance) => instanceShape(state, instance)) };
}

function selectedInstances(
  state: OpsWorksState,
  all: readonly OpsInstance[],
  input: DescribeInstancesRequest,
): readonly OpsInstance[] {
  if (input.StackId !== undefined) {
    const { StackId } = stackOf(state, input.StackId);
    return all.filter(({ settings }) => settings.StackId === StackId);
  }
  if (input.LayerId !== undefined) {
    const { LayerId } = layerOf(state, input.LayerId);
    return all.filter(({ settings }) => settings.LayerIds?.includes(LayerId));
  }
  return (input.InstanceIds ?? []).map((id) => {
    const found = all.find((instance) => instance.id === id);
    if (found === undefined) throw opsWorksNotFound('instance', id);
    return found;
  });
}

function instanceShape(state: OpsWorksState, { id, settings, status, createdAt, ec2 }: OpsInstance): Instance {
  const machine = ec2 === undefined ? undefined : state.instances.find(ec2);
  const { LayerIds = [] } = settings;
  return {
    ...(settings as Omit<Instance, 'LayerIds'>),
    LayerIds: [...LayerIds],
    Arn: `arn:aws:opsworks:${state.region}:${ACCOUNT}:instance/${id}`,
    InstanceId: id,
    Status: status,
    CreatedAt: createdAt,
    InfrastructureClass: 'ec2',
    SecurityGroupIds: [state.ec2.network.securityGroup],
    ...(ec2 !== undefined && { Ec2InstanceId: ec2 }),
    ...(machine !== undefined && machine.state !== 'terminated' && { PrivateIp: machine.address }),
  };
}

/** Requires a stopped instance; AWS's rules for other statuses are not documented. */
export function updateInstance(state: OpsWorksState, { InstanceId, ...change }: UpdateInstanceRequest): object {
  const instance = instanceOf(state, InstanceId);
  if (instance.status !== 'stopped') throw validationException('An instance can be changed only while it is stopped');
  for (const id of change.LayerIds ?? []) layerOf(state, id);
  const settings = { ...instance.settings, ...(change as Partial<CreateInstanceRequest>) };
  state.instancesById.set(instance.id, { ...instance, settings: { ...settings, StackId: instance.settings.StackId } });
  return {};
}

const DELETABLE: ReadonlySet<string> = new Set(['stopped', 'start_failed']);

/** "You must stop an instance before you can delete it" (OpsWorks API, DeleteInstance). Terminates its EC2 instance. */
export function deleteInstance(state: OpsWorksState, { InstanceId }: DeleteInstanceRequest): object {
  const instance = instanceOf(state, InstanceId);
  if (!DELETABLE.has(instance.status)) throw validationException('Please stop the instance before you delete it');
  state.instancesById.set(instance.id, undefined);
  terminateEc2Instance(state, instance.ec2);
  return {};
}
