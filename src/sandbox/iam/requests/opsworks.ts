import type { Authorization } from '../decide.ts';
import { arnIn, type Inventory } from '../inventory.ts';

/** What requests to OpsWorks ask of IAM: the stack is its only resource (Service Authorization Reference, OpsWorks). */
export function opsworksAuthorizations(
  operation: string,
  input: object,
  inventory: Inventory,
): readonly Authorization[] {
  const stack = stackIn(input, inventory);
  const resource = stack === undefined ? '*' : arnIn(inventory, 'opsworks', `stack/${stack}/`);
  return [{ action: `opsworks:${operation}`, resource, context: {} }];
}

/** The stack that a request names, or the one of what it names. */
function stackIn(input: object, inventory: Inventory): string | undefined {
  const named = Object.entries(input).filter(([name]) => /(?:Ids?|Arn)$/.test(name));
  const direct = named.find(([name]) => name === 'StackId')?.[1] as string | undefined;
  const ids = named.flatMap(([, value]) => [value as string | readonly string[]].flat());
  return direct ?? ids.map((id) => inventory.stackOf(id.split('/').filter(Boolean).at(-1) ?? '')).find(Boolean);
}
