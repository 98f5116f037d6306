import type { NormalizedSchema } from '@smithy/core/schema';
import type { ApiError } from '../service.ts';
import { numbered, type QueryNode } from './query-tree.ts';
import { requiredMembers } from './schemas.ts';

/** The differences between the two query protocols (Smithy: awsQuery, ec2Query). */
export interface QueryVariant {
  /** The query key of a structure's member. */
  memberKey(name: string, traits: Traits): string;
  /** The node that holds a list's numbered members. */
  listNode(node: QueryNode, list: NormalizedSchema): QueryNode | undefined;
  missing(key: string): ApiError;
  malformed(key: string, value: string): ApiError;
}

export type Traits = Readonly<{
  xmlName?: string | undefined;
  ec2QueryName?: string | undefined;
  xmlFlattened?: unknown;
}>;

export function traitsOf(schema: NormalizedSchema): Traits {
  return schema.getMergedTraits();
}

/**
 * Reads an operation's input from the tree of its query string: the inverse of the SDK's QueryShapeSerializer.
 * An empty list (`Targets=`, which the SDK sends) is read as absent, as on AWS.
 */
export function readInput(variant: QueryVariant, schema: NormalizedSchema, root: QueryNode): Record<string, unknown> {
  return readStruct(variant, schema, root, '');
}

function readStruct(
  variant: QueryVariant,
  schema: NormalizedSchema,
  node: QueryNode,
  path: string,
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  if (!schema.isStructSchema()) return result;
  const keys = new Map<string, string>();
  for (const [name, member] of schema.structIterator()) {
    const key = variant.memberKey(name, traitsOf(member));
    keys.set(name, key);
    const child = node.children.get(key);
    const value = child && readValue(variant, member, child, `${path}${key}`);
    if (value !== undefined) result[name] = value;
  }
  const absent = requiredMembers(schema).find((name) => result[name] === undefined);
  if (absent !== undefined) throw variant.missing(`${path}${keys.get(absent) ?? absent}`);
  return result;
}

function readValue(variant: QueryVariant, schema: NormalizedSchema, node: QueryNode, path: string): unknown {
  if (schema.isStructSchema()) return readStruct(variant, schema, node, `${path}.`);
  if (schema.isListSchema()) return readList(variant, schema, node, path);
  if (schema.isMapSchema()) return readMap(variant, schema, node, path);
  return node.value === undefined ? undefined : readSimple(variant, schema, node.value, path);
}

function readList(
  variant: QueryVariant,
  schema: NormalizedSchema,
  node: QueryNode,
  path: string,
): unknown[] | undefined {
  const holder = variant.listNode(node, schema);
  const items = holder ? numbered(holder) : [];
  if (items.length === 0) return undefined;
  const member = schema.getValueSchema();
  return items.map((item, index) => readValue(variant, member, item, `${path}.${index + 1}`));
}

function readMap(
  variant: QueryVariant,
  schema: NormalizedSchema,
  node: QueryNode,
  path: string,
): Record<string, unknown> {
  const member = schema.getValueSchema();
  const holder = traitsOf(schema).xmlFlattened ? node : node.children.get('entry');
  const entries = (holder ? numbered(holder) : []).map((entry, index) => {
    const value = entry.children.get('value');
    const read = value && readValue(variant, member, value, `${path}.${index + 1}`);
    return [entry.children.get('key')?.value ?? '', read] as const;
  });
  return Object.fromEntries(entries);
}

function readSimple(variant: QueryVariant, schema: NormalizedSchema, text: string, path: string): unknown {
  const checked = <T>(ok: boolean, value: T): T => {
    if (!ok) throw variant.malformed(path, text);
    return value;
  };
  if (schema.isBooleanSchema()) return checked(/^(true|false)$/i.test(text), text.toLowerCase() === 'true');
  if (schema.isNumericSchema()) return checked(text.trim() !== '' && Number.isFinite(Number(text)), Number(text));
  if (schema.isTimestampSchema()) return checked(!Number.isNaN(Date.parse(text)), new Date(text));
  if (schema.isBlobSchema()) return Buffer.from(text, 'base64');
  return text;
}
