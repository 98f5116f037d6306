import type { ListTagsRequest, TagResourceRequest, UntagResourceRequest } from '@aws-sdk/client-opsworks';
import type { Call } from '../service.ts';
import { validationException, opsWorksNotFound } from './errors.ts';
import type { TagMap } from '../ec2/tags.ts';
import type { OpsWorksState } from './state.ts';

/** OpsWorks user guide, "Tag Limitations". */
const [TAGS_MAX, KEY_MAX, VALUE_MAX] = [40, 127, 255];
const CHARACTERS = /^[\p{L}\p{N}\p{Z}+\-=._:/]*$/u;

/** Only stacks and layers can have tags. */
function checkArn(state: OpsWorksState, arn = ''): string {
  const stacks = [...state.stacks.values()].map((stack) => stack.Arn);
  const layers = state.layers.values().map((layer) => layer.Arn);
  if (![...stacks, ...layers].includes(arn)) throw opsWorksNotFound('resource', arn);
  return arn;
}

export function listTags(state: OpsWorksState, { ResourceArn }: ListTagsRequest, call?: Call): object {
  return { Tags: state.tags.get(checkArn(state, ResourceArn), call?.lagMs) ?? {} };
}

export function tagResource(state: OpsWorksState, { ResourceArn, Tags: given = {} }: TagResourceRequest): object {
  const arn = checkArn(state, ResourceArn);
  for (const [key, value] of Object.entries(given)) checkTag(key, value);
  const tags: TagMap = { ...state.tags.get(arn), ...given };
  if (Object.keys(tags).length > TAGS_MAX) throw validationException(`A resource can have at most ${TAGS_MAX} tags`);
  state.tags.set(arn, tags);
  return {};
}

function checkTag(key: string, value: string): void {
  if (/^(aws|opsworks|rds):/i.test(key) || /^name$/i.test(key))
    throw validationException(`The tag key "${key}" is reserved`);
  if (key.length > KEY_MAX || value.length > VALUE_MAX)
    throw validationException(`A tag's key can have ${KEY_MAX} characters, its value ${VALUE_MAX}`);
  if (!CHARACTERS.test(key) || !CHARACTERS.test(value))
    throw validationException(`The tag "${key}" has characters that are not allowed`);
}

export function untagResource(state: OpsWorksState, { ResourceArn, TagKeys }: UntagResourceRequest): object {
  const arn = checkArn(state, ResourceArn);
  const left = Object.entries(state.tags.get(arn) ?? {}).filter(([key]) => !TagKeys?.includes(key));
  state.tags.set(arn, Object.fromEntries(left));
  return {};
}
