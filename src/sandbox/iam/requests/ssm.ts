import type { Authorization } from '../decide.ts';
import { arnIn, type Inventory } from '../inventory.ts';
import { resourceTags } from './tags.ts';

interface Named {
  readonly Name?: string;
  readonly Names?: readonly string[];
  readonly DocumentName?: string;
  readonly InstanceIds?: readonly string[];
}

/** What requests to Systems Manager ask of IAM (Service Authorization Reference, Systems Manager). */
export function ssmAuthorizations(operation: string, input: object, inventory: Inventory): readonly Authorization[] {
  const action = `ssm:${operation}`;
  const { Name, Names, DocumentName, InstanceIds = [] } = input as Named;
  const on = (...resources: readonly string[]) => resources.map((resource) => ({ action, resource, context: {} }));
  if (operation === 'SendCommand')
    return [...on(documentArn(inventory, DocumentName)), ...commanded(action, InstanceIds, inventory)];
  if (/^(Get|Put|Delete)Parameters?$/.test(operation))
    return on(
      ...(Names ?? [Name ?? '']).map((name) => arnIn(inventory, 'ssm', `parameter/${name.replace(/^\//, '')}`)),
    );
  if (/^(Describe|Get|Create|Update|Delete)Document$/.test(operation)) return on(documentArn(inventory, Name));
  return on('*');
}

/** AWS's own documents are of no account. */
function documentArn(inventory: Inventory, name = ''): string {
  if (name.startsWith('arn:')) return name;
  return arnIn(name.startsWith('AWS-') ? { ...inventory, account: '' } : inventory, 'ssm', `document/${name}`);
}

function commanded(action: string, ids: readonly string[], inventory: Inventory): readonly Authorization[] {
  return ids.map((id) => ({
    action,
    resource: arnIn(inventory, 'ec2', `instance/${id}`),
    context: resourceTags(inventory.tagsOf(id), 'ssm:resourceTag'),
  }));
}
