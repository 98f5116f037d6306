import type { Instance as OpsInstance, Layer, OpsWorks } from '../../aws/opsworks.ts';
import type { OpsWorksFleetConfig } from '../../config/config.ts';
import { defined } from '../../domain/defined.ts';
import type { Marks } from '../../domain/snapshot.ts';
import type { Ec2FleetOptions } from '../ec2/request.ts';
import type { Ownership } from '../../domain/owners.ts';
import { marksIn, markTags, type Tags } from '../ec2/tags.ts';

export interface OpsWorksFleetOptions extends Omit<Ec2FleetOptions, 'config' | 'cloudwatch'> {
  readonly config: OpsWorksFleetConfig;
  readonly opsworks: OpsWorks;
}

export interface OpsWorksDeps extends OpsWorksFleetOptions {
  /** Id of the stack, read once. */
  readonly stack: () => Promise<string>;
}

/** A layer of the stack, by its tags: OpsWorks has tags on stacks and layers only (OpsWorks user guide, "Tags"). */
export interface TaggedLayer {
  readonly layer: Layer;
  readonly id: string;
  readonly arn: string;
  readonly tags: Tags;
  /** Id of its fleet; absent when the layer does not belong to this environment. */
  readonly fleet?: string;
  readonly release?: string;
  /** It has no tags yet, because a run was interrupted: fleet and release are those that it was to get. */
  readonly isUntagged: boolean;
  /** Its instances are being terminated: a stopped one will not be started again. */
  readonly isEnding: boolean;
}

/** Identifies a clone in its custom JSON, since CreateLayer takes no tags. */
export interface Marker {
  readonly environment: string;
  readonly fleet: string;
  readonly release: string;
  /** Differs in copies of the layer, which are not ours. */
  readonly shortName: string;
}

/** All layers of the stack. One request per layer: ListTags takes a single resource. */
export async function allLayers({ owner, opsworks, stack }: OpsWorksDeps): Promise<readonly TaggedLayer[]> {
  const layers = await opsworks.layers(await stack());
  return Promise.all(layers.map(async (layer) => toTaggedLayer(owner, layer, await opsworks.tags(layer.Arn ?? ''))));
}

/** The layers of this environment: those with its tags, and clones that have not got their tags yet. */
export function ownOf(layers: readonly TaggedLayer[]): readonly TaggedLayer[] {
  const own = layers.filter(({ fleet }) => fleet !== undefined);
  const tagged = own.filter(({ isUntagged }) => !isUntagged);
  const known = new Set(tagged.map(({ fleet }) => fleet));
  return [...tagged, ...own.filter(({ fleet, isUntagged }) => isUntagged && !known.has(fleet))];
}

/** The layer of a fleet, including a clone without tags; undefined when there is none. */
export async function layerOfFleet(deps: OpsWorksDeps, id: string): Promise<TaggedLayer | undefined> {
  return ownOf(await allLayers(deps)).find(({ fleet }) => fleet === id);
}

export async function allInstances({ opsworks, stack }: OpsWorksDeps): Promise<readonly OpsInstance[]> {
  return opsworks.instances({ StackId: await stack() });
}

/** Those of the instances that are in the layer. */
export function inLayer(id: string, instances: readonly OpsInstance[]): readonly OpsInstance[] {
  return instances.filter(({ LayerIds = [] }) => LayerIds.includes(id));
}

function toTaggedLayer({ environment, tagPrefix }: Ownership, layer: Layer, tags: Tags): TaggedLayer {
  const tag = (name: string): string | undefined => tags[`${tagPrefix}:${name}`];
  const isTagged = tag('environment') !== undefined;
  const tagged = { environment: tag('environment'), fleet: tag('fleet'), release: tag('release') ?? tag('fleet') };
  const said = isTagged ? tagged : markerIn(layer);
  const own = said.environment === environment ? defined({ fleet: said.fleet, release: said.release }) : {};
  const [id, arn, isEnding] = [layer.LayerId ?? '', layer.Arn ?? '', tag('ending') === 'yes'];
  return { layer, id, arn, tags, ...own, isUntagged: !isTagged && 'fleet' in own, isEnding };
}

/** The marker of a clone, which has its own short name; empty for any other layer. */
function markerIn({ CustomJson: text, Shortname }: Layer): Partial<Marker> {
  try {
    const { turnout: marker } = JSON.parse(text || '{}') as { readonly turnout?: Marker };
    return marker?.shortName === Shortname ? { ...marker } : {};
  } catch {
    return {};
  }
}

/** The value of the mark `share` contains @, which OpsWorks does not allow in tags (OpsWorks user guide, "Tag Limitations"). */
const [AT, SUBSTITUTE] = ['@', '/'];

export function layerMarkTags(owner: Ownership, marks: Marks): Tags {
  const tags = Object.entries(markTags(owner, marks));
  return Object.fromEntries(tags.map(([key, value]) => [key, value.replace(AT, SUBSTITUTE)]));
}

export function marksOf(owner: Ownership, { tags }: TaggedLayer): Marks {
  return marksIn(owner, (key, mark) => (mark === 'share' ? tags[key]?.replace(SUBSTITUTE, AT) : tags[key]));
}
