import { refusal, type Delivery, type Refusal } from '../domain/goal.ts';
import type { Instance, Marks } from '../domain/snapshot.ts';
import { count, list } from '../domain/text.ts';
import type { TrafficSettings } from '../domain/traffic.ts';

/** Tags of one resource; those of AWS's own, `aws:`, do not count (EC2 user guide, tag restrictions). */
const TAGS_MAX = 50;

type Occasion = 'adopt' | 'switch' | 'bake' | 'lower-ttl' | 'rolling' | 'pointer' | 'drain';

/** When each mark is written on servers that may not have it yet. */
const WRITTEN: Readonly<Record<keyof Marks, readonly Occasion[]>> = {
  promoted: ['switch'],
  current: ['switch', 'adopt'],
  share: ['switch'],
  alone: ['bake'],
  lowered: ['lower-ttl'],
  migrated: ['rolling'],
  pointed: ['pointer'],
  size: ['adopt'],
  store: ['switch', 'adopt', 'rolling', 'drain'],
};

function marksOf(occasion: Occasion): readonly string[] {
  return Object.entries(WRITTEN).flatMap(([mark, when]) => (when.includes(occasion) ? mark : []));
}

export const ADOPT_TAGS = ['environment', 'fleet', 'release', ...marksOf('adopt')];
export const DRAIN_TAGS = ['left', ...marksOf('drain')];

/** What a switch writes on the servers of both fleets. */
export function switchTags(traffic: TrafficSettings, bakeS?: number): readonly string[] {
  const lowers = 'lowerTtl' in traffic && Object.keys(traffic.lowerTtl).length > 0;
  return [
    ...marksOf('switch'),
    ...(bakeS === undefined ? [] : marksOf('bake')),
    ...(lowers ? marksOf('lower-ttl') : []),
  ];
}

export function rollingTags({ movesPointer }: Delivery): readonly string[] {
  return ['left', 'deploy', 'release', ...marksOf('rolling'), ...(movesPointer ? marksOf('pointer') : [])];
}

/** Why tags with these names, without the prefix, cannot be written on each of these instances. */
export function tagRoomProblem(instances: readonly Instance[], names: readonly string[]): Refusal | undefined {
  const tight = instances.flatMap(({ id, tags }) => {
    const missing = names.filter((name) => tags?.own.includes(name) === false);
    return tags === undefined || tags.count + missing.length <= TAGS_MAX ? [] : [{ id, tags, missing }];
  });
  const [first] = tight;
  if (first === undefined) return undefined;
  const { id, tags, missing } = first;
  const rest = tight.length - 1;
  const others =
    rest === 0 ? '' : `, and ${count(rest, 'other instance')} ${rest === 1 ? 'has' : 'have'} too many as well`;
  const surplus = tags.count + missing.length - TAGS_MAX;
  return refusal(
    'too-many-tags',
    `${id} has ${count(tags.count, 'tag')} of the ${TAGS_MAX} that AWS allows, and this needs ${missing.length} more (${list(missing)})${others}.`,
    `Remove ${count(surplus, 'tag')} from ${list(
      tight.map((one) => one.id),
      5,
    )}, for example with \`aws ec2 delete-tags --resources ${id} --tags Key=NAME\`; then run this again.`,
  );
}
