import type { NormalizedSchema } from '@smithy/core/schema';
import { requiredMembers } from './schemas.ts';

/** The first required member that is missing, at any depth, and the structure that it belongs to. */
export function missingMember(
  schema: NormalizedSchema,
  value: unknown,
  owner: string,
): { readonly owner: string; readonly name: string } | undefined {
  if (value === undefined || value === null) return undefined;
  if (schema.isListSchema()) {
    const item = schema.getValueSchema();
    return firstOf(value as readonly unknown[], (each) => missingMember(item, each, owner));
  }
  if (!schema.isStructSchema()) return undefined;
  const values = value as Readonly<Record<string, unknown>>;
  const name = requiredMembers(schema).find((member) => values[member] === undefined);
  if (name !== undefined) return { owner, name };
  return firstOf([...schema.structIterator()], ([key, member]) => missingMember(member, values[key], key));
}

function firstOf<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
