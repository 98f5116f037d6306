import type {
  DescribeInstancesRequest,
  DescribeInstancesResult,
  DescribeInstanceStatusRequest,
  DescribeInstanceStatusResult,
  GetConsoleOutputRequest,
  Filter,
  GetConsoleOutputResult,
  InstanceStatus,
  SummaryStatus,
} from '@aws-sdk/client-ec2';
import type { Call } from '../service.ts';
import { checkIds, ec2Error, INSTANCE } from './errors.ts';
import { filtered, type FilterTable } from './filters.ts';
import { pageBySequence } from './paging.ts';
import { reservationShapes, stateShape } from './shapes.ts';
import { ACCOUNT, type Ec2State, type InstanceRecord } from './state.ts';

/** How long a terminated instance stays visible (EC2 user guide: "usually about an hour"). */
const VISIBLE_MS = 3_600_000;

/** All visible instances, as they were `lagMs` ago. Removes those that were terminated too long ago. */
export function visible(state: Ec2State, lagMs = 0): readonly InstanceRecord[] {
  const until = state.clock.now() - VISIBLE_MS;
  return state.records.values(lagMs).filter((record) => {
    const gone = record.machine.state === 'terminated' && record.changedAt.getTime() < until;
    if (gone) forget(state, record.id);
    return !gone;
  });
}

function forget(state: Ec2State, id: string): void {
  state.records.set(id, undefined);
  state.tags.set(id, {});
  state.instances.forget(id);
}

const FILTERS: FilterTable<InstanceRecord> = {
  'availability-zone': (record) => record.machine.zone,
  architecture: () => 'x86_64',
  'client-token': (record) => record.clientToken,
  'iam-instance-profile.arn': (record) => record.profile?.Arn,
  'group-id': (record) => record.groups,
  'group-name': () => 'default',
  hypervisor: () => 'xen',
  'image-id': (record) => record.image,
  'instance-id': (record) => record.id,
  'instance-state-code': (record) => String(stateShape(record.machine.state).Code),
  'instance-state-name': (record) => record.machine.state,
  'instance-type': (record) => record.type,
  'instance.group-id': (record) => record.groups,
  'key-name': (record) => record.keyName,
  'launch-time': (record) => record.launchedAt.toISOString(),
  'network-interface.network-interface-id': (record) => record.id.replace('i-', 'eni-'),
  'owner-id': () => ACCOUNT,
  'root-device-type': () => 'ebs',
  'virtualization-type': () => 'hvm',
  'private-ip-address': (record) => (record.machine.state === 'terminated' ? undefined : record.machine.address),
  'reservation-id': (record) => record.reservation,
  'state-reason-code': (record) => record.machine.reason?.Code,
  'subnet-id': (record) => (record.machine.state === 'terminated' ? undefined : record.subnet.id),
};

function select(
  state: Ec2State,
  input: DescribeInstancesRequest,
  lagMs: number,
  from = visible(state, lagMs),
): readonly InstanceRecord[] {
  const ids = input.InstanceIds;
  if (ids && input.MaxResults !== undefined) {
    throw ec2Error.combination('The parameter instancesSet cannot be used with the parameter maxResults');
  }
  const all = new Set(from.map((record) => record.id));
  if (ids) checkIds(ids, (id) => all.has(id), INSTANCE);
  const wanted = ids && new Set(ids);
  const named = wanted ? from.filter((record) => wanted.has(record.id)) : from;
  const inVpc = (record: InstanceRecord) => (record.machine.state === 'terminated' ? undefined : state.network.vpc);
  const table = { ...FILTERS, 'vpc-id': inVpc };
  return filtered(named, input.Filters, table, (record) => state.tags.of(record.id, lagMs));
}

export function describeInstances(
  state: Ec2State,
  input: DescribeInstancesRequest,
  call?: Call,
): DescribeInstancesResult {
  const lagMs = call?.lagMs ?? 0;
  const selected = select(state, input, lagMs);
  const { items, next } = pageBySequence(selected, input, input.InstanceIds ? Infinity : state.pageSize);
  return { Reservations: reservationShapes(state, items, lagMs), ...next };
}

export function describeInstanceStatus(
  state: Ec2State,
  input: DescribeInstanceStatusRequest,
  call?: Call,
): DescribeInstanceStatusResult {
  const lagMs = call?.lagMs ?? 0;
  const shown = visible(state, lagMs);
  const known = input.InstanceIds && select(state, { InstanceIds: input.InstanceIds }, lagMs, shown);
  const from = (known ?? shown).filter((record) => input.IncludeAllInstances || record.machine.state === 'running');
  const table: FilterTable<InstanceRecord> = {
    'instance-status.status': (record) => statusOf(state, record),
    'system-status.status': (record) => (record.machine.state === 'running' ? 'ok' : 'not-applicable'),
  };
  const isStatus = ({ Name = '' }: Filter): boolean => Object.hasOwn(table, Name);
  const Filters = input.Filters?.filter((filter) => !isStatus(filter));
  const named = select(state, { Filters }, lagMs, from);
  const selected = filtered(named, input.Filters?.filter(isStatus), table);
  const { items, next } = pageBySequence(selected, input, input.InstanceIds ? Infinity : state.pageSize);
  return { InstanceStatuses: items.map((record) => statusShape(state, record)), ...next };
}

/** Of the instance status check. */
function statusOf(state: Ec2State, { id, machine }: InstanceRecord): SummaryStatus {
  if (machine.state !== 'running') return 'not-applicable';
  return state.impaired.has(id) ? 'impaired' : 'ok';
}

function statusShape(state: Ec2State, record: InstanceRecord): InstanceStatus {
  const isRunning = record.machine.state === 'running';
  return {
    AvailabilityZone: record.machine.zone,
    InstanceId: record.id,
    InstanceState: stateShape(record.machine.state),
    InstanceStatus: { Status: statusOf(state, record) },
    SystemStatus: { Status: isRunning ? 'ok' : 'not-applicable' },
  };
}

export function getConsoleOutput(state: Ec2State, input: GetConsoleOutputRequest): GetConsoleOutputResult {
  const id = input.InstanceId ?? '';
  checkIds([id], (known) => state.records.get(known) !== undefined, INSTANCE);
  const output = Buffer.from(state.instances.output(id)).toString('base64');
  return { InstanceId: id, Output: output, Timestamp: state.now() };
}
