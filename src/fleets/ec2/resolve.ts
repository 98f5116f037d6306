import type { Ec2, Image, Instance as Ec2Instance, LaunchTemplateVersion } from '../../aws/ec2.ts';
import type { Ssm } from '../../aws/ssm.ts';
import type { Ec2FleetConfig, ImageConfig, LaunchTemplateConfig } from '../../config/config.ts';
import { fillRelease } from '../../config/release.ts';
import { OperatorError } from '../../errors.ts';
import type { LaunchSpec } from '../../domain/goal.ts';
import type { LaunchRequest } from '../fleet.ts';
import type { Owner } from './tags.ts';

/**
 * The `request` of a launch spec of this kind. User data may hold secrets, and goals are kept in stores: so it is named here,
 * and read when an instance is launched.
 */
export interface Ec2Request {
  /** As RunInstances takes it, without place, count, tags of ours and user data. */
  readonly run: Readonly<Record<string, unknown>>;
  /** The instance whose user data is cloned; or the user data of the config. */
  readonly userData?: { readonly from: string } | 'config';
}

/** Parts of a request, with the lines that show them. */
export interface PartialRequest extends Ec2Request {
  readonly summary: readonly string[];
}

const NOTHING: PartialRequest = { run: {}, summary: [] };

/**
 * Resolves a release to one exact RunInstances request: image id, template version number, subnets. Changes nothing.
 * @throws OperatorError when the image, template version or parameter of this release does not exist
 */
export async function resolveEc2Launch(
  ec2: Ec2,
  ssm: () => Promise<Ssm>,
  owner: Owner,
  boot: Ec2FleetConfig,
  wish: LaunchRequest,
): Promise<LaunchSpec> {
  const samples = await sampleOfEachZone(ec2, wish);
  const base = boot.launchTemplate
    ? await fromTemplate(ec2, boot.launchTemplate, wish.release)
    : fromBlue(owner, samples[0] as Ec2Instance);
  const image = boot.image ? await fromImage(ec2, ssm, boot.image, wish.release) : NOTHING;
  const userData = boot.userData === undefined ? NOTHING : fromUserData(boot.userData);
  const subnets = new Map(samples.map((instance) => [instance.Placement?.AvailabilityZone, instance.SubnetId]));
  const request: Ec2Request = { ...base, ...userData, run: { ...base.run, ...image.run } };
  return {
    kind: 'ec2',
    summary: [...base.summary, ...image.summary, ...userData.summary],
    batches: Object.entries(wish.zones).map(([zone, count]) => ({ zone, count, subnet: subnets.get(zone) ?? '' })),
    request: { run: request.run, ...(request.userData ? { userData: request.userData } : {}) },
  };
}

/** One of blue's instances in each zone: it tells the subnet, and what to clone. */
async function sampleOfEachZone(ec2: Ec2, { blue, zones }: LaunchRequest): Promise<readonly Ec2Instance[]> {
  const ids = Object.keys(zones).flatMap(
    (zone) => blue.instances.find((instance) => instance.zone === zone && instance.state === 'running')?.id ?? [],
  );
  const found = await ec2.instancesById(ids, (instance) => instance);
  if (found.length === Object.keys(zones).length) return found;
  throw new OperatorError(
    'no-sample',
    `Not every zone of ${blue.release} has a running instance whose subnet could be used.`,
    {
      next: ['Look at `turnout status`, and run this again when production is whole.'],
    },
  );
}

async function fromTemplate(ec2: Ec2, template: LaunchTemplateConfig, release: string): Promise<PartialRequest> {
  const id = template.id ?? (await ec2.launchTemplateId(template.name as string));
  const version = await findVersion(ec2, id, template, release);
  const number = String(version.VersionNumber);
  const interfaces = version.LaunchTemplateData?.NetworkInterfaces;
  return {
    run: {
      LaunchTemplate: { LaunchTemplateId: id, Version: number },
      // A subnet of an instance and network interfaces exclude each other (RunInstances); then the first one gets the subnet.
      ...(interfaces === undefined || interfaces.length === 0 ? {} : { NetworkInterfaces: interfaces }),
    },
    summary: [
      `launch template ${template.name ?? id} version ${number} (${id}${version.VersionDescription ? `, ${version.VersionDescription}` : ''})`,
      ...(version.LaunchTemplateData?.InstanceType ? [`type ${version.LaunchTemplateData.InstanceType}`] : []),
    ],
  };
}

async function findVersion(
  ec2: Ec2,
  id: string,
  template: LaunchTemplateConfig,
  release: string,
): Promise<LaunchTemplateVersion> {
  const description = template.versionDescription && fillRelease(template.versionDescription, release);
  const number = fillRelease(template.version ?? '$Default', release);
  const versions = await ec2.launchTemplateVersions(id, description === undefined ? [number] : []);
  const matching =
    description === undefined ? versions : versions.filter((version) => version.VersionDescription === description);
  const newest = matching.toSorted((a, b) => (b.VersionNumber ?? 0) - (a.VersionNumber ?? 0))[0];
  if (newest !== undefined) return newest;
  const what = description === undefined ? `version ${number}` : `version described as "${description}"`;
  throw new OperatorError('no-such-version', `Launch template ${template.name ?? id} has no ${what}.`, {
    next: ['Check the release, and that its build has made the template version.'],
  });
}

