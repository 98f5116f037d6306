import type { Tag, TagDescription } from '@aws-sdk/client-ec2';
import type { Clock } from '../../clock.ts';
import { ApiError } from '../service.ts';
import { createTimeline } from '../timeline.ts';
import { ec2Error } from './errors.ts';

export type TagMap = Readonly<Record<string, string>>;

const TAGS_MAX = 50;
const KEY_MAX = 128;
const VALUE_MAX = 256;

/** The tags of EC2 resources, by resource id. */
export interface TagStore {
  of(id: string, lagMs?: number): TagMap;
  /** In the SDK's shape, sorted by key. */
  list(id: string, lagMs?: number): Tag[];
  all(lagMs?: number): readonly { readonly id: string; readonly tags: TagMap }[];
  set(id: string, tags: TagMap): void;
}

export function createTagStore(clock: Clock): TagStore {
  const timeline = createTimeline<{ id: string; tags: TagMap }>(clock);
  const of = (id: string, lagMs = 0) => timeline.get(id, lagMs)?.tags ?? {};
  return {
    of,
    list: (id, lagMs) => tagList(of(id, lagMs)),
    all: (lagMs) => timeline.values(lagMs),
    set: (id, tags) => timeline.set(id, { id, tags }),
  };
}

function tagList(tags: TagMap): Tag[] {
  return Object.keys(tags)
    .toSorted()
    .map((Key) => ({ Key, Value: tags[Key]! }));
}

/** The tags of a request merged with `before`, validated against EC2's limits (EC2 user guide, "Tag restrictions"). */
export function checkedTags(sent: readonly Tag[] | undefined, before: TagMap = {}): TagMap {
  const tags: Record<string, string> = { ...before };
  for (const { Key = '', Value = '' } of sent ?? []) {
    checkKey(Key);
    if (Value.length > VALUE_MAX)
      throw ec2Error.invalid(`Tag value exceeds the maximum length of ${VALUE_MAX} characters`);
    tags[Key] = Value;
  }
  const own = Object.keys(tags).filter((key) => !key.startsWith('aws:'));
  if (own.length > TAGS_MAX)
    throw new ApiError('TagLimitExceeded', `The maximum number of Tags for a resource (${TAGS_MAX}) has been reached`);
  return tags;
}

function checkKey(key: string): void {
  if (key === '') throw ec2Error.invalid('Tag key cannot be empty');
  if (key.length > KEY_MAX) throw ec2Error.invalid(`Tag key exceeds the maximum length of ${KEY_MAX} characters`);
  if (/^aws:/i.test(key)) throw ec2Error.invalid(`Tag keys starting with 'aws:' are reserved for internal use`);
}

const TYPES: Readonly<Record<string, NonNullable<TagDescription['ResourceType']>>> = {
  i: 'instance',
  ami: 'image',
  lt: 'launch-template',
  vol: 'volume',
  subnet: 'subnet',
  vpc: 'vpc',
  sg: 'security-group',
};

/** EC2's resource type of an id. */
export function resourceType(id: string): TagDescription['ResourceType'] {
  return TYPES[id.split('-')[0] ?? ''];
}
