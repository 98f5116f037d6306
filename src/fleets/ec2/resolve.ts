import { createHash } from 'node:crypto';
import type { Ec2, Instance as Ec2Instance, LaunchTemplateVersion, RunInstancesCommandInput } from '../../aws/ec2.ts';
import type { Ssm } from '../../aws/ssm.ts';
import type { Ec2FleetConfig, LaunchTemplateConfig } from '../../config/config.ts';
import { fillRelease } from '../../config/release.ts';
import { defined } from '../../domain/defined.ts';
import type { LaunchSpec } from '../../domain/goal.ts';
import { sentences } from '../../domain/text.ts';
import { OperatorError } from '../../errors.ts';
import type { LaunchRequest } from '../fleet.ts';
import { fromImage } from './image.ts';
import type { Ownership } from '../../domain/owners.ts';

/**
 * The `request` of a launch spec of EC2. User data may contain secrets and goals are kept in stores, so only its source is
 * recorded; it is read when an instance is launched.
 */
export interface Ec2Request {
  /** Parameters of RunInstances, without subnet, count, ownership tags and user data. */
  readonly run: Readonly<Record<string, unknown>>;
  /** The instance whose user data is cloned, or the user data of the config. */
  readonly userData?: { readonly from: string } | 'config';
  /** Of the user data as it was when the goal was pinned: what is launched later must be the same. */
  readonly userDataHash?: string;
}

export interface Ec2FleetOptions {
  readonly owner: Ownership;
  readonly config: Ec2FleetConfig;
  readonly ec2: Ec2;
  /** Loaded only if the image is named by an SSM parameter. */
  readonly ssm: () => Promise<Ssm>;
}

/** A part of a request, and the lines that describe it. */
interface PartialRequest extends Ec2Request {
  readonly summary: readonly string[];
}

/**
 * Resolves a release to one exact RunInstances request: image id, template version number, subnets. Changes nothing.
 * @throws OperatorError when the image, template version or parameter of this release does not exist
 */
export async function resolveEc2Launch(options: Ec2FleetOptions, request: LaunchRequest): Promise<LaunchSpec> {
  const { ec2, owner, config } = options;
  const samples = await sampleOfEachZone(ec2, request);
  const base = config.launchTemplate
    ? await fromTemplate(ec2, config.launchTemplate, request.release)
    : fromBlue(owner, samples[0] as Ec2Instance);
  checkTagRoom(base);
  const image = config.image && (await fromImage(ec2, options.ssm, config.image, request.release));
  const script = config.userData?.trimEnd().split('\n');
  const userData = script === undefined ? base.userData : 'config';
  const subnets = new Map(samples.map((instance) => [instance.Placement?.AvailabilityZone, instance.SubnetId]));
  const pinned = await currentUserData(options, { run: {}, ...defined({ userData }) }, request.release);
  return {
    kind: 'ec2',
    summary: sentences(
      ...base.summary,
      ...(image?.summary ?? []),
      script !== undefined && `user data of the config, ${script.length} lines`,
    ),
    batches: Object.entries(request.zones).map(([zone, count]) => ({ zone, count, subnet: subnets.get(zone) ?? '' })),
    request: { run: { ...base.run, ...image?.run }, ...defined({ userData, userDataHash: pinned && hashOf(pinned) }) },
  };
}

/** Tags of one resource, without AWS's own (EC2 user guide, tag restrictions); and how many a fleet gets from us in its life. */
const TAGS_MAX = 50;
const OURS = 8;

function checkTagRoom({ run, summary }: PartialRequest): void {
  const { TagSpecifications: specs = [] } = run as Partial<RunInstancesCommandInput>;
  const own = specs.find(({ ResourceType }) => ResourceType === 'instance')?.Tags ?? [];
  if (own.length + OURS <= TAGS_MAX) return;
  throw new OperatorError(
    'too-many-tags',
    `The new servers would get ${own.length} tags of your own (${summary.join('; ')}), and turnout needs ${OURS} of the ${TAGS_MAX} that AWS allows.`,
    { next: [`Use ${own.length + OURS - TAGS_MAX} fewer tags there; then run this again.`] },
  );
}

/** One instance of blue in each zone: the source of the subnet and of clones. */
async function sampleOfEachZone(ec2: Ec2, { blue, zones }: LaunchRequest): Promise<readonly Ec2Instance[]> {
  const ids = Object.keys(zones).flatMap(
    (zone) => blue.instances.find((instance) => instance.zone === zone && instance.state === 'running')?.id ?? [],
  );
  const found = await ec2.instancesById(ids, (instance) => instance);
  if (found.length === Object.keys(zones).length) return found;
  throw new OperatorError(
    'no-sample',
    `Not every zone of ${blue.release} has a running instance to take the subnet from.`,
    { next: ['Check `turnout status`, and run this again when production is complete.'] },
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
      // SubnetId and NetworkInterfaces exclude each other (EC2 API, RunInstances): with interfaces, the first one gets the subnet.
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
    next: ['Check the release, and that its build created the launch template version.'],
  });
}

function fromBlue(owner: Ownership, sample: Ec2Instance): PartialRequest {
  const from = sample.InstanceId as string;
  return {
    run: defined({
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
      TagSpecifications: [{ ResourceType: 'instance', Tags: userTags(owner, sample) }],
    }),
    userData: { from },
    summary: [`cloned from ${from}: image ${sample.ImageId}, type ${sample.InstanceType}`],
  };
}

/** Tags that are neither reserved by AWS (`aws:`) nor ours. */
function userTags(owner: Ownership, sample: Ec2Instance): readonly { Key: string; Value: string }[] {
  return (sample.Tags ?? []).flatMap(({ Key, Value }) =>
    Key === undefined || Key.startsWith('aws:') || Key.startsWith(`${owner.tagPrefix}:`)
      ? []
      : [{ Key, Value: Value ?? '' }],
  );
}

/**
 * The user data as it was pinned, base64-encoded; undefined when there is none.
 * @throws OperatorError `user-data-changed`
 */
export async function readUserData(
  options: Ec2FleetOptions,
  request: Ec2Request,
  release: string,
): Promise<string | undefined> {
  const { userData, userDataHash } = request;
  const now = await currentUserData(options, request, release);
  if (userDataHash === undefined || (now !== undefined && hashOf(now) === userDataHash)) return now;
  const what =
    userData === 'config' ? '`fleet.userData` in the config' : `The user data of ${userData?.from ?? 'blue'}`;
  throw new OperatorError(
    'user-data-changed',
    `${what} has changed since this launch began: the servers of one release would differ.`,
    {
      next: [
        'Put it back as it was, and run this again.',
        `\`turnout cleanup --discard --release ${release}\` terminates what was launched; then begin anew with \`turnout up\`.`,
      ],
    },
  );
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function currentUserData(
  { ec2, config }: Ec2FleetOptions,
  request: Ec2Request,
  release: string,
): Promise<string | undefined> {
  if (request.userData === undefined) return undefined;
  if (request.userData === 'config') return Buffer.from(fillRelease(config.userData ?? '', release)).toString('base64');
  return ec2.userData(request.userData.from);
}