function fromBlue(owner: Owner, sample: Ec2Instance): PartialRequest {
  const run = {
    ImageId: sample.ImageId,
    InstanceType: sample.InstanceType,
    KeyName: sample.KeyName,
    SecurityGroupIds: sample.SecurityGroups?.flatMap((group) => group.GroupId ?? []),
    IamInstanceProfile: sample.IamInstanceProfile?.Arn ? { Arn: sample.IamInstanceProfile.Arn } : undefined,
    EbsOptimized: sample.EbsOptimized,
    Monitoring: sample.Monitoring?.State ? { Enabled: sample.Monitoring.State === 'enabled' } : undefined,
    Placement:
      sample.Placement?.Tenancy && sample.Placement.Tenancy !== 'default'
        ? { Tenancy: sample.Placement.Tenancy }
        : undefined,
    MetadataOptions: sample.MetadataOptions && {
      HttpTokens: sample.MetadataOptions.HttpTokens,
      HttpEndpoint: sample.MetadataOptions.HttpEndpoint,
      HttpPutResponseHopLimit: sample.MetadataOptions.HttpPutResponseHopLimit,
    },
    InstanceMarketOptions: sample.InstanceLifecycle === 'spot' ? { MarketType: 'spot' } : undefined,
    TagSpecifications: [{ ResourceType: 'instance', Tags: foreignTags(owner, sample) }],
  };
  const given = Object.fromEntries(Object.entries(run).filter(([, value]) => value !== undefined));
  const from = sample.InstanceId as string;
  return {
    run: given,
    userData: { from },
    summary: [`cloned from ${from}: image ${sample.ImageId}, type ${sample.InstanceType}`],
  };
}

/** Tags that are neither AWS's (`aws:`, which nobody may write) nor ours. */
function foreignTags(owner: Owner, sample: Ec2Instance): readonly { Key: string; Value: string }[] {
  return (sample.Tags ?? []).flatMap(({ Key, Value }) =>
    Key === undefined || Key.startsWith('aws:') || Key.startsWith(`${owner.tagPrefix}:`)
      ? []
      : [{ Key, Value: Value ?? '' }],
  );
}

/** The image of a release. @throws OperatorError when there is none */
export async function fromImage(
  ec2: Ec2,
  ssm: () => Promise<Ssm>,
  image: ImageConfig,
  release: string,
): Promise<PartialRequest> {
  if (image.parameter !== undefined) {
    const name = fillRelease(image.parameter, release);
    const id = await (await ssm()).parameter(name);
    return { run: { ImageId: id }, summary: [`image ${id} (parameter ${name})`] };
  }
  const filters = imageFilters(image, release);
  const images = await ec2.images([...filters, { Name: 'state', Values: ['available'] }], [image.owner ?? 'self']);
  const newest = images.toSorted((a, b) => ((a.CreationDate ?? '') < (b.CreationDate ?? '') ? 1 : -1))[0];
  if (newest === undefined) throw noImage(filters);
  return { run: { ImageId: newest.ImageId }, summary: [describeImage(newest, images.length)] };
}

function imageFilters(image: ImageConfig, release: string): readonly { Name: string; Values: string[] }[] {
  const tags = Object.entries(image.tag ?? {}).map(([key, value]) => ({
    Name: `tag:${key}`,
    Values: [fillRelease(value, release)],
  }));
  return image.name === undefined ? tags : [{ Name: 'name', Values: [fillRelease(image.name, release)] }, ...tags];
}

function noImage(filters: readonly { Name: string; Values: string[] }[]): OperatorError {
  const wanted = filters.map(({ Name, Values }) => `${Name} ${Values.join()}`).join(' and ');
  return new OperatorError('no-such-image', `There is no available image with ${wanted}.`, {
    next: ['Check the release, and that its build has made the image in this region and account.'],
  });
}

function describeImage(image: Image, matches: number): string {
  const others = matches > 1 ? `, the newest of ${matches} that match` : '';
  return `image ${image.ImageId} (${image.Name ?? 'no name'}${others})`;
}

function fromUserData(pattern: string): PartialRequest {
  return {
    run: {},
    userData: 'config',
    summary: [`user data of the config, ${pattern.trimEnd().split('\n').length} lines`],
  };
}

/** The user data itself, base64 as EC2 takes it; undefined when there is none. */
export async function readUserData(
  ec2: Ec2,
  boot: Ec2FleetConfig,
  request: Ec2Request,
  release: string,
): Promise<string | undefined> {
  if (request.userData === undefined) return undefined;
  if (request.userData === 'config') return Buffer.from(fillRelease(boot.userData ?? '', release)).toString('base64');
  return ec2.userData(request.userData.from);
}
