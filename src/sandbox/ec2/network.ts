import type {
  DescribeAvailabilityZonesRequest,
  DescribeAvailabilityZonesResult,
  DescribeSecurityGroupsRequest,
  DescribeSecurityGroupsResult,
  DescribeSubnetsRequest,
  DescribeSubnetsResult,
  DescribeVpcsRequest,
  DescribeVpcsResult,
  Subnet as SubnetShape,
} from '@aws-sdk/client-ec2';
import { ApiError } from '../service.ts';
import { ec2Error } from './errors.ts';
import { filtered } from './filters.ts';
import { pageBySequence } from './paging.ts';
import { ACCOUNT, type Ec2State, type Subnet } from './state.ts';

export function describeSubnets(state: Ec2State, input: DescribeSubnetsRequest): DescribeSubnetsResult {
  const { subnets, vpc } = state.network;
  const unknown = (input.SubnetIds ?? []).filter((id) => !subnets.some((subnet) => subnet.id === id));
  if (unknown.length > 0) throw ec2Error.notFound('InvalidSubnetID.NotFound', 'subnet', unknown);
  const named = subnets.filter((subnet) => input.SubnetIds?.includes(subnet.id) ?? true);
  const table = {
    'availability-zone': (subnet: Subnet) => subnet.zone,
    availabilityZone: (subnet: Subnet) => subnet.zone,
    'cidr-block': (subnet: Subnet) => subnet.cidr,
    'default-for-az': () => 'true',
    'owner-id': () => ACCOUNT,
    state: () => 'available',
    'subnet-id': (subnet: Subnet) => subnet.id,
    'vpc-id': () => vpc,
  };
  const selected = filtered(named, input.Filters, table, (subnet) => state.tags.of(subnet.id));
  const { items, next } = pageBySequence(selected, input, state.pageSize);
  return { Subnets: items.map((subnet) => subnetShape(state, subnet)), ...next };
}

function subnetShape(state: Ec2State, subnet: Subnet): SubnetShape {
  return {
    AvailabilityZone: subnet.zone,
    AvailabilityZoneId: zoneId(state, subnet.index),
    AvailableIpAddressCount: state.block.free(subnet.index),
    CidrBlock: subnet.cidr,
    DefaultForAz: true,
    MapPublicIpOnLaunch: false,
    OwnerId: ACCOUNT,
    State: 'available',
    SubnetArn: `arn:aws:ec2:${state.region}:${ACCOUNT}:subnet/${subnet.id}`,
    SubnetId: subnet.id,
    Tags: state.tags.list(subnet.id),
    VpcId: state.network.vpc,
  };
}

/** For example, `euw1-az1` for the first zone of eu-west-1. */
function zoneId(state: Ec2State, index: number): string {
  const [area = '', direction = '', number = ''] = state.region.split('-');
  return `${area}${direction.charAt(0)}${number}-az${index + 1}`;
}

export function describeAvailabilityZones(
  state: Ec2State,
  input: DescribeAvailabilityZonesRequest,
): DescribeAvailabilityZonesResult {
  const zones = state.network.subnets;
  const unknown = (input.ZoneNames ?? []).find((name) => !zones.some(({ zone }) => zone === name));
  if (unknown !== undefined) throw ec2Error.invalid(`Invalid availability zone: [${unknown}]`);
  const named = zones.filter(({ zone }) => input.ZoneNames?.includes(zone) ?? true);
  const table = {
    'region-name': () => state.region,
    state: () => 'available',
    'zone-name': ({ zone }: Subnet) => zone,
    'zone-id': ({ index }: Subnet) => zoneId(state, index),
    'zone-type': () => 'availability-zone',
  };
  const shown = filtered(named, input.Filters, table);
  return {
    AvailabilityZones: shown.map(({ zone, index }) => ({
      GroupName: state.region,
      NetworkBorderGroup: state.region,
      OptInStatus: 'opt-in-not-required',
      RegionName: state.region,
      State: 'available',
      ZoneId: zoneId(state, index),
      ZoneName: zone,
      ZoneType: 'availability-zone',
    })),
  };
}

export function describeVpcs(state: Ec2State, input: DescribeVpcsRequest): DescribeVpcsResult {
  const { vpc, cidr } = state.network;
  const unknown = (input.VpcIds ?? []).filter((id) => id !== vpc);
  if (unknown.length > 0) throw ec2Error.notFound('InvalidVpcID.NotFound', 'vpc', unknown);
  const table = {
    cidr: () => cidr,
    'is-default': () => 'true',
    'owner-id': () => ACCOUNT,
    state: () => 'available',
    'vpc-id': () => vpc,
  };
  const shown = filtered([{ vpc }], input.Filters, table, () => state.tags.of(vpc));
  const shape = { CidrBlock: cidr, IsDefault: true, OwnerId: ACCOUNT, State: 'available', VpcId: vpc } as const;
  return { Vpcs: shown.map(() => ({ ...shape, Tags: state.tags.list(vpc) })) };
}

export function describeSecurityGroups(
  state: Ec2State,
  input: DescribeSecurityGroupsRequest,
): DescribeSecurityGroupsResult {
  const { securityGroup: id, vpc } = state.network;
  const unknown =
    (input.GroupIds ?? []).find((wanted) => wanted !== id) ??
    (input.GroupNames ?? []).find((name) => name !== 'default');
  if (unknown !== undefined)
    throw new ApiError('InvalidGroup.NotFound', `The security group '${unknown}' does not exist`);
  const table = { 'group-id': () => id, 'group-name': () => 'default', 'owner-id': () => ACCOUNT, 'vpc-id': () => vpc };
  const shown = filtered([{ id }], input.Filters, table, () => state.tags.of(id));
  const shape = {
    Description: 'default VPC security group',
    GroupId: id,
    GroupName: 'default',
    OwnerId: ACCOUNT,
    VpcId: vpc,
  };
  // A default group lets in what is in it, and lets out everything (VPC user guide, "Default security groups").
  const rules = {
    IpPermissions: [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: id, UserId: ACCOUNT }] }],
    IpPermissionsEgress: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
  };
  return { SecurityGroups: shown.map(() => ({ ...shape, ...rules, Tags: state.tags.list(id) })) };
}
