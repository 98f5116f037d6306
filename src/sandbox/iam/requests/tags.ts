import type { ConditionContext } from '../conditions.ts';
import type { ResourceTags } from '../inventory.ts';

interface Tag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

/** Of a resource that exists; some services have a second name for the key. */
export function resourceTags(tags: ResourceTags, ...others: readonly string[]): ConditionContext {
  const names = ['aws:ResourceTag', ...others];
  return Object.fromEntries(
    Object.entries(tags).flatMap(([key, value]) => names.map((name) => [`${name}/${key}`, [value]])),
  );
}

/** Of the tags that a request sets or removes. */
export function requestTags(sent: readonly Tag[] | undefined): ConditionContext {
  const tags = sent ?? [];
  return {
    ...Object.fromEntries(
      tags.flatMap(({ Key = '', Value }) => (Value === undefined ? [] : [[`aws:RequestTag/${Key}`, [Value]]])),
    ),
    'aws:TagKeys': tags.map(({ Key = '' }) => Key),
  };
}
