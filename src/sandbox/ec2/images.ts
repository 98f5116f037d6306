import { randomBytes } from 'node:crypto';
import type {
  DeregisterImageRequest,
  DeregisterImageResult,
  DescribeImagesRequest,
  DescribeImagesResult,
  Image as ImageShape,
} from '@aws-sdk/client-ec2';
import { ApiError, type Call } from '../service.ts';
import { ec2Error } from './errors.ts';
import { filtered, type FilterTable } from './filters.ts';
import { pageBySequence } from './paging.ts';
import { ACCOUNT, type Ec2State, type Image } from './state.ts';
import type { TagMap } from './tags.ts';

const OWNERS: readonly string[] = ['self', ACCOUNT];
const SSM_PREFIX = 'resolve:ssm:';

/** Adds an image, as CreateImage or RegisterImage do; `sizes` are those of its devices in GB, first that of the root device. */
export function addImage(
  state: Ec2State,
  name: string,
  tags: TagMap,
  createdAt: Date,
  sizes: Readonly<Record<string, number>> = { '/dev/xvda': 8 },
): Image {
  const devices = Object.entries(sizes).map(([device, gb]) => {
    return { device, gb, snapshot: `snap-0${randomBytes(8).toString('hex')}` };
  });
  const image: Image = { id: `ami-0${randomBytes(8).toString('hex')}`, seq: state.nextSeq(), name, createdAt, devices };
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

/** What was launched from it runs on. */
export function deregisterImage(state: Ec2State, { ImageId: id = '' }: DeregisterImageRequest): DeregisterImageResult {
  state.images.set(imageOf(state, id).id, undefined);
  return { Return: true };
}

const FILTERS: FilterTable<Image> = {
  architecture: () => 'x86_64',
  'creation-date': (image) => image.createdAt.toISOString(),
  description: () => '',
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
