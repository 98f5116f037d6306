import type {
  DescribeNetworkInterfacesRequest,
  DescribeNetworkInterfacesResult,
  DescribeRegionsRequest,
  DescribeRegionsResult,
} from '@aws-sdk/client-ec2';
import type { Call } from '../service.ts';
import { visible } from './describe.ts';
import { ec2Error } from './errors.ts';
import { filtered, type FilterTable } from './filters.ts';
import { pageBySequence } from './paging.ts';
import { interfaceShape } from './shapes.ts';
import { ACCOUNT, type Ec2State, type InstanceRecord } from './state.ts';

const idOf = ({ id }: InstanceRecord): string => id.replace('i-', 'eni-');

const FILTERS: FilterTable<InstanceRecord> = {
  'attachment.instance-id': ({ id }) => id,
  'availability-zone': ({ machine }) => machine.zone,
  'group-id': ({ groups }) => groups,
  'network-interface-id': idOf,
  'private-ip-address': ({ machine }) => machine.address,
  status: () => 'in-use',
  'subnet-id': ({ subnet }) => subnet.id,
};

/** Those of instances: one each. */
export function describeNetworkInterfaces(
  state: Ec2State,
  input: DescribeNetworkInterfacesRequest,
  call?: Call,
): DescribeNetworkInterfacesResult {
  const all = visible(state, call?.lagMs).filter(({ machine }) => machine.state !== 'terminated');
  const unknown = (input.NetworkInterfaceIds ?? []).filter((id) => !all.some((record) => idOf(record) === id));
  if (unknown.length > 0) throw ec2Error.notFound('InvalidNetworkInterfaceID.NotFound', 'networkInterface', unknown);
  const named = all.filter((record) => input.NetworkInterfaceIds?.includes(idOf(record)) ?? true);
  const table = { ...FILTERS, 'vpc-id': () => state.network.vpc };
  const { items, next } = pageBySequence(filtered(named, input.Filters, table), input, state.pageSize);
  const shown = items.map((record) => {
    const { Attachment, ...face } = interfaceShape(state, record);
    return {
      ...face,
      Attachment: { ...Attachment, InstanceId: record.id, InstanceOwnerId: ACCOUNT },
      AvailabilityZone: record.machine.zone,
      OwnerId: ACCOUNT,
      TagSet: [],
    };
  });
  return { NetworkInterfaces: shown as NonNullable<DescribeNetworkInterfacesResult['NetworkInterfaces']>, ...next };
}

/** There is only this one. */
export function describeRegions({ region }: Ec2State, input: DescribeRegionsRequest): DescribeRegionsResult {
  const unknown = (input.RegionNames ?? []).find((name) => name !== region);
  if (unknown !== undefined) throw ec2Error.invalid(`Invalid region names: [${unknown}]`);
  const table = { endpoint: () => endpoint, 'opt-in-status': () => 'opt-in-not-required', 'region-name': () => region };
  const endpoint = `ec2.${region}.amazonaws.com`;
  const shown = filtered([region], input.Filters, table);
  return {
    Regions: shown.map((RegionName) => ({ RegionName, Endpoint: endpoint, OptInStatus: 'opt-in-not-required' })),
  };
}
