import type { Image, Instance, InstanceTypeInfo, Tag, TagSpecification, Volume } from '../../aws/ec2.ts';
import { defined } from '../../domain/defined.ts';
import { list, sentences } from '../../domain/text.ts';
import { OperatorError } from '../../errors.ts';
import type { LaunchRequest } from '../fleet.ts';
import { copyOf } from './attributes.ts';
import type { ChosenImage } from './image.ts';
import { refuseMixed } from '../mixed.ts';
import { notOurs, type Ec2FleetOptions, type PartialRequest } from './request.ts';
import { mappingWords, volumeCopies, type VolumeCopy } from './volumes.ts';

/** A server that serves, and what a clone of it would be. */
interface Model {
  readonly sample: Instance;
  readonly type: InstanceTypeInfo;
  readonly copies: readonly VolumeCopy[];
  readonly lost: readonly string[];
  readonly run: PartialRequest['run'];
}

/**
 * Servers like the first of those that serve, with the image of the config where it names one.
 * @throws OperatorError `mixed-fleet` when they differ and none was chosen, `no-such-image` when theirs is gone
 */
export async function cloneOf(
  options: Ec2FleetOptions,
  serving: readonly Instance[],
  { blue, cloneFrom }: LaunchRequest,
  chosen: ChosenImage | undefined,
): Promise<PartialRequest> {
  const { ec2 } = options;
  const [first] = serving as [Instance];
  const from = first.InstanceId as string;
  const alike = cloneFrom === undefined ? serving : [first];
  const [image, volumes, types] = await Promise.all([
    imageOf(options, chosen?.run.ImageId ?? first.ImageId ?? '', from),
    volumesOf(options, alike),
    ec2.instanceTypes([...new Set(alike.map(({ InstanceType }) => InstanceType))]),
  ]);
  const models = alike.map((sample) => modelOf(sample, { volumes, types, image }));
  const runs = models.map(({ sample, run }) => ({ id: sample.InstanceId ?? '', run: { ...run, ...chosen?.run } }));
  refuseMixed(blue.release, runs, SHOWS);
  const [model] = models as [Model];
  const unseen = await unseenOf(options, model);
  const lost = [...model.lost, ...unseen.lost, ...tagsLost(options, serving, model)];
  return {
    run: { ...model.run, ...unseen.run, TagSpecifications: tagsOf(options, model) },
    userData: { from },
    machine: model.run,
    replaces: async () => ({ data: await ec2.userData(from), of: from }),
    summary: sentences(
      `cloned from ${from}: ${chosen === undefined ? `image ${first.ImageId}, ` : ''}type ${first.InstanceType}`,
      model.copies.length > 0 && `volumes: ${model.copies.map(({ words }) => words).join('; ')}`,
      lost.length > 0 && `not copied from ${from}: ${lost.join('; ')}`,
    ),
  };
}

/** What is read more easily than as it is sent. */
const SHOWS = {
  BlockDeviceMappings: mappingWords,
  IamInstanceProfile: ({ Arn }: { readonly Arn?: string }) => Arn?.split('/').at(-1) ?? '?',
  InstanceMarketOptions: ({ MarketType }: { readonly MarketType?: string }) => MarketType ?? '?',
} as Readonly<Record<string, (value: unknown) => string>>;

function modelOf(
  sample: Instance,
  { volumes, types, image }: { volumes: ReadonlyMap<string, Volume>; types: readonly InstanceTypeInfo[]; image: Image },
): Model {
  const type = types.find(({ InstanceType }) => InstanceType === sample.InstanceType) ?? {};
  const copied = copyOf(sample, type);
  const { copies, lost } = volumeCopies(sample, volumes, image);
  const run = {
    ...copied.run,
    ...(copies.length > 0 && { BlockDeviceMappings: copies.map(({ mapping }) => mapping) }),
  };
  return { sample, type, copies, lost: [...copied.lost, ...lost], run };
}

async function imageOf({ ec2 }: Ec2FleetOptions, id: string, from: string): Promise<Image> {
  const image = await ec2.image(id);
  if (image !== undefined) return image;
  throw new OperatorError('no-such-image', `The image ${id}, which ${from} was launched from, is not there any more.`, {
    next: ['Name an image in the config, under `fleet.image`, or a launch template, under `fleet.launchTemplate`.'],
  });
}

async function volumesOf(
  { ec2 }: Ec2FleetOptions,
  instances: readonly Instance[],
): Promise<ReadonlyMap<string, Volume>> {
  const mappings = instances.flatMap(({ BlockDeviceMappings: all = [] }) => all);
  const found = await ec2.volumes(mappings.flatMap(({ Ebs }) => Ebs?.VolumeId ?? []));
  return new Map(found.map((volume) => [volume.VolumeId ?? '', volume]));
}

/** What a description does not say: credits, what a shutdown from within does, and protection. */
async function unseenOf({ ec2 }: Ec2FleetOptions, { sample, type }: Model): Promise<Pick<Model, 'run' | 'lost'>> {
  const id = sample.InstanceId ?? '';
  const [CpuCredits, shutdown, termination, stop] = await Promise.all([
    type.BurstablePerformanceSupported === true ? ec2.cpuCredits(id) : undefined,
    ec2.attribute(id, 'instanceInitiatedShutdownBehavior'),
    ec2.attribute(id, 'disableApiTermination'),
    ec2.attribute(id, 'disableApiStop'),
  ]);
  return {
    run: defined({
      CreditSpecification: CpuCredits === undefined ? undefined : { CpuCredits },
      // `stop` is the default, and not for every instance (EC2 API, RunInstances).
      InstanceInitiatedShutdownBehavior:
        shutdown.InstanceInitiatedShutdownBehavior?.Value === 'terminate' ? ('terminate' as const) : undefined,
    }),
    // They would keep `cleanup` from ending the new servers.
    lost: sentences(
      termination.DisableApiTermination?.Value === true && 'termination protection',
      stop.DisableApiStop?.Value === true && 'stop protection',
    ),
  };
}

/** A request has one list of tags for all volumes: that of the root volume. */
function tagsOf({ owner }: Ec2FleetOptions, { sample, copies }: Model): readonly TagSpecification[] {
  const root = copies.find(({ isRoot }) => isRoot)?.volume.Tags;
  return [
    notOurs(owner, { ResourceType: 'instance', Tags: sample.Tags }),
    notOurs(owner, { ResourceType: 'volume', Tags: root }),
  ];
}

/** Tags that are not the same on all of them, such as a name with a number. */
function tagsLost(
  { owner }: Ec2FleetOptions,
  serving: readonly Instance[],
  { sample, copies }: Model,
): readonly string[] {
  const differing = (all: readonly (readonly Tag[] | undefined)[]): readonly string[] => {
    const seen = all.map((Tags) => notOurs(owner, { ResourceType: 'instance', Tags: [...(Tags ?? [])] }).Tags ?? []);
    const keys = [...new Set(seen.flat().map(({ Key = '' }) => Key))];
    return keys.filter((key) => new Set(seen.map((tags) => tags.find(({ Key }) => Key === key)?.Value)).size > 1);
  };
  const [names, volumes] = [
    differing(serving.map(({ Tags }) => Tags)),
    differing(copies.map(({ volume }) => volume.Tags)),
  ];
  return sentences(
    names.length > 0 &&
      `tags of the other servers where they differ (${list(names, 3)}): all get those of ${sample.InstanceId}`,
    volumes.length > 0 && `tags of its further volumes where they differ (${list(volumes, 3)})`,
  );
}
