import type { CreateInstanceCommandInput, Instance as OpsInstance } from '../../aws/opsworks.ts';
import type { OpsWorksFleetConfig } from '../../config/config.ts';
import { fillRelease } from '../../config/release.ts';
import { OperatorError } from '../../errors.ts';
import type { LaunchSpec } from '../../domain/goal.ts';
import type { LaunchRequest } from '../fleet.ts';
import type { Ssm } from '../../aws/ssm.ts';
import { fromImage } from '../ec2/image.ts';
import { checkClonable, cloneNames, parseJson } from './clone.ts';
import { layerOfFleet, type OpsWorksDeps } from './read.ts';
import type { TaggedLayer } from './tags.ts';

/**
 * The `request` of a launch spec of OpsWorks. Attributes and custom JSON of a layer may contain secrets and goals are kept in
 * stores, so only its id is recorded; the layer is read when it is cloned.
 */
export interface OpsWorksRequest {
  /** The layer that is cloned. */
  readonly layer: string;
  /** Parameters of CreateInstance by zone; without stack, layers and hostname. */
  readonly instances: Readonly<Record<string, InstanceRequest>>;
}

export type InstanceRequest = Partial<Omit<CreateInstanceCommandInput, 'LayerIds'>> & {
  /** Further layers that the instance of blue is in. */
  readonly others: readonly string[];
};

/** Allowed tag values (OpsWorks user guide, "Tag Limitations"): the release becomes one. */
const TAG_VALUE = /^[\p{L}\p{N}\p{Z}+\-=._:/]{0,255}$/u;

/** Resolves a release to the layer to clone and the instances to create. Changes nothing. */
export async function resolveOpsWorksLaunch(
  deps: OpsWorksDeps,
  ssm: () => Promise<Ssm>,
  config: OpsWorksFleetConfig,
  { release, zones, blue }: LaunchRequest,
): Promise<LaunchSpec> {
  if (!TAG_VALUE.test(release)) throw badTag(release);
  const { owner, opsworks, ec2, stack } = deps;
  const [tagged, layers, all] = await Promise.all([
    layerOfFleet(deps, blue.id),
    stack().then(async (id) => opsworks.layers(id)),
    stack().then(async (StackId) => opsworks.instances({ StackId })),
  ]);
  if (tagged === undefined) throw noLayer(blue.release);
  const { layer } = tagged;
  // The fleet has no id yet, so only names that the config sets can be checked.
  const names = cloneNames(config, owner.environment, `${release}-`, release);
  checkClonable(layer, (config.layer?.name ?? config.layer?.shortName) ? layers : [], names, config);
  parseJson(layer.CustomJson);
  const image = config.image ? await fromImage(ec2, ssm, config.image, release) : undefined;
  const samples = samplesOf(tagged, all, Object.keys(zones), blue);
  const ami = image === undefined ? {} : { AmiId: String(image.run['ImageId']), Os: 'Custom' };
  const instances = Object.fromEntries(
    samples.map(([zone, sample]) => [zone, { ...instanceRequest(sample, layer.LayerId ?? ''), ...ami }]),
  );
  const scaling = await opsworks.scaling([layer.LayerId ?? '']);
  return {
    kind: 'opsworks',
    summary: [
      `layer ${layer.Name} cloned: its attributes, recipes, packages, volumes and settings`,
      ...instanceLines(samples),
      ...(config.app === undefined ? [] : [`${config.app} at revision ${fillRelease(config.revision, release)}`]),
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

const SCALING = 'load-based scaling is copied but turned off';

/** One running instance of blue's layer in each zone: the new instances are created like it. */
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
    throw new OperatorError('no-sample', `Not every zone of ${release} has an online instance to clone.`, {
      next: ['Check `turnout status`, and run this again when production is complete.'],
    });
  });
}

/** The parameters of CreateInstance that DescribeInstances returns (OpsWorks API). */
function instanceRequest(sample: OpsInstance, fleetLayer: string): InstanceRequest {
  const request = {
    InstanceType: sample.InstanceType,
    Os: sample.Os,
    // Only custom images are set; the others follow from the operating system.
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
  const given = Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
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
  return new OperatorError('release-not-a-tag', `OpsWorks does not allow a tag with the value "${release}".`, {
    next: ['Use only letters, digits, spaces and + - = . _ : / in the release.'],
  });
}

function noLayer(release: string): OperatorError {
  return new OperatorError('no-layer', `The stack has no layer with the tags of ${release}.`, {
    next: ['Check `turnout status`; `turnout adopt --release R` tags the layer that serves production.'],
  });
}
