import type { ChangeTagsForResourceRequest, ListTagsForResourceRequest } from '@aws-sdk/client-route-53';
import { ApiError, type Operation } from '../service.ts';
import { bareId } from './changes.ts';
import { invalidInput } from './errors.ts';
import { healthCheckOf } from './health-checks.ts';
import type { Route53State } from './model.ts';
import { zoneOf } from './zones.ts';

/** Maximum number of tags of a resource (Route 53 API, ChangeTagsForResource). */
const MAX_TAGS = 50;

type Resource = Pick<ListTagsForResourceRequest, 'ResourceType' | 'ResourceId'>;

export function route53TagOperations(state: Route53State): Record<string, Operation> {
  return {
    ListTagsForResource: (input: ListTagsForResourceRequest) => {
      const Tags = [...tagsOf(state, input)].map(([Key, Value]) => ({ Key, Value }));
      return { ResourceTagSet: { ResourceType: input.ResourceType, ResourceId: bareId(input.ResourceId), Tags } };
    },
    ChangeTagsForResource: (input: ChangeTagsForResourceRequest) => {
      const tags = tagsOf(state, input);
      const next = new Map(tags);
      for (const key of input.RemoveTagKeys ?? []) next.delete(key);
      for (const { Key = '', Value = '' } of input.AddTags ?? []) next.set(Key, Value);
      if (next.size > MAX_TAGS) throw new ApiError('InvalidInput', `A resource can have at most ${MAX_TAGS} tags`);
      tags.clear();
      for (const [key, value] of next) tags.set(key, value);
      return {};
    },
  };
}

function tagsOf(state: Route53State, { ResourceType: type, ResourceId: id }: Resource): Map<string, string> {
  if (type === 'hostedzone') return zoneOf(state, id).tags;
  if (type === 'healthcheck') return healthCheckOf(state, id).tags;
  throw invalidInput(`Value '${type}' at 'resourceType' must be hostedzone or healthcheck`);
}
