import type { Authorization } from '../decide.ts';
import { arnIn, type Inventory } from '../inventory.ts';
import { requestTags, resourceTags } from './tags.ts';

interface Tag {
  readonly ResourceId?: string;
  readonly Key?: string;
  readonly Value?: string;
}

interface Named {
  readonly AutoScalingGroupName?: string;
  readonly Tags?: readonly Tag[];
}

/** What requests to Auto Scaling ask of IAM (Service Authorization Reference, EC2 Auto Scaling). */
export function autoScalingAuthorizations(
  operation: string,
  input: object,
  inventory: Inventory,
): readonly Authorization[] {
  const action = `autoscaling:${operation}`;
  const { AutoScalingGroupName: name, Tags } = input as Named;
  const names = name === undefined ? (Tags ?? []).flatMap(({ ResourceId }) => ResourceId ?? []) : [name];
  if (operation.startsWith('Describe') || names.length === 0) return [{ action, resource: '*', context: {} }];
  return [...new Set(names)].map((group) => {
    const made = arnIn(inventory, 'autoscaling', `autoScalingGroup:*:autoScalingGroupName/${group}`);
    const resource = inventory.scalingGroupOf(group) ?? made;
    const tags = resourceTags(inventory.tagsOf(resource), 'autoscaling:ResourceTag');
    return { action, resource, context: { ...tags, ...requestTags(Tags) } };
  });
}
