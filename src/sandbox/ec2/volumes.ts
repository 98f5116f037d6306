import { randomBytes } from 'node:crypto';
import type {
  BlockDeviceMapping,
  DeleteVolumeRequest,
  DescribeVolumesRequest,
  DescribeVolumesResult,
  InstanceBlockDeviceMapping,
  RunInstancesRequest,
  Volume,
} from '@aws-sdk/client-ec2';
import { ApiError, type Call } from '../service.ts';
import { ec2Error } from './errors.ts';
import { filtered, type FilterTable } from './filters.ts';
import { pageBySequence } from './paging.ts';
import { ACCOUNT, type Ec2State, type Image, type VolumeRecord } from './state.ts';
import type { TagMap } from './tags.ts';

/** Volumes of Elastic Block Store: those that instances are launched with. */

type Ebs = NonNullable<BlockDeviceMapping['Ebs']>;

/** Types whose IOPS can be set, and the default of the others, which are only shown (EC2 API, EbsBlockDevice). */
const IOPS_SET: Readonly<Record<string, number | undefined>> = { gp3: 3000, io1: undefined, io2: undefined };
const GP3_THROUGHPUT = 125;
const DEFAULT_KEY = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/aws-ebs`;

/** The mappings of an image with those of the request over them, by device. Throws EC2's error where it would refuse them. */
export function mappingsOf(
  image: Image,
  { BlockDeviceMappings: given = [] }: RunInstancesRequest,
): readonly BlockDeviceMapping[] {
  const own = image.devices.map(({ device, gb, snapshot }) => {
    return {
      DeviceName: device,
      Ebs: { VolumeSize: gb, VolumeType: 'gp2' as const, SnapshotId: snapshot, DeleteOnTermination: true },
    };
  });
  const devices = new Set([...own, ...given].map(({ DeviceName: name }) => name));
  return [...devices].map((DeviceName) => {
    const below = own.find((one) => one.DeviceName === DeviceName)?.Ebs;
    const above = given.find((one) => one.DeviceName === DeviceName)?.Ebs ?? {};
    const isRoot = DeviceName === image.devices[0]?.device;
    // Only the root volume keeps the image's snapshot when its mapping is overridden without one.
    const base: Ebs =
      isRoot || Object.keys(above).length === 0 ? { ...below } : { DeleteOnTermination: true, VolumeType: 'gp2' };
    const Ebs = { ...base, ...above };
    checkMapping(Ebs, isRoot, below);
    return { DeviceName, Ebs };
  });
}

function checkMapping(
  { VolumeSize, VolumeType = 'gp2', Iops, Throughput, SnapshotId, KmsKeyId, Encrypted }: Ebs,
  isRoot: boolean,
  image: Ebs | undefined,
): void {
  const least = image !== undefined && SnapshotId === image.SnapshotId ? (image.VolumeSize ?? 1) : 1;
  if (isRoot && SnapshotId !== image?.SnapshotId)
    throw ec2Error.invalid('snapshotId cannot be modified on root device');
  if (VolumeSize === undefined) throw ec2Error.missing('Ebs.VolumeSize');
  if (VolumeSize < least)
    throw new ApiError(
      'InvalidBlockDeviceMapping',
      `Volume of size ${VolumeSize}GB is smaller than snapshot '${SnapshotId}', expect size >= ${least}GB`,
    );
  if (Iops !== undefined && !Object.hasOwn(IOPS_SET, VolumeType))
    throw ec2Error.combination(`The parameter iops is not supported for ${VolumeType} volumes.`);
  if (Iops === undefined && (VolumeType === 'io1' || VolumeType === 'io2')) throw ec2Error.missing('iops');
  if (Throughput !== undefined && VolumeType !== 'gp3')
    throw ec2Error.combination(`The parameter throughput is not supported for ${VolumeType} volumes.`);
  if (KmsKeyId !== undefined && Encrypted !== true)
    throw ec2Error.combination('The parameter KmsKeyId requires the parameter Encrypted to be set.');
}

/** Creates the volumes of one instance. */
export function attachVolumes(
  state: Ec2State,
  instance: string,
  zone: string,
  mappings: readonly BlockDeviceMapping[],
  tags: TagMap,
): void {
  const ids = mappings.map(({ DeviceName: device = '', Ebs: ebs = {} }) => {
    const id = `vol-0${randomBytes(8).toString('hex')}`;
    state.volumes.set(id, { id, seq: state.nextSeq(), instance, device, zone, ebs, createdAt: state.now() });
    state.tags.set(id, tags);
    return id;
  });
  state.attached.set(instance, ids);
}

/** The end of an instance: its volumes are deleted, or kept where their mapping says so. */
export function releaseVolumes(state: Ec2State, instance: string): void {
  for (const id of state.attached.get(instance) ?? []) {
    const volume = state.volumes.get(id);
    if (volume?.ebs.DeleteOnTermination === false) state.volumes.set(id, { ...volume, instance: undefined });
    else deleteRecord(state, id);
  }
  state.attached.delete(instance);
}

/** The root volume of an instance becomes one of that image; the one before is deleted (EC2 user guide, "Replace the root volume"). */
export function replaceRootVolume(state: Ec2State, instance: string, zone: string, { devices }: Image): void {
  const [before = '', ...others] = state.attached.get(instance) ?? [];
  const [root] = devices;
  const tags = state.tags.of(before);
  deleteRecord(state, before);
  const Ebs = { VolumeSize: root?.gb, SnapshotId: root?.snapshot };
  attachVolumes(state, instance, zone, [{ DeviceName: root?.device, Ebs }], tags);
  state.attached.set(instance, [...(state.attached.get(instance) ?? []), ...others]);
}

function deleteRecord(state: Ec2State, id: string): void {
  state.volumes.set(id, undefined);
  state.tags.set(id, {});
}

export function attachedShapes(state: Ec2State, instance: string): InstanceBlockDeviceMapping[] {
  const volumes = (state.attached.get(instance) ?? []).flatMap((id) => state.volumes.get(id) ?? []);
  return volumes.map(({ id, device, ebs, createdAt }) => ({
    DeviceName: device,
    Ebs: {
      AttachTime: createdAt,
      DeleteOnTermination: ebs.DeleteOnTermination ?? true,
      Status: 'attached',
      VolumeId: id,
    },
  }));
}

const FILTERS: FilterTable<VolumeRecord> = {
  'attachment.device': (volume) => (volume.instance === undefined ? undefined : volume.device),
  'attachment.instance-id': (volume) => volume.instance,
  'availability-zone': (volume) => volume.zone,
  status: (volume) => statusOf(volume),
  'volume-id': (volume) => volume.id,
};

function statusOf({ instance }: VolumeRecord): 'available' | 'in-use' {
  return instance === undefined ? 'available' : 'in-use';
}

export function describeVolumes(state: Ec2State, input: DescribeVolumesRequest, call?: Call): DescribeVolumesResult {
  const lagMs = call?.lagMs ?? 0;
  const all = state.volumes.values(lagMs);
  const unknown = input.VolumeIds?.find((id) => !all.some((volume) => volume.id === id));
  if (unknown !== undefined) throw notFound(unknown);
  const named = input.VolumeIds ? all.filter(({ id }) => input.VolumeIds?.includes(id)) : all;
  const selected = filtered(named, input.Filters, FILTERS, (volume) => state.tags.of(volume.id, lagMs));
  const { items, next } = pageBySequence(selected, input, input.VolumeIds ? Infinity : state.pageSize);
  return { Volumes: items.map((volume) => volumeShape(state, volume, lagMs)), ...next };
}

function notFound(id: string): ApiError {
  return new ApiError('InvalidVolume.NotFound', `The volume '${id}' does not exist.`);
}

function volumeShape(state: Ec2State, volume: VolumeRecord, lagMs: number): Volume {
  const { id, ebs, device, instance } = volume;
  const type = ebs.VolumeType ?? 'gp2';
  const attachment = {
    AttachTime: volume.createdAt,
    DeleteOnTermination: ebs.DeleteOnTermination ?? true,
    Device: device,
  };
  return {
    Attachments:
      instance === undefined ? [] : [{ ...attachment, InstanceId: instance, State: 'attached', VolumeId: id }],
    AvailabilityZone: volume.zone,
    CreateTime: volume.createdAt,
    Encrypted: ebs.Encrypted ?? false,
    // Of gp2, a baseline that is shown and cannot be set.
    Iops: ebs.Iops ?? IOPS_SET[type] ?? Math.max(100, (ebs.VolumeSize ?? 0) * 3),
    ...(ebs.Encrypted === true && { KmsKeyId: ebs.KmsKeyId ?? DEFAULT_KEY }),
    MultiAttachEnabled: false,
    Size: ebs.VolumeSize,
    SnapshotId: ebs.SnapshotId ?? '',
    State: statusOf(volume),
    Tags: state.tags.list(id, lagMs),
    ...(type === 'gp3' && { Throughput: ebs.Throughput ?? GP3_THROUGHPUT }),
    VolumeId: id,
    VolumeType: type,
  };
}

export function deleteVolume(state: Ec2State, { VolumeId: id = '' }: DeleteVolumeRequest): object {
  const volume = state.volumes.get(id);
  if (volume === undefined) throw notFound(id);
  if (volume.instance !== undefined)
    throw new ApiError('VolumeInUse', `Volume ${id} is currently attached to ${volume.instance}`);
  deleteRecord(state, id);
  return {};
}
