import type { Instance as OpsInstance, Layer } from '../../aws/opsworks.ts';
import type { Marks } from '../../domain/snapshot.ts';
import { marksIn, markTags, ownershipTags, tagName, type Ownership, type Tags } from '../ec2/tags.ts';

/** A layer with its tags. OpsWorks has tags on stacks and layers only (OpsWorks user guide, "Tags"). */
export interface TaggedLayer {
  readonly layer: Layer;
  readonly tags: Tags;
  /** The layer has no tags yet, because a run was interrupted; `tags` are those that it was to get. */
  readonly isUntagged?: true;
}

/** Identifies a clone in its custom JSON, since CreateLayer takes no tags. */
export interface Marker {
  readonly environment: string;
  readonly fleet: string;
  readonly release: string;
  /** Differs in copies of the layer, which are not ours. */
  readonly shortName: string;
}

/** A clone of this environment without tags, as if it had them; undefined for any other layer. */
export function asUntaggedClone(owner: Ownership, { layer, tags }: TaggedLayer): TaggedLayer | undefined {
  const { environment, fleet, release, shortName } = markerIn(layer);
  if (tags[tagName(owner, 'environment')] !== undefined || environment !== owner.environment) return undefined;
  if (fleet === undefined || release === undefined || shortName !== layer.Shortname) return undefined;
  return { layer, tags: { ...tags, ...ownershipTags(owner, fleet, release) }, isUntagged: true };
}

function markerIn({ CustomJson: text }: Layer): Partial<Marker> {
  try {
    return (JSON.parse(text || '{}') as { readonly turnout?: Marker }).turnout ?? {};
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

/** Whether the instances of a layer are being terminated: then a stopped one will not be started again. */
export function endingTag({ tagPrefix }: Ownership, on: boolean): Tags {
  return { [`${tagPrefix}:ending`]: on ? 'yes' : 'no' };
}

export function isEnding({ tagPrefix }: Ownership, { tags }: TaggedLayer): boolean {
  return tags[`${tagPrefix}:ending`] === 'yes';
}

/** Id of the fleet of a layer; undefined when the layer does not belong to this environment. */
export function fleetIdOf(owner: Ownership, { tags }: TaggedLayer): string | undefined {
  return tags[tagName(owner, 'environment')] === owner.environment ? tags[tagName(owner, 'fleet')] : undefined;
}

export function marksOf(owner: Ownership, { tags }: TaggedLayer): Marks {
  return marksIn(owner, (key, mark) => (mark === 'share' ? tags[key]?.replace(SUBSTITUTE, AT) : tags[key]));
}

/** Tags that are neither reserved nor ours; a clone gets them too. */
export function userTags({ tagPrefix }: Ownership, tags: Tags): Tags {
  return Object.fromEntries(
    Object.entries(tags).filter(([key]) => !key.startsWith(`${tagPrefix}:`) && !/^(aws|opsworks|rds):/i.test(key)),
  );
}

export function isInLayer({ layer }: TaggedLayer, { LayerIds = [] }: OpsInstance): boolean {
  return LayerIds.includes(layer.LayerId ?? '');
}
