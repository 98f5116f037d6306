import type { CreateTagsRequest, ResourceType, RunInstancesRequest, TagSpecification } from '@aws-sdk/client-ec2';
import { resourceType } from '../../ec2/tags.ts';
import { withoutUndefined } from '../../records.ts';
import type { ConditionContext } from '../conditions.ts';
import type { Authorization } from '../decide.ts';
import { arnIn, type Inventory } from '../inventory.ts';
import { requestTags, resourceTags } from './tags.ts';

/** What requests to EC2 ask of IAM (Service Authorization Reference, EC2). */
export function ec2Authorizations(operation: string, input: object, inventory: Inventory): readonly Authorization[] {
  const action = `ec2:${operation}`;
  if (operation === 'RunInstances') return launchAuthorizations(input as RunInstancesRequest, inventory);
  if (operation === 'CreateTags' || operation === 'DeleteTags') {
    const { Resources = [], Tags } = input as CreateTagsRequest;
    return Resources.map((id) => onResource(action, id, inventory, requestTags(Tags)));
  }
  const ids = operation.startsWith('Describe') ? [] : idsIn(input);
  if (ids.length === 0) return [{ action, resource: '*', context: {} }];
  return ids.map((id) => onResource(action, id, inventory));
}

/** The resources that a change names, whatever its parameter is called. */
function idsIn(input: object): readonly string[] {
  const values = Object.entries(input).flatMap(([name, value]) => (/Ids?$/.test(name) ? [value].flat() : []));
  return values.filter((value) => typeof value === 'string' && resourceType(value) !== undefined);
}

/** Images are written without an account: they may be of another one. */
function arnOf(inventory: Inventory, kind: string, id: string): string {
  return arnIn(kind === 'image' ? { ...inventory, account: '' } : inventory, 'ec2', `${kind}/${id}`);
}

function onResource(action: string, id: string, inventory: Inventory, context: ConditionContext = {}): Authorization {
  const resource = arnOf(inventory, resourceType(id) ?? 'resource', id);
  return { action, resource, context: { ...resourceTags(inventory.tagsOf(id), 'ec2:ResourceTag'), ...context } };
}

/** What a launch makes. */
const MADE: readonly ResourceType[] = ['instance', 'volume', 'network-interface'];

/** A launch needs an Allow for everything that it makes or uses, for the tags, and for the role that it hands on. */
export function launchAuthorizations(input: RunInstancesRequest, inventory: Inventory): readonly Authorization[] {
  const template = input.LaunchTemplate && inventory.templateOf(input.LaunchTemplate);
  const request: Partial<RunInstancesRequest> = { ...template?.data, ...withoutUndefined(input) };
  const action = 'ec2:RunInstances';
  const common = {
    'ec2:InstanceType': [request.InstanceType ?? 'm1.small'],
    'ec2:IsLaunchTemplateResource': [String(template !== undefined)],
    ...(template && { 'ec2:LaunchTemplate': [arnOf(inventory, 'launch-template', template.id)] }),
  };
  const made = MADE.map((kind) => {
    const context = { ...common, ...requestTags(tagsFor(request, kind)) };
    return { action, resource: arnOf(inventory, kind, '*'), context };
  });
  const used = usedBy(request, template?.id).map(([kind, id]) => {
    const tags = resourceTags(inventory.tagsOf(id), 'ec2:ResourceTag');
    return { action, resource: arnOf(inventory, kind, id), context: { ...common, ...tags } };
  });
  return [...used, ...made, ...taggedAtLaunch(request, inventory), ...passed(request, inventory)];
}

function usedBy(
  request: Partial<RunInstancesRequest>,
  template: string | undefined,
): readonly (readonly [kind: string, id: string])[] {
  const face = request.NetworkInterfaces?.[0];
  const groups = request.SecurityGroupIds ?? face?.Groups ?? ['*'];
  return [
    ['image', request.ImageId ?? '*'],
    ['subnet', request.SubnetId ?? face?.SubnetId ?? '*'],
    ...groups.map((group) => ['security-group', group] as const),
    ...(request.KeyName === undefined ? [] : [['key-pair', request.KeyName] as const]),
    ...(template === undefined ? [] : [['launch-template', template] as const]),
  ];
}

function tagsFor({ TagSpecifications: all = [] }: Partial<RunInstancesRequest>, kind: ResourceType) {
  return all.filter(({ ResourceType: one }) => one === kind).flatMap(({ Tags = [] }) => Tags);
}

/** EC2 user guide, "Grant permission to tag resources during creation". */
function taggedAtLaunch(
  { TagSpecifications: all = [] }: Partial<RunInstancesRequest>,
  inventory: Inventory,
): readonly Authorization[] {
  const tagged = all.filter(({ Tags = [] }: TagSpecification) => Tags.length > 0);
  return tagged.map(({ ResourceType: kind = 'instance', Tags }) => ({
    action: 'ec2:CreateTags',
    resource: arnOf(inventory, kind, '*'),
    context: { ...requestTags(Tags), 'ec2:CreateAction': ['RunInstances'] },
  }));
}

/** The role has the name of its instance profile, as where the console has made both. */
function passed(
  { IamInstanceProfile: given }: Partial<RunInstancesRequest>,
  { account }: Inventory,
): readonly Authorization[] {
  const name = given?.Name ?? given?.Arn?.split('/').at(-1);
  if (name === undefined) return [];
  const context = { 'iam:PassedToService': ['ec2.amazonaws.com'] };
  return [{ action: 'iam:PassRole', resource: `arn:aws:iam::${account}:role/${name}`, context }];
}
