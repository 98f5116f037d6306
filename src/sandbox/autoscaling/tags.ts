import type {
  CreateOrUpdateTagsType,
  DeleteTagsType,
  DescribeTagsType,
  Filter,
  Tag,
  TagDescription,
  TagsType,
} from '@aws-sdk/client-auto-scaling';
import { scalingError } from './errors.ts';
import { pageByOffset } from './paging.ts';
import { scalingGroupOf, publish, type AutoScalingState } from './state.ts';

const TAGS_MAX = 50;

/** Tags of a group with those of a request, which replace those of the same key. Throws `ValidationError` for reserved keys. */
export function mergedTags(
  group: string,
  before: readonly TagDescription[],
  given: readonly Tag[] = [],
): readonly TagDescription[] {
  const tags = new Map(before.map((tag) => [tag.Key ?? '', tag]));
  for (const { Key = '', Value = '', PropagateAtLaunch = true } of given) {
    if (Key === '' || /^aws:/i.test(Key)) throw scalingError.invalid(`The tag key '${Key}' is not valid`);
    tags.set(Key, { ResourceId: group, ResourceType: 'auto-scaling-group', Key, Value, PropagateAtLaunch });
  }
  if (tags.size > TAGS_MAX) throw scalingError.limit(`A group can have at most ${TAGS_MAX} tags`);
  return [...tags.values()];
}

export function createOrUpdateTags(state: AutoScalingState, { Tags = [] }: CreateOrUpdateTagsType): object {
  for (const tag of Tags) {
    const group = scalingGroupOf(state, tag.ResourceId);
    group.tags = mergedTags(group.name, group.tags, [tag]);
    publish(state, group);
  }
  return {};
}

/** With a value only the tag with that value is deleted. */
export function deleteScalingTags(state: AutoScalingState, { Tags = [] }: DeleteTagsType): object {
  for (const { ResourceId, Key, Value } of Tags) {
    const group = scalingGroupOf(state, ResourceId);
    group.tags = group.tags.filter((tag) => tag.Key !== Key || (Value !== undefined && tag.Value !== Value));
    publish(state, group);
  }
  return {};
}

export function describeScalingTags(state: AutoScalingState, input: DescribeTagsType): TagsType {
  const all = [...state.groups.values()].flatMap(({ tags }) => tags);
  const values: Readonly<Record<string, (tag: TagDescription) => string | undefined>> = {
    'auto-scaling-group': (tag) => tag.ResourceId,
    key: (tag) => tag.Key,
    value: (tag) => tag.Value,
    'propagate-at-launch': (tag) => String(tag.PropagateAtLaunch),
  };
  const selected = all.filter((tag) =>
    (input.Filters ?? []).every(({ Name = '', Values = [] }) => Values.includes(values[Name]?.(tag) ?? '')),
  );
  const { items, next } = pageByOffset(selected, input, state.pageSize);
  return { Tags: items, ...next };
}

/** The filters of DescribeAutoScalingGroups: `tag-key`, `tag-value`, `tag:<key>`. */
export function tagsMatch(tags: readonly TagDescription[], filters: readonly Filter[] = []): boolean {
  return filters.every(({ Name = '', Values = [] }) =>
    tags.some(({ Key = '', Value = '' }) => {
      if (Name === 'tag-key') return Values.includes(Key);
      if (Name === 'tag-value') return Values.includes(Value);
      if (Name.startsWith('tag:')) return Key === Name.slice(4) && Values.includes(Value);
      throw scalingError.invalid(
        `Filter type ${Name} is not correct. Allowed filter types are: tag-key tag-value tag:<key>`,
      );
    }),
  );
}
