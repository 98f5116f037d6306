import { randomBytes } from 'node:crypto';
import type { BlockDeviceMapping, Reservation, RunInstancesRequest, Tag } from '@aws-sdk/client-ec2';
import { ApiError } from '../service.ts';
import { checkKey, profileOf } from './access.ts';
import { ec2Error } from './errors.ts';
import { imageOf } from './images.ts';
import { reservationShapes } from './shapes.ts';
import type { Ec2State, Image, InstanceRecord, Subnet, TemplateVersion } from './state.ts';
import { checkedTags, type TagMap } from './tags.ts';
import { checkType } from './types.ts';
import { findVersion } from './templates.ts';
import { roomFor } from './vcpus.ts';
import { attachVolumes, mappingsOf, replaceRootVolume } from './volumes.ts';
import { withoutUndefined } from '../records.ts';

/** Of a request that names none (EC2 API, RunInstances). */
const DEFAULT_TYPE = 'm1.small';
const TOKEN_MAX = 64;
const USER_DATA_MAX_BYTES = 16_384;

/** A validated launch: the parameters of the request merged with those of its template. */
interface Launch {
  readonly request: RunInstancesRequest;
  readonly version: TemplateVersion | undefined;
  readonly image: Image;
  readonly subnet: Subnet;
  readonly groups: readonly string[];
  readonly tags: TagMap;
  readonly volumeTags: TagMap;
  readonly mappings: readonly BlockDeviceMapping[];
  readonly release: string;
}

export interface LaunchHooks {
  /** Replaces the default boot time. */
  readonly bootMs?: number;
}

/**
 * RunInstances. The request's parameters override the template's. A ClientToken that was used for the same request
 * returns the instances of that request; for another request it is an error (EC2 API, "Ensuring idempotency").
 */
export function runInstances(state: Ec2State, input: RunInstancesRequest, hooks: LaunchHooks = {}): Reservation {
  const { ClientToken: given, ...rest } = input;
  const token = given === undefined ? undefined : `${given}${zoneIn(state, input)}`;
  const request = JSON.stringify(rest);
  const used = token === undefined ? undefined : state.tokens.get(token);
  if (used && used.request !== request) {
    throw new ApiError(
      'IdempotentParameterMismatch',
      'Arguments on this idempotent request are inconsistent with arguments used in previous request(s)',
    );
  }
  if (used) return reservationOf(state, used.reservation);
  if (given !== undefined && given.length > TOKEN_MAX)
    throw ec2Error.invalid(`ClientToken is longer than ${TOKEN_MAX} characters`);
  const launch = prepareLaunch(state, input);
  const count = Math.min(
    countOf(state, input, launch.subnet),
    roomFor(state, launch.request.InstanceType ?? DEFAULT_TYPE, input.MinCount ?? 1),
  );
  const reservation = `r-0${randomBytes(8).toString('hex')}`;
  for (let index = 0; index < count; index += 1) boot(state, launch, reservation, index, hooks);
  if (token !== undefined) state.tokens.set(token, { request, reservation });
  return reservationOf(state, reservation);
}

/** A token is of a zone where the request names one, itself or by a subnet; else of the region (EC2 API, "Ensuring idempotency"). */
function zoneIn({ network: { subnets } }: Ec2State, request: RunInstancesRequest): string {
  const subnet = request.SubnetId ?? request.NetworkInterfaces?.[0]?.SubnetId;
  const zone = request.Placement?.AvailabilityZone ?? subnets.find(({ id }) => id === subnet)?.zone;
  return zone === undefined ? '' : ` in ${zone}`;
}

function reservationOf(state: Ec2State, reservation: string): Reservation {
  const records = state.records.values().filter((record) => record.reservation === reservation);
  return reservationShapes(state, records)[0] ?? { ReservationId: reservation, Instances: [], Groups: [] };
}

/** Throws what a launch would be refused for, whatever room there is. */
export function prepareLaunch(state: Ec2State, input: RunInstancesRequest): Launch {
  const version =
    input.LaunchTemplate && findVersion(state, input.LaunchTemplate, input.LaunchTemplate.Version ?? '$Default');
  const request = {
    ...(version?.data as Partial<RunInstancesRequest> | undefined),
    ...(withoutUndefined(input) as RunInstancesRequest),
  };
  if (!request.ImageId) throw ec2Error.missing('ImageId');
  checkType(request.InstanceType);
  const subnet = subnetOf(state, request);
  const image = imageOf(state, request.ImageId);
  checkUserData(request.UserData);
  checkInterfaces(request);
  checkKey(state, request.KeyName);
  profileOf(state, request);
  return {
    request,
    version,
    image,
    subnet,
    groups: groupsOf(state, request),
    tags: tagsOf(request, version),
    volumeTags: checkedTags(sentTags(request, 'volume')),
    mappings: mappingsOf(image, request),
    release: releaseOf(state, image, request.UserData, version),
  };
}

/** MaxCount or as many as fit, but at least MinCount (EC2 API, RunInstances). */
function countOf(
  state: Ec2State,
  { MinCount: min = 1, MaxCount: max = min }: RunInstancesRequest,
  subnet: Subnet,
): number {
  if (min < 1) throw ec2Error.invalid(`Value (${min}) for parameter minCount is invalid. Expecting a positive number.`);
  if (max < min)
    throw ec2Error.invalid(`Value (${max}) for parameter maxCount is invalid. It must not be below minCount (${min}).`);
  const free = state.block.free(subnet.index);
  if (free < min) {
    throw new ApiError(
      'InsufficientFreeAddressesInSubnet',
      `The specified subnet does not have enough free addresses to satisfy the request.`,
    );
  }
  return Math.min(max, free);
}

