import type {
  GroupIdentifier,
  Instance,
  InstanceNetworkInterface,
  InstanceState,
  Reservation,
} from '@aws-sdk/client-ec2';
import type { InstanceState as StateName } from '../../domain/snapshot.ts';
import { ACCOUNT, type Ec2State, type InstanceRecord } from './state.ts';
import { typeFacts } from './types.ts';
import { attachedShapes } from './volumes.ts';

const STATE_CODES: Readonly<Record<StateName, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

export function stateShape(name: StateName): InstanceState {
  return { Code: STATE_CODES[name], Name: name };
}

/** An instance as DescribeInstances returns it; a terminated one has no network. */
function instanceShape(state: Ec2State, record: InstanceRecord, lagMs = 0): Instance {
  const { machine } = record;
  return {
    ...networkShape(state, record),
    AmiLaunchIndex: record.index,
    Architecture: 'x86_64',
    BlockDeviceMappings: attachedShapes(state, record.id),
    ...(record.clientToken !== undefined && { ClientToken: record.clientToken }),
    Hypervisor: 'xen',
    ...(record.profile !== undefined && {
      IamInstanceProfile: { Arn: record.profile.Arn, Id: record.profile.InstanceProfileId },
    }),
    ImageId: record.image,
    InstanceId: record.id,
    InstanceType: record.type as NonNullable<Instance['InstanceType']>,
    ...(record.keyName !== undefined && { KeyName: record.keyName }),
    LaunchTime: record.launchedAt,
    ...launchedShape(record),
    RootDeviceName: state.images.get(record.image)?.devices[0]?.device ?? '/dev/xvda',
    RootDeviceType: 'ebs',
    State: stateShape(machine.state),
    ...(machine.reason && { StateReason: machine.reason }),
    StateTransitionReason: transitionReason(record),
    Tags: state.tags.list(record.id, lagMs),
    VirtualizationType: 'hvm',
  };
}

/** What its launch asked for, and what EC2 says where it did not. */
function launchedShape({ machine, request, type }: InstanceRecord): Partial<Instance> {
  const { MetadataOptions: metadata, Placement: placement, CpuOptions: cpu } = request;
  const { vcpus, threads } = typeFacts(type);
  return {
    CapacityReservationSpecification: {
      CapacityReservationPreference: 'open',
      ...request.CapacityReservationSpecification,
    },
    CpuOptions: { CoreCount: vcpus / threads, ThreadsPerCore: threads, ...cpu },
    EbsOptimized: request.EbsOptimized ?? false,
    EnclaveOptions: { Enabled: request.EnclaveOptions?.Enabled ?? false },
    HibernationOptions: { Configured: request.HibernationOptions?.Configured ?? false },
    ...(request.InstanceMarketOptions?.MarketType === 'spot' && { InstanceLifecycle: 'spot' }),
    MaintenanceOptions: { AutoRecovery: 'default', ...request.MaintenanceOptions },
    MetadataOptions: {
      State: 'applied',
      HttpEndpoint: 'enabled',
      HttpProtocolIpv6: 'disabled',
      HttpPutResponseHopLimit: 1,
      HttpTokens: 'optional',
      InstanceMetadataTags: 'disabled',
      ...metadata,
    },
    Monitoring: { State: request.Monitoring?.Enabled === true ? 'enabled' : 'disabled' },
    Placement: { Tenancy: 'default', GroupName: '', ...placement, AvailabilityZone: machine.zone },
    PrivateDnsNameOptions: { HostnameType: 'ip-name', ...request.PrivateDnsNameOptions },
  };
}

function networkShape(state: Ec2State, record: InstanceRecord): Partial<Instance> {
  if (record.machine.state === 'terminated') return { PrivateDnsName: '', PublicDnsName: '', SecurityGroups: [] };
  const { address } = record.machine;
  return {
    PrivateDnsName: `ip-${address.replaceAll('.', '-')}.${state.region}.compute.internal`,
    PrivateIpAddress: address,
    PublicDnsName: '',
    NetworkInterfaces: [interfaceShape(state, record)],
    SecurityGroups: groupShapes(record),
    SourceDestCheck: true,
    SubnetId: record.subnet.id,
    VpcId: state.network.vpc,
  };
}

function groupShapes({ groups }: InstanceRecord): GroupIdentifier[] {
  return groups.map((GroupId) => ({ GroupId, GroupName: 'default' }));
}

export function interfaceShape(state: Ec2State, record: InstanceRecord): InstanceNetworkInterface {
  const { address } = record.machine;
  const isPublic = record.request.NetworkInterfaces?.[0]?.AssociatePublicIpAddress === true;
  return {
    ...(isPublic && { Association: { IpOwnerId: 'amazon', PublicIp: address } }),
    Attachment: { DeleteOnTermination: true, DeviceIndex: 0, Status: 'attached' },
    Groups: groupShapes(record),
    InterfaceType: 'interface',
    Ipv6Addresses: [],
    NetworkInterfaceId: record.id.replace('i-', 'eni-'),
    PrivateIpAddress: address,
    PrivateIpAddresses: [{ Primary: true, PrivateIpAddress: address }],
    SourceDestCheck: true,
    Status: 'in-use',
    SubnetId: record.subnet.id,
    VpcId: state.network.vpc,
  };
}

function transitionReason(record: InstanceRecord): string {
  if (!record.machine.reason) return '';
  const time = record.changedAt.toISOString().replace('T', ' ').replace(/\..*/, ' GMT');
  return record.machine.reason.Code.startsWith('Client.')
    ? `User initiated (${time})`
    : `Server.InternalError (${time})`;
}

/** Instances grouped by reservation, in order. */
export function reservationShapes(state: Ec2State, records: readonly InstanceRecord[], lagMs = 0): Reservation[] {
  const byId = Map.groupBy(records, (record) => record.reservation);
  return [...byId].map(([ReservationId, members]) => ({
    Groups: [],
    Instances: members.map((record) => instanceShape(state, record, lagMs)),
    OwnerId: ACCOUNT,
    ReservationId,
  }));
}
