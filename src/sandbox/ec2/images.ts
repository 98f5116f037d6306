import { randomBytes } from 'node:crypto';
import type {
  CopyImageRequest,
  CopyImageResult,
  CreateImageRequest,
  CreateImageResult,
  DeregisterImageRequest,
  DeregisterImageResult,
  DescribeImagesRequest,
  DescribeImagesResult,
  Image as ImageShape,
  TagSpecification,
} from '@aws-sdk/client-ec2';
import { ApiError, type Call } from '../service.ts';
import { checkIds, ec2Error, INSTANCE } from './errors.ts';
import { filtered, type FilterTable } from './filters.ts';
import { pageBySequence } from './paging.ts';
import { ACCOUNT, type Ec2State, type Image } from './state.ts';
import { checkedTags, type TagMap } from './tags.ts';

const OWNERS: readonly string[] = ['self', ACCOUNT];
const SSM_PREFIX = 'resolve:ssm:';

interface NewImage {
  readonly tags: TagMap;
  readonly createdAt: Date;
  readonly sizes?: Readonly<Record<string, number>> | undefined;
  readonly description?: string | undefined;
  readonly release?: string | undefined;
}

/** Adds an image, as CreateImage or RegisterImage do; `sizes` are those of its devices in GB, first that of the root device. */
export function addImage(
  state: Ec2State,
  name: string,
  { tags, createdAt, sizes = { '/dev/xvda': 8 }, description, release }: NewImage,
): Image {
  const devices = Object.entries(sizes).map(([device, gb]) => {
    return { device, gb, snapshot: `snap-0${randomBytes(8).toString('hex')}` };
  });
  const id = `ami-0${randomBytes(8).toString('hex')}`;
  const image: Image = { id, seq: state.nextSeq(), name, createdAt, description, release, devices };
  state.images.set(image.id, image);
  state.tags.set(image.id, tags);
  return image;
}

/** The image with an id or of `resolve:ssm:<parameter>`; throws EC2's error if there is none. */
export function imageOf(state: Ec2State, id: string, lagMs = 0): Image {
  if (id.startsWith(SSM_PREFIX)) return imageOf(state, parameterValue(state, id.slice(SSM_PREFIX.length)));
  if (!/^ami-[0-9a-f]{8}([0-9a-f]{9})?$/.test(id)) throw ec2Error.malformed('InvalidAMIID.Malformed', id);
  const image = state.images.get(id, lagMs);
  if (!image) throw new ApiError('InvalidAMIID.NotFound', `The image id '[${id}]' does not exist`);
  return image;
}

function parameterValue(state: Ec2State, name: string): string {
  const parameter = state.parameters.get(name);
  if (!parameter) throw ec2Error.invalid(`The parameter ${name} does not exist in Parameter Store`);
  return parameter.value;
}

/** From an instance, which keeps its release; at once `available`. */
export function createImage(state: Ec2State, input: CreateImageRequest): CreateImageResult {
  const { InstanceId: instance = '', Name: name = '', Description: description, TagSpecifications: specs } = input;
  checkIds([instance], (id) => state.records.get(id) !== undefined, INSTANCE);
  checkName(state, name);
  const { release } = state.records.get(instance)!.machine;
  const tags = checkedTags((specs ?? []).filter(isForImage).flatMap(({ Tags = [] }) => Tags));
  return { ImageId: addImage(state, name, { tags, createdAt: state.now(), description, release }).id };
}

/** From this region only: there is no other one. */
export function copyImage(state: Ec2State, input: CopyImageRequest): CopyImageResult {
  const { SourceImageId = '', SourceRegion, Name: name = '', Description: description, CopyImageTags } = input;
  if (SourceRegion !== state.region) throw ec2Error.invalid(`Invalid source region: ${SourceRegion}`);
  const source = imageOf(state, SourceImageId);
  checkName(state, name);
  const before = state.tags.of(source.id);
  const release = source.release ?? before.Release;
  const tags = CopyImageTags === true ? before : {};
  return { ImageId: addImage(state, name, { tags, createdAt: state.now(), description, release }).id };
}

function isForImage({ ResourceType: type }: TagSpecification): boolean {
  return type === 'image';
}

/** EC2 API, CreateImage: 3 to 128 characters, and unique among the images of an account in a region. */
function checkName(state: Ec2State, name: string): void {
  if (!/^[\w()[\] ./'@-]{3,128}$/.test(name))
    throw new ApiError(
      'InvalidAMIName.Malformed',
      "AMI names must be between 3 and 128 characters long, of letters, digits and ()[] ./-'@_",
    );
  const taken = state.images.values().find((image) => image.name === name);
  if (taken) throw new ApiError('InvalidAMIName.Duplicate', `AMI name ${name} is already in use by AMI ${taken.id}`);
}

/** What was launched from it runs on. */
export function deregisterImage(state: Ec2State, { ImageId: id = '' }: DeregisterImageRequest): DeregisterImageResult {
  state.images.set(imageOf(state, id).id, undefined);
  return { Return: true };
}

const FILTERS: FilterTable<Image> = {
  architecture: () => 'x86_64',
  'creation-date': (image) => image.createdAt.toISOString(),
  description: (image) => image.description ?? '',
  'image-id': (image) => image.id,
  'image-type': () => 'machine',
  'is-public': () => 'false',
  name: (image) => image.name,
  'owner-id': () => ACCOUNT,
  platform: () => undefined,
  'root-device-type': () => 'ebs',
  state: () => 'available',
  'virtualization-type': () => 'hvm',
};

export function describeImages(state: Ec2State, input: DescribeImagesRequest, call?: Call): DescribeImagesResult {
  const lagMs = call?.lagMs ?? 0;
  const named = input.ImageIds?.map((id) => imageOf(state, id, lagMs)) ?? state.images.values(lagMs);
  const ours = input.Owners === undefined || input.Owners.some((owner) => OWNERS.includes(owner));
  const selected = filtered(ours ? named : [], input.Filters, FILTERS, (image) => state.tags.of(image.id, lagMs));
  const { items, next } = pageBySequence(selected, input, input.ImageIds ? Infinity : state.pageSize);
  return { Images: items.map((image) => imageShape(state, image, lagMs)), ...next };
}

function imageShape(state: Ec2State, image: Image, lagMs: number): ImageShape {
  return {
    Architecture: 'x86_64',
    BlockDeviceMappings: image.devices.map(({ device, gb, snapshot }) => ({
      DeviceName: device,
      Ebs: { DeleteOnTermination: true, Encrypted: false, SnapshotId: snapshot, VolumeSize: gb, VolumeType: 'gp2' },
    })),
    CreationDate: image.createdAt.toISOString(),
    ...(image.description !== undefined && { Description: image.description }),
    Hypervisor: 'xen',
    ImageId: image.id,
    ImageLocation: `${ACCOUNT}/${image.name}`,
    ImageType: 'machine',
    Name: image.name,
    OwnerId: ACCOUNT,
    Public: false,
    RootDeviceName: image.devices[0]?.device,
    RootDeviceType: 'ebs',
    State: 'available',
    Tags: state.tags.list(image.id, lagMs),
    VirtualizationType: 'hvm',
  };
}
