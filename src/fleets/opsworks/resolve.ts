import type { CreateInstanceCommandInput, Instance as OpsInstance } from '../../aws/opsworks.ts';
import { fillRelease } from '../../config/release.ts';
import { defined } from '../../domain/defined.ts';
import type { LaunchSpec } from '../../domain/goal.ts';
import type { Fleet } from '../../domain/snapshot.ts';
import { sentences } from '../../domain/text.ts';
import { OperatorError } from '../../errors.ts';
import type { LaunchRequest } from '../fleet.ts';
import { fromImage } from '../ec2/image.ts';
import { checkClonable, cloneNames, parseJson } from './clone.ts';
import { notCloned, refuseMixed } from '../mixed.ts';
import { allInstances, inLayer, layerOfFleet, type OpsWorksDeps } from './layers.ts';

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
  { release, zones, blue, cloneFrom }: LaunchRequest,
): Promise<LaunchSpec> {
  if (!TAG_VALUE.test(release))
    throw new OperatorError('release-not-a-tag', `OpsWorks does not allow a tag with the value "${release}".`, {
      next: ['Use only letters, digits, spaces and + - = . _ : / in the release.'],
    });
  const { opsworks, config, stack } = deps;
  const [tagged, layers, all] = await Promise.all([
    layerOfFleet(deps, blue.id),
    stack().then(async (id) => opsworks.layers(id)),
    allInstances(deps),
  ]);
  if (tagged === undefined)
    throw new OperatorError('no-layer', `The stack has no layer with the tags of ${blue.release}.`, {
      next: ['Check `turnout status`; `turnout adopt --release R` tags the layer that serves production.'],
    });
  const { layer, id } = tagged;
  // The fleet has no id yet, so only names that the config sets can be checked.
  const names = cloneNames(deps, { fleet: `${release}-`, release });
  checkClonable(layer, (config.layer?.name ?? config.layer?.shortName) ? layers : [], names, config);
  parseJson(layer.CustomJson);
  const image = config.image && (await fromImage(deps.ec2, deps.ssm, config.image, release));
  const ami = image && { AmiId: String(image.run['ImageId']), Os: 'Custom' };
  const serving = servingIn(inLayer(id, all), Object.keys(zones), blue);
  const samples = samplesOf(serving, blue, id, { ...ami }, cloneFrom);
  const instances = Object.fromEntries(
    samples.map(([zone, sample]) => [zone, { ...instanceRequest(sample, id), ...ami }]),
  );
  const scaling = await opsworks.scaling([id]);
  return {
    kind: 'opsworks',
    summary: sentences(
      `layer ${layer.Name} cloned: its attributes, recipes, packages, volumes and settings`,
      ...instanceLines(samples),
      config.app !== undefined && `${config.app} at revision ${fillRelease(config.revision, release)}`,
      ...(image?.summary ?? []),
      scaling.some(({ Enable }) => Enable) && 'load-based scaling is copied but turned off',
    ),
    batches: Object.entries(zones).map(([zone, count]) => ({ zone, count, subnet: instances[zone]?.SubnetId ?? '' })),
    request: { layer: id, instances } satisfies OpsWorksRequest,
  };
}

type Zoned<T> = readonly (readonly [zone: string, of: T])[];

/** The running instances of blue's layer in each zone. */
function servingIn(own: readonly OpsInstance[], zones: readonly string[], blue: Fleet): Zoned<readonly OpsInstance[]> {
  const running = new Set(blue.instances.filter(({ state }) => state === 'running').map(({ id }) => id));
  return zones.map((zone) => {
    const all = own.filter((one) => one.AvailabilityZone === zone && running.has(one.Ec2InstanceId ?? ''));
    if (all.length > 0) return [zone, all] as const;
    throw new OperatorError('no-sample', `Not every zone of ${blue.release} has an online instance to clone.`, {
      next: ['Check `turnout status`, and run this again when production is complete.'],
    });
  });
}

/**
 * What the new instances of each zone are created like.
 * @throws OperatorError `mixed-fleet` when those of a zone differ and none was chosen
 */
function samplesOf(
  serving: Zoned<readonly OpsInstance[]>,
  { release }: Fleet,
  layer: string,
  same: object,
  cloneFrom: string | undefined,
): Zoned<OpsInstance> {
  if (cloneFrom !== undefined) {
    const sample = serving.flatMap(([, all]) => all).find(({ Ec2InstanceId }) => Ec2InstanceId === cloneFrom);
    if (sample === undefined) throw notCloned(cloneFrom, release);
    return serving.map(([zone, [first]]) => {
      return [zone, { ...sample, ...defined({ AvailabilityZone: zone, SubnetId: first?.SubnetId }) }];
    });
  }
  return serving.map(([zone, all]) => {
    const candidates = all.map((one) => ({
      id: one.Ec2InstanceId ?? '',
      run: { ...instanceRequest(one, layer), ...same },
    }));
    refuseMixed(`${release} in ${zone}`, candidates);
    return [zone, all[0] as OpsInstance];
  });
}

/** The parameters of CreateInstance that DescribeInstances returns (OpsWorks API). */
function instanceRequest({ LayerIds = [], ...sample }: OpsInstance, fleetLayer: string): InstanceRequest {
  const request = defined({
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
  });
  return { ...request, others: LayerIds.filter((id) => id !== fleetLayer) };
}

function instanceLines(samples: Zoned<OpsInstance>): readonly string[] {
  const kinds = samples.map(([, { InstanceType, Os, RootDeviceType, LayerIds = [] }]) => {
    const others = LayerIds.length > 1 ? `, also in ${LayerIds.length - 1} more of the layers` : '';
    return `instances: ${InstanceType}, ${Os}, root on ${RootDeviceType}${others}`;
  });
  return [...new Set(kinds)];
}
