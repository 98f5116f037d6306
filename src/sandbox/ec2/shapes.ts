import type { Instance, InstanceState, Reservation } from '@aws-sdk/client-ec2';
import type { InstanceState as StateName } from '../../domain/snapshot.ts';
import { ACCOUNT, type Ec2State, type InstanceRecord } from './state.ts';

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
    BlockDeviceMappings: [],
    ...(record.clientToken !== undefined && { ClientToken: record.clientToken }),
    EbsOptimized: false,
    Hypervisor: 'xen',
    ...(record.profile !== undefined && { IamInstanceProfile: { Arn: record.profile, Id: 'AIPAEXAMPLE' } }),
    ImageId: record.image,
    InstanceId: record.id,
    InstanceType: record.type as NonNullable<Instance['InstanceType']>,
    ...(record.keyName !== undefined && { KeyName: record.keyName }),
    LaunchTime: record.launchedAt,
    Monitoring: { State: 'disabled' },
    Placement: { AvailabilityZone: machine.zone, GroupName: '', Tenancy: 'default' },
    RootDeviceName: '/dev/xvda',
    RootDeviceType: 'ebs',
    State: stateShape(machine.state),
    ...(machine.reason && { StateReason: machine.reason }),
    StateTransitionReason: transitionReason(record),
    Tags: state.tags.list(record.id, lagMs),
    VirtualizationType: 'hvm',
  };
}

function networkShape(state: Ec2State, record: InstanceRecord): Partial<Instance> {
  if (record.machine.state === 'terminated') return { PrivateDnsName: '', PublicDnsName: '', SecurityGroups: [] };
  const { address } = record.machine;
  return {
    PrivateDnsName: `ip-${address.replaceAll('.', '-')}.${state.region}.compute.internal`,
    PrivateIpAddress: address,
    PublicDnsName: '',
    SecurityGroups: record.groups.map((GroupId) => ({ GroupId, GroupName: 'default' })),
    SourceDestCheck: true,
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
