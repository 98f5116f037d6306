import type { LaunchTemplateSpecification, MixedInstancesPolicy } from '@aws-sdk/client-auto-scaling';
import type { Authorization } from '../decide.ts';
import { arnIn, type Inventory } from '../inventory.ts';
import { launchAuthorizations } from './ec2.ts';
import { requestTags, resourceTags } from './tags.ts';

interface Tag {
  readonly ResourceId?: string;
  readonly Key?: string;
  readonly Value?: string;
}

interface Launches {
  readonly LaunchTemplate?: LaunchTemplateSpecification;
  readonly MixedInstancesPolicy?: MixedInstancesPolicy;
}

interface Named extends Launches {
  readonly DesiredConfiguration?: Launches;
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
  const onGroups = [...new Set(names)].map((group) => {
    const made = arnIn(inventory, 'autoscaling', `autoScalingGroup:*:autoScalingGroupName/${group}`);
    const resource = inventory.scalingGroupOf(group) ?? made;
    const tags = resourceTags(inventory.tagsOf(resource), 'autoscaling:ResourceTag');
    return { action, resource, context: { ...tags, ...requestTags(Tags) } };
  });
  const launched = [input as Named, (input as Named).DesiredConfiguration ?? {}].flatMap(templatesIn);
  return [...onGroups, ...launched.flatMap((template) => mayLaunch(template, inventory))];
}

function templatesIn({
  LaunchTemplate,
  MixedInstancesPolicy: mixed,
}: Launches): readonly LaunchTemplateSpecification[] {
  const { LaunchTemplateSpecification: main, Overrides = [] } = mixed?.LaunchTemplate ?? {};
  const all = [LaunchTemplate, main, ...Overrides.map((one) => one.LaunchTemplateSpecification)];
  return all.filter((one) => one !== undefined);
}

/** Whoever gives a group a template must be allowed to launch from it (Auto Scaling user guide, "Control Amazon EC2 launch template usage"). */
function mayLaunch(LaunchTemplate: LaunchTemplateSpecification, inventory: Inventory): readonly Authorization[] {
  const { LaunchTemplateId, LaunchTemplateName } = LaunchTemplate;
  const id = inventory.templateOf(LaunchTemplate)?.id ?? LaunchTemplateId ?? LaunchTemplateName ?? '';
  const says = `You are not authorized to use launch template: ${id}`;
  const asked = launchAuthorizations({ LaunchTemplate, MinCount: 1, MaxCount: 1 }, inventory);
  return asked.map((one) => ({ ...one, says }));
}
