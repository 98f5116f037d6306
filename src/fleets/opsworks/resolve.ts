import type { CreateInstanceCommandInput, Instance as OpsInstance } from '../../aws/opsworks.ts';
import type { OpsWorksFleetConfig } from '../../config/config.ts';
import { fillRelease } from '../../config/release.ts';
import { OperatorError } from '../../errors.ts';
import type { LaunchSpec } from '../../domain/goal.ts';
import type { LaunchRequest } from '../fleet.ts';
import type { Ssm } from '../../aws/ssm.ts';
import { fromImage } from '../ec2/resolve.ts';
import { checkClonable, namesOf, parseJson } from './clone.ts';
import { layerOfFleet, type Sources } from './read.ts';
import type { TaggedLayer } from './tags.ts';

/**
 * The `request` of a launch spec of this kind. Attributes and custom JSON of a layer may hold secrets, and goals are kept in
 * stores: so the layer is named here, and read when it is cloned.
 */
export interface OpsWorksRequest {
  /** The layer that is cloned. */
  readonly layer: string;
  /** How the instances of each zone are made, as CreateInstance takes it; without stack, layers, place and hostname. */
  readonly instances: Readonly<Record<string, InstanceWish>>;
}

export type InstanceWish = Partial<Omit<CreateInstanceCommandInput, 'LayerIds'>> & {
  /** Layers that an instance of blue is in beside its fleet's. */
  readonly others: readonly string[];
};

/** OpsWorks User Guide, "Tag Limitations": a release is the value of a tag. */
const TAG_VALUE = /^[\p{L}\p{N}\p{Z}+\-=._:/]{0,255}$/u;

/** Resolves a release to one exact clone: of which layer, with what instances. Changes nothing. */
export async function resolveOpsWorksLaunch(
  sources: Sources,
  ssm: () => Promise<Ssm>,
  wish: OpsWorksFleetConfig,
  { release, zones, blue }: LaunchRequest,
): Promise<LaunchSpec> {
  if (!TAG_VALUE.test(release)) throw badTag(release);
  const { owner, opsworks, ec2, stack } = sources;
  const [tagged, layers, all] = await Promise.all([
    layerOfFleet(sources, blue.id),
    stack().then(async (id) => opsworks.layers(id)),
    stack().then(async (StackId) => opsworks.instances({ StackId })),
  ]);
  if (tagged === undefined) throw noLayer(blue.release);
  const { layer } = tagged;
  // The fleet has no id yet: what its names will be is known only where the config says so.
  const names = namesOf(wish, owner.environment, `${release}-`, release);
  checkClonable(layer, (wish.layer?.name ?? wish.layer?.shortName) ? layers : [], names, wish);
  parseJson(layer.CustomJson);
  const image = wish.image ? await fromImage(ec2, ssm, wish.image, release) : undefined;
  const samples = samplesOf(tagged, all, Object.keys(zones), blue);
  const ami = image === undefined ? {} : { AmiId: String(image.run['ImageId']), Os: 'Custom' };
  const instances = Object.fromEntries(
    samples.map(([zone, sample]) => [zone, { ...instanceWish(sample, layer.LayerId ?? ''), ...ami }]),
  );
  const scaling = await opsworks.scaling([layer.LayerId ?? '']);
  return {
    kind: 'opsworks',
    summary: [
      `layer ${layer.Name} cloned: its attributes, recipes, packages, volumes and settings`,
      ...instanceLines(samples),
      ...(wish.app === undefined ? [] : [`${wish.app} at revision ${fillRelease(wish.revision, release)}`]),
      ...(image?.summary ?? []),
      ...(scaling.some(({ Enable }) => Enable) ? [SCALING] : []),
    ],
    batches: Object.entries(zones).map(([zone, count]) => ({
      zone,
      count,
      subnet: instances[zone]?.SubnetId ?? '',
    })),
    request: { layer: layer.LayerId ?? '', instances } satisfies OpsWorksRequest,
  };
}

const SCALING = 'its load-based scaling is copied but switched off, until you switch it on';

/** An instance of the layer that serves, for each zone: it is what the new ones are made like. */
function samplesOf(
  { layer }: TaggedLayer,
  all: readonly OpsInstance[],
  zones: readonly string[],
  { instances, release }: LaunchRequest['blue'],
): readonly (readonly [zone: string, sample: OpsInstance])[] {
  const running = new Set(instances.filter(({ state }) => state === 'running').map(({ id }) => id));
  const own = all.filter(
    ({ LayerIds = [], Ec2InstanceId = '' }) => LayerIds.includes(layer.LayerId ?? '') && running.has(Ec2InstanceId),
  );
  return zones.map((zone) => {
    const sample = own.find(({ AvailabilityZone }) => AvailabilityZone === zone);
    if (sample !== undefined) return [zone, sample] as const;
    throw new OperatorError(
      'no-sample',
      `Not every zone of ${release} has an instance that is online and could be cloned.`,
      {
        next: ['Look at `turnout status`, and run this again when production is whole.'],
      },
    );
  });
}

/** All of an instance that CreateInstance takes (aws-reference 3.4). */
function instanceWish(sample: OpsInstance, fleetLayer: string): InstanceWish {
  const wish = {
    InstanceType: sample.InstanceType,
    Os: sample.Os,
    // Only images of one's own are named; those of OpsWorks follow from the operating system.
    AmiId: sample.Os === 'Custom' ? sample.AmiId : undefined,
    SshKeyName: sample.SshKeyName,
    AvailabilityZone: sample.AvailabilityZone,
    VirtualizationType: sample.VirtualizationType,
    SubnetId: sample.SubnetId,
    Architecture: sample.Architecture,
    RootDeviceType: sample.RootDeviceType,
    BlockDeviceMappings: sample.BlockDeviceMappings,
    InstallUpdatesOnBoot: sample.InstallUpdatesOnBoot,
    EbsOptimized: sample.EbsOptimized,
    AgentVersion: sample.AgentVersion,
    Tenancy: sample.Tenancy,
  };
  const given = Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined));
  return { ...given, others: (sample.LayerIds ?? []).filter((id) => id !== fleetLayer) };
}

function instanceLines(samples: readonly (readonly [string, OpsInstance])[]): readonly string[] {
  const kinds = samples.map(([, { InstanceType, Os, RootDeviceType, LayerIds = [] }]) => {
    const others = LayerIds.length > 1 ? `, also in ${LayerIds.length - 1} more of the layers` : '';
    return `instances: ${InstanceType}, ${Os}, root on ${RootDeviceType}${others}`;
  });
  return [...new Set(kinds)];
}

function badTag(release: string): OperatorError {
  return new OperatorError('release-not-a-tag', `OpsWorks takes no tag with the value "${release}".`, {
    next: ['Name the release with letters, digits, spaces and + - = . _ : / only.'],
  });
}

function noLayer(release: string): OperatorError {
  return new OperatorError('no-layer', `The stack has no layer with the tags of ${release}.`, {
    next: ['Look at `turnout status`; `turnout adopt --release R` tags the layer that serves production.'],
  });
}
