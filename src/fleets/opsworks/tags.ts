import type { Layer } from '../../aws/opsworks.ts';
import type { Marks } from '../../domain/snapshot.ts';
import { tagName, type Owner } from '../ec2/tags.ts';

/** Ownership of a layer is tags on it: OpsWorks keeps none on instances (aws-reference 3.3). */
export type LayerTags = Readonly<Record<string, string>>;

/** A layer with its tags. */
export interface TaggedLayer {
  readonly layer: Layer;
  readonly tags: LayerTags;
  /** It was left before it got its tags; these are what they were to be. */
  readonly isLeftover?: true;
}

/** What a clone says in its custom JSON of whose it is: OpsWorks takes no tags when it makes a layer. */
export interface Marker {
  readonly environment: string;
  readonly fleet: string;
  readonly release: string;
  /** Copies of the layer have another one. */
  readonly shortName: string;
}

/** A clone of this environment's that has no tags yet, as if it had them; undefined for any other layer. */
export function asLeftover(owner: Owner, { layer, tags }: TaggedLayer): TaggedLayer | undefined {
  const { environment, fleet, release, shortName } = markerIn(layer);
  if (tags[tagName(owner, 'environment')] !== undefined || environment !== owner.environment) return undefined;
  if (fleet === undefined || release === undefined || shortName !== layer.Shortname) return undefined;
  return { layer, tags: { ...tags, ...layerOwnershipTags(owner, fleet, release) }, isLeftover: true };
}

function markerIn({ CustomJson: text }: Layer): Partial<Marker> {
  try {
    return (JSON.parse(text || '{}') as { readonly turnout?: Marker }).turnout ?? {};
  } catch {
    return {};
  }
}

const MARKS = ['current', 'promoted', 'share', 'lowered', 'migrated'] as const satisfies readonly (keyof Marks)[];

export function layerOwnershipTags(owner: Owner, fleet: string, release: string): LayerTags {
  return {
    [tagName(owner, 'environment')]: owner.environment,
    [tagName(owner, 'fleet')]: fleet,
    [tagName(owner, 'release')]: release,
  };
}

/** OpsWorks allows no @ in a tag's value, and the mark of a share has one (user guide, "Tag Limitations"). */
const [AT, INSTEAD] = ['@', '/'];

export function layerMarkTags(owner: Owner, marks: Marks): LayerTags {
  return Object.fromEntries(
    MARKS.flatMap((mark) =>
      marks[mark] === undefined ? [] : [[tagName(owner, mark), marks[mark].replace(AT, INSTEAD)] as const],
    ),
  );
}

/** Says of a layer that its instances are being ended for good: what is stopped there will not start again. */
export function endingTag({ tagPrefix }: Owner, on: boolean): LayerTags {
  return { [`${tagPrefix}:ending`]: on ? 'yes' : 'no' };
}

export function isEnding({ tagPrefix }: Owner, { tags }: TaggedLayer): boolean {
  return tags[`${tagPrefix}:ending`] === 'yes';
}

/** The id of the fleet that the layer is, when it is one of this environment's. */
export function fleetIdOf(owner: Owner, { tags }: TaggedLayer): string | undefined {
  return tags[tagName(owner, 'environment')] === owner.environment ? tags[tagName(owner, 'fleet')] : undefined;
}

export function marksOf(owner: Owner, { tags }: TaggedLayer): Marks {
  return Object.fromEntries(
    MARKS.flatMap((mark) => {
      const value = tags[tagName(owner, mark)];
      return value === undefined ? [] : [[mark, mark === 'share' ? value.replace(INSTEAD, AT) : value] as const];
    }),
  );
}

/** Tags that are not ours, which a clone takes along. */
export function foreignTags({ tagPrefix }: Owner, tags: LayerTags): LayerTags {
  return Object.fromEntries(
    Object.entries(tags).filter(([key]) => !key.startsWith(`${tagPrefix}:`) && !/^(aws|opsworks|rds):/i.test(key)),
  );
}
