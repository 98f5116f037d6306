import * as z from 'zod';

/** Tables of docs/json.md, from the schemas of what is written. */

interface Field {
  readonly name: string;
  readonly type: string;
  readonly meaning: string;
}

type Row = readonly string[];

export function table(head: Row, rows: readonly Row[]): string {
  const line = (cells: Row): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** One row per field; those of objects within it follow it, unless the object has a table of its own. */
export function fieldsTable(schema: z.ZodObject, left: readonly string[] = []): string {
  const rows = fieldsOf(schema, '').filter(({ name }) => !left.includes(name));
  return table(
    ['field', 'type', 'meaning'],
    rows.map(({ name, type, meaning }) => [`\`${name}\``, type, meaning]),
  );
}

function fieldsOf({ shape }: z.ZodObject, prefix: string): readonly Field[] {
  return Object.entries(shape).flatMap(([key, field]) => {
    const name = prefix + key;
    const { inner, item, list } = unwrap(field as z.ZodType);
    const own = { name, type: typeName(field as z.ZodType), meaning: meaningOf(field as z.ZodType) };
    const isFlat = inner instanceof z.ZodObject && titleOf(inner) === undefined;
    if (inner instanceof z.ZodDiscriminatedUnion) return [own, ...variants(inner, `${name}.`)];
    return [own, ...(isFlat ? fieldsOf(item as z.ZodObject, `${name}${list ? '[]' : ''}.`) : [])];
  });
}

/** The field that tells the variants apart, then the fields that only one of them has. */
function variants(union: z.ZodDiscriminatedUnion, prefix: string): readonly Field[] {
  const { discriminator } = union.def;
  const options = (union.options as readonly z.ZodObject[]).map((option) => {
    const tag = typeName(option.shape[discriminator] as z.ZodType);
    const own = fieldsOf(option, prefix).filter(({ name }) => name !== prefix + discriminator);
    return { tag, own: own.map((field) => ({ ...field, type: `${field.type}, only with ${tag}` })) };
  });
  const type = options.map(({ tag }) => tag).join(', ');
  return [
    { name: prefix + discriminator, type, meaning: 'which other fields there are' },
    ...options.flatMap(({ own }) => own),
  ];
}

/** What is within optional, nullable and list. */
function unwrap(field: z.ZodType): { readonly inner: z.ZodType; readonly item: z.ZodType; readonly list: boolean } {
  if (field instanceof z.ZodOptional || field instanceof z.ZodNullable || field instanceof z.ZodExactOptional)
    return unwrap(field.unwrap() as z.ZodType);
  if (!(field instanceof z.ZodArray)) return { inner: field, item: field, list: false };
  const { inner } = unwrap(field.element as z.ZodType);
  return { inner, item: inner, list: true };
}

function meaningOf(field: z.ZodType): string {
  if (field.description !== undefined) return field.description;
  if (field instanceof z.ZodOptional || field instanceof z.ZodNullable || field instanceof z.ZodExactOptional)
    return meaningOf(field.unwrap() as z.ZodType);
  return '';
}

function titleOf(schema: z.ZodType): string | undefined {
  return schema.meta()?.title;
}

/** Enumerations longer than this are described elsewhere. */
const VALUES_MAX = 8;

function typeName(field: z.ZodType): string {
  if (field instanceof z.ZodExactOptional) return `${typeName(field.unwrap() as z.ZodType)}, may be absent`;
  if (field instanceof z.ZodNullable) return `${typeName(field.unwrap() as z.ZodType)}, or null`;
  if (field instanceof z.ZodArray) return `list of ${plural(typeName(field.element as z.ZodType))}`;
  if (field instanceof z.ZodRecord) return `object: ${plural(typeName(field.valueType as z.ZodType))} by name`;
  if (field instanceof z.ZodLiteral) return [...field.values].map(code).join(', ');
  if (field instanceof z.ZodEnum)
    return field.options.length > VALUES_MAX ? 'string' : field.options.map(code).join(', ');
  const title = titleOf(field);
  if (title !== undefined) return `[${title.toLowerCase()}](#${anchor(title)})`;
  if (field instanceof z.ZodDiscriminatedUnion) return 'object';
  return field instanceof z.ZodISODateTime ? 'string' : field.type;
}

function plural(name: string): string {
  return name.startsWith('[') ? name.replace(']', 's]') : `${name}s`;
}

function anchor(title: string): string {
  return title.toLowerCase().replaceAll(' ', '-');
}

function code(value: unknown): string {
  return `\`${String(value)}\``;
}

/** Objects with a table of their own that a schema leads to, each once. */
export function titled(schema: z.ZodObject, found = new Map<string, z.ZodObject>()): ReadonlyMap<string, z.ZodObject> {
  for (const field of Object.values(schema.shape)) {
    const { inner } = unwrap(field as z.ZodType);
    if (!(inner instanceof z.ZodObject)) continue;
    const title = titleOf(inner);
    if (title !== undefined) found.set(title, inner);
    titled(inner, found);
  }
  return found;
}