function subnetOf(state: Ec2State, request: RunInstancesRequest): Subnet {
  const { subnets } = state.network;
  const id = request.SubnetId ?? request.NetworkInterfaces?.[0]?.SubnetId;
  const zone = request.Placement?.AvailabilityZone;
  const found = subnets.find((subnet) => (id ? subnet.id === id : !zone || subnet.zone === zone));
  if (!found && id) throw ec2Error.notFound('InvalidSubnetID.NotFound', 'subnet', [id]);
  if (!found) throw ec2Error.invalid(`Invalid availability zone: [${zone}]`);
  if (zone && found.zone !== zone)
    throw ec2Error.combination(`The subnet '${found.id}' is in the availability zone ${found.zone}, not in ${zone}`);
  return found;
}

/** With network interfaces, subnet and security groups are theirs (EC2 API, RunInstances). */
function checkInterfaces({
  NetworkInterfaces: all = [],
  SubnetId: subnet,
  SecurityGroupIds: groups,
}: RunInstancesRequest): void {
  if (all.length === 0 || (subnet === undefined && groups === undefined)) return;
  const what = subnet === undefined ? 'security groups' : 'subnet ID';
  throw ec2Error.combination(
    `Network interfaces and an instance-level ${what} may not be specified on the same request`,
  );
}

function groupsOf(state: Ec2State, request: RunInstancesRequest): readonly string[] {
  const { securityGroup, vpc } = state.network;
  const name = request.SecurityGroups?.find((one) => one !== 'default');
  if (name !== undefined)
    throw new ApiError('InvalidGroup.NotFound', `The security group '${name}' does not exist in default VPC '${vpc}'`);
  const groups = request.SecurityGroupIds ?? request.NetworkInterfaces?.[0]?.Groups ?? [securityGroup];
  const unknown = groups.find((group) => group !== securityGroup);
  if (unknown !== undefined)
    throw new ApiError('InvalidGroup.NotFound', `The security group '${unknown}' does not exist`);
  return groups;
}

/** Tags of the instances, and those that EC2 adds. */
function tagsOf(request: RunInstancesRequest, version: TemplateVersion | undefined): TagMap {
  const own = checkedTags(sentTags(request, 'instance'));
  if (!version) return own;
  return {
    ...own,
    'aws:ec2launchtemplate:id': version.template,
    'aws:ec2launchtemplate:version': String(version.number),
  };
}

function sentTags({ TagSpecifications: specs = [] }: RunInstancesRequest, kind: 'instance' | 'volume'): readonly Tag[] {
  return specs.filter((part) => part.ResourceType === kind).flatMap((part) => part.Tags ?? []);
}

function checkUserData(data: string | undefined): void {
  if (data === undefined) return;
  if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(data)) throw ec2Error.invalid('Invalid BASE64 encoding of user data');
  if (Buffer.from(data, 'base64').length > USER_DATA_MAX_BYTES) {
    throw ec2Error.invalid(`User data is limited to ${USER_DATA_MAX_BYTES} bytes`);
  }
}

/** The release of an instance: that of the instance its image was made of, else the image's `Release` tag, else a `RELEASE=` line in its user data, else its template's tag. */
function releaseOf(
  state: Ec2State,
  image: Image,
  userData: string | undefined,
  version: TemplateVersion | undefined,
): string {
  const text = Buffer.from(userData ?? '', 'base64').toString();
  const line = /(?:^|[\s;&|"'])RELEASE=["']?([^"'\s;&|]+)/.exec(text)?.[1];
  const template = version && state.tags.of(version.template).Release;
  return image.release ?? state.tags.of(image.id).Release ?? line ?? template ?? 'unknown';
}

/** Boots an instance from another image, in place: its app is down meanwhile. Throws EC2's errors. @returns false where it does not run */
export async function bootFrom(state: Ec2State, id: string, imageId: string): Promise<boolean> {
  const image = imageOf(state, imageId);
  const record = state.records.get(id);
  if (record?.machine.state !== 'running') return false;
  replaceRootVolume(state, id, record.machine.zone, image);
  state.records.set(id, { ...record, image: image.id });
  return state.instances.deploy(id, releaseOf(state, image, record.userData, undefined));
}

function boot(state: Ec2State, launch: Launch, reservation: string, index: number, hooks: LaunchHooks): void {
  const { request, subnet, release } = launch;
  const machine = state.instances.launch({ zone: subnet.zone, zoneIndex: subnet.index, release, ...hooks });
  const record: InstanceRecord = {
    id: machine.id,
    seq: state.nextSeq(),
    machine,
    reservation,
    index,
    image: launch.image.id,
    request,
    type: request.InstanceType ?? DEFAULT_TYPE,
    subnet,
    groups: launch.groups,
    keyName: request.KeyName,
    profile: profileOf(state, request),
    userData: request.UserData,
    protected: request.DisableApiTermination ?? false,
    clientToken: request.ClientToken,
    launchedAt: state.now(),
    changedAt: state.now(),
  };
  state.tags.set(machine.id, launch.tags);
  attachVolumes(state, machine.id, subnet.zone, launch.mappings, launch.volumeTags);
  state.records.set(machine.id, record);
}
