import type { Authorization } from '../decide.ts';
import { arnIn, type Inventory } from '../inventory.ts';
import { requestTags, resourceTags } from './tags.ts';

interface Named {
  readonly RuleArn?: string;
  readonly ListenerArn?: string;
  readonly TargetGroupArn?: string;
  readonly LoadBalancerArn?: string;
  readonly ResourceArns?: readonly string[];
  readonly RulePriorities?: readonly { readonly RuleArn?: string }[];
  readonly Name?: string;
  readonly Type?: string;
  readonly Tags?: readonly { readonly Key?: string; readonly Value?: string }[];
}

/** What requests to ELB ask of IAM (Service Authorization Reference, Elastic Load Balancing V2). */
export function elbv2Authorizations(operation: string, input: object, inventory: Inventory): readonly Authorization[] {
  const action = `elasticloadbalancing:${operation}`;
  if (operation.startsWith('Describe')) return [{ action, resource: '*', context: {} }];
  const asked = arnsIn(operation, input, inventory).map((resource) => ({
    action,
    resource,
    context: {
      ...resourceTags(inventory.tagsOf(resource), 'elasticloadbalancing:ResourceTag'),
      ...requestTags((input as Named).Tags),
    },
  }));
  return [...asked, ...taggedAtCreation(operation, input)];
}

/** To make a rule with tags is to tag it, too (ELB user guide, "Grant permission to tag resources during creation"). */
function taggedAtCreation(operation: string, { ListenerArn = '', Tags = [] }: Named): readonly Authorization[] {
  if (operation !== 'CreateRule' || Tags.length === 0) return [];
  const resource = `${ListenerArn.replace(':listener/', ':listener-rule/')}/*`;
  const context = { ...requestTags(Tags), 'elasticloadbalancing:CreateAction': [operation] };
  return [{ action: 'elasticloadbalancing:AddTags', resource, context }];
}

function arnsIn(operation: string, input: Named, inventory: Inventory): readonly string[] {
  const { RuleArn, ListenerArn, TargetGroupArn, LoadBalancerArn, ResourceArns, RulePriorities } = input;
  const several = ResourceArns ?? RulePriorities?.flatMap((one) => one.RuleArn ?? []);
  if (several !== undefined) return several;
  const one = RuleArn ?? ListenerArn ?? TargetGroupArn ?? LoadBalancerArn;
  if (one !== undefined) return [one];
  const { Name = '*', Type } = input;
  const made = {
    CreateTargetGroup: `targetgroup/${Name}/*`,
    CreateLoadBalancer: `loadbalancer/${Type === 'network' ? 'net' : 'app'}/${Name}/*`,
  }[operation];
  return [made === undefined ? '*' : arnIn(inventory, 'elasticloadbalancing', made)];
}
