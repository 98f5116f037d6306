import type { AddTagsInput, DescribeTagsInput, RemoveTagsInput } from '@aws-sdk/client-elastic-load-balancing-v2';
import { ApiError, type Call, type Operation } from '../service.ts';
import { entryOf } from './catalogue.ts';
import { validationError } from './errors.ts';
import { kindOf, resourceOf, tagsFrom, type Elbv2State } from './state.ts';

/** Maximum number of tags of a resource (ALB user guide, "Tags"). */
const MAX_TAGS = 50;

/** Maximum number of ARNs in a request (ELBv2 API, DescribeTags). */
const MAX_ARNS = 20;

export function elbv2TagOperations(state: Elbv2State): Record<string, Operation> {
  return {
    AddTags: (input: AddTagsInput) => {
      const resources = (input.ResourceArns ?? []).map((arn) => resourceOf(state, arn));
      const added = tagsFrom(input.Tags);
      const reserved = [...added.keys()].find((key) => /^aws:/i.test(key));
      if (reserved !== undefined) throw validationError(`The tag key '${reserved}' is reserved for AWS`);
      for (const { tags } of resources) {
        if (new Set([...tags.keys(), ...added.keys()]).size > MAX_TAGS) {
          throw new ApiError('TooManyTags', 'The maximum number of tags has been reached');
        }
      }
      for (const { tags } of resources) for (const [key, value] of added) tags.set(key, value);
      return {};
    },
    RemoveTags: (input: RemoveTagsInput) => {
      const resources = (input.ResourceArns ?? []).map((arn) => resourceOf(state, arn));
      for (const { tags } of resources) for (const key of input.TagKeys ?? []) tags.delete(key);
      return {};
    },
    DescribeTags: (input: DescribeTagsInput, call?: Call) => {
      const arns = input.ResourceArns ?? [];
      if (arns.length > MAX_ARNS) throw validationError(`At most ${MAX_ARNS} resource ARNs can be specified`);
      const tagsOf = (arn: string) => entryOf(state.catalogue, kindOf(arn), arn, call).tags;
      return { TagDescriptions: arns.map((arn) => ({ ResourceArn: arn, Tags: tagsOf(arn) })) };
    },
  };
}
