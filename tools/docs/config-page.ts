import * as z from 'zod';
import { schema } from '../../src/config/schema.ts';
import { table } from './markdown.ts';

/** docs/config.md: every key of a config file, from the schema that checks it and that editors complete from. */

/** As much of a JSON schema as the config's has. */
interface Json {
  readonly type?: string | readonly string[];
  readonly const?: string | boolean;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly format?: string;
  readonly default?: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Json>>;
  readonly required?: readonly string[];
  readonly items?: Json;
  readonly oneOf?: readonly Json[];
  readonly anyOf?: readonly Json[];
}

type Row = readonly [key: string, value: string, byDefault: string, meaning: string];

const INTRO = `# Config

<!-- Written by tools/docs.ts from the schema of the config; \`npm run docs\` writes it again. -->

One YAML file is one environment. \`turnout init\` writes one from what your account has. These are all keys; the examples, with
comments, are [ec2.yml](../config/ec2.yml), [auto-scaling.yml](../config/auto-scaling.yml), [weighted-listener.yml](../config/weighted-listener.yml),
[weighted-dns.yml](../config/weighted-dns.yml), [rolling.yml](../config/rolling.yml), [opsworks.yml](../config/opsworks.yml) and
[sandbox.yml](../config/sandbox.yml). An unknown key is refused, with its line.

\`\${NAME}\` in a value is an environment variable, \`\${NAME:-default}\` has a default, and \`$\${\` is a literal \`\${\`. Durations are written
\`500ms\`, \`90s\`, \`10m\` or \`1h30m\`. \`{release}\` is replaced with the release of the task. A key in bold has to be there wherever
the object that it is in is.

The first line of a file may name the schema, so that an editor completes and checks while you type:

\`\`\`yaml
# yaml-language-server: $schema=./turnout.schema.json
\`\`\``;

/** The page, before it is formatted. */
export function configPage(): string {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { target: 'draft-7', io: 'input' }) as Json;
  const entries = Object.entries(properties);
  const plain = entries.filter(([, one]) => insideOf(one).length === 0);
  const rest = entries.filter(([, one]) => insideOf(one).length > 0);
  const top = plain.map(([key, one]) => rowOf(key, one, required.includes(key)));
  return [
    INTRO,
    '## The environment',
    keys(top),
    ...rest.flatMap(([key, one]) => [`## \`${key}\``, headOf(one, required.includes(key)), ...sections(one, '')]),
    '',
  ].join('\n\n');
}

function headOf({ description = '' }: Json, isRequired: boolean): string {
  return isRequired ? `${description} It has to be there.` : description;
}

/** The table of an object, or one for each of its kinds. */
function sections(one: Json, path: string): readonly string[] {
  const { kinds, object, prefix } = withinOf(one, path);
  if (kinds === undefined) return [keys(rowsOf(object, prefix))];
  return kinds.flatMap((kind) => {
    const { kind: told = {}, ...others } = kind.properties ?? {};
    const name = String(told.const ?? 'false');
    const ownKeys = Object.keys(others).length === 0 ? [] : [keys(rowsOf({ ...kind, properties: others }, prefix))];
    return [`### \`kind: ${name}\``, told.description ?? '', ...ownKeys];
  });
}

function keys(rows: readonly Row[]): string {
  return table(['key', 'value', 'default', 'meaning'], rows);
}

/** A row for each key, those within it after it. */
function rowsOf({ properties = {}, required = [] }: Json, prefix: string): readonly Row[] {
  return Object.entries(properties).flatMap(([key, one]) => [
    rowOf(prefix + key, one, required.includes(key)),
    ...insideOf(one, prefix + key),
  ]);
}

function insideOf(one: Json, path = ''): readonly Row[] {
  const { kinds, object, prefix } = withinOf(one, path === '' ? '' : `${path}.`);
  return (kinds ?? [object]).flatMap((each) => rowsOf(each, prefix));
}

/** What has the keys of a value: an object, the items of a list, or one of several kinds. */
function withinOf(one: Json, prefix: string): { kinds: readonly Json[] | undefined; object: Json; prefix: string } {
  if (one.items !== undefined) return withinOf(one.items, prefix === '' ? '[].' : `${prefix.slice(0, -1)}[].`);
  const choices = (one.oneOf ?? one.anyOf ?? []).filter(({ properties, items }) => (properties ?? items) !== undefined);
  if (choices.length === 1) return withinOf(choices[0] ?? {}, prefix);
  return { kinds: choices.length === 0 ? undefined : choices, object: one, prefix };
}

function rowOf(key: string, one: Json, isRequired: boolean): Row {
  const name = isRequired ? `**\`${key}\`**` : `\`${key}\``;
  return [name, typeOf(one), defaultOf(one.default), (one.description ?? one.items?.description ?? '').trim()];
}

function defaultOf(value: unknown): string {
  if (value === undefined || JSON.stringify(value) === '{}') return '';
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

/** Durations are known by the pattern that they have in common. */
const DURATION = String.raw`(?:(\d{1,4})h)?(?:(\d{1,6})m`;

function typeOf(one: Json): string {
  if (one.const !== undefined) return `\`${one.const}\``;
  if (one.enum !== undefined) return one.enum.map((value) => `\`${value}\``).join(', ');
  if (one.items !== undefined) return `list: ${typeOf(one.items)}`;
  const choices = one.oneOf ?? one.anyOf;
  if (choices !== undefined) return [...new Set(choices.map(typeOf))].join(' or ');
  if (one.pattern?.includes(DURATION) === true) return 'duration';
  if (one.format === 'uri') return 'URL';
  if (Array.isArray(one.type)) return one.type.map(nameOf).join(' or ');
  return nameOf(String(one.type ?? 'object'));
}

function nameOf(type: string): string {
  return { string: 'text', integer: 'number', boolean: 'true or false' }[type] ?? type;
}
