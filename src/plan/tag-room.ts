import { refusal, type Delivery, type Refusal } from '../domain/goal.ts';
import { members } from '../domain/roles.ts';
import type { Fleet, Instance, Marks } from '../domain/snapshot.ts';
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

/** A group has the minimum that is held on a tag as well. */
const HELD_TAG = 'minimum';

/** Why the marks of a switch cannot be written: where something holds the instances of a fleet, its tags have them. */
export function markRoomProblem(fleets: readonly Fleet[], names: readonly string[]): Refusal | undefined {
  const held = fleets.flatMap(({ holder, holderTags: tags, group }) => {
    const written = group === undefined ? names : [...names, HELD_TAG];
    return holder === undefined ? [] : tightIn({ id: holder, tags, most: tags?.most }, written);
  });
  if (held.length > 0) return tooMany(held, 'other one', 'it');
  return tagRoomProblem(fleets.filter(({ holder }) => holder === undefined).flatMap(members), names);
}

/** Why tags with these names, without the prefix, cannot be written on each of these instances. */
export function tagRoomProblem(instances: readonly Instance[], names: readonly string[]): Refusal | undefined {
  const tight = instances.flatMap((one) => tightIn(one, names));
  const [first] = tight;
  if (first === undefined) return undefined;
  const ids = list(
    tight.map(({ id }) => id),
    5,
  );
  const command = `aws ec2 delete-tags --resources ${first.id} --tags Key=NAME`;
  return tooMany(tight, 'other instance', `${ids}, for example with \`${command}\``);
}

interface Tagged {
  readonly id: string;
  readonly tags?: Instance['tags'] | undefined;
  readonly most?: number | undefined;
}

/** What has too little room for its marks. */
interface Tight {
  readonly id: string;
  readonly has: number;
  readonly most: number;
  readonly missing: readonly string[];
  readonly surplus: number;
}

function tightIn({ id, tags, most = TAGS_MAX }: Tagged, names: readonly string[]): readonly Tight[] {
  if (tags === undefined) return [];
  const missing = names.filter((name) => !tags.own.includes(name));
  const surplus = tags.count + missing.length - most;
  return surplus <= 0 ? [] : [{ id, has: tags.count, most, missing, surplus }];
}

/** @param where what tags have to be removed from, and how */
function tooMany([first, ...rest]: readonly Tight[], other: string, where: string): Refusal {
  const { id, has, most, missing, surplus } = first!;
  const others =
    rest.length === 0
      ? ''
      : `, and ${count(rest.length, other)} ${rest.length === 1 ? 'has' : 'have'} too many as well`;
  return refusal(
    'too-many-tags',
    `${id} has ${count(has, 'tag')} of the ${most} that AWS allows, and this needs ${missing.length} more (${list(missing)})${others}.`,
    `Remove ${count(surplus, 'tag')} from ${where}; then run this again.`,
  );
}
