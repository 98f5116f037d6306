import type { NormalizedSchema } from '@smithy/core/schema';
import { ApiError } from '../service.ts';
import type { WireRequest } from './protocol.ts';

/** What REST protocols bind to the parts of a message other than its XML body. */
export interface BoundTraits {
  readonly httpLabel?: unknown;
  readonly httpQuery?: string;
  readonly httpHeader?: string;
  readonly httpPrefixHeaders?: string;
  readonly httpPayload?: unknown;
}

type Labels = Readonly<Record<string, string | undefined>>;

/** Input members in the path, the query, the headers and the raw body. */
export function readBindings(
  input: NormalizedSchema,
  labels: Labels,
  request: WireRequest,
  wrongValue: string,
): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  for (const [name, member, traits] of members(input)) {
    const value = bound(name, member, traits, labels, request, wrongValue);
    if (value !== undefined) read[name] = value;
  }
  return read;
}

function bound(
  name: string,
  member: NormalizedSchema,
  traits: BoundTraits,
  labels: Labels,
  request: WireRequest,
  wrongValue: string,
): unknown {
  if (traits.httpPayload !== undefined && member.isBlobSchema()) return request.bytes();
  if (traits.httpPrefixHeaders !== undefined) return prefixed(traits.httpPrefixHeaders, request);
  const text = textOf(name, traits, labels, request);
  return text === undefined ? undefined : simple(member, name, text, wrongValue);
}

function textOf(name: string, traits: BoundTraits, labels: Labels, request: WireRequest): string | undefined {
  if (traits.httpLabel !== undefined) return labels[name];
  if (traits.httpQuery !== undefined) return request.query.get(traits.httpQuery) ?? undefined;
  const header = traits.httpHeader === undefined ? undefined : request.headers[traits.httpHeader.toLowerCase()];
  return header === undefined ? undefined : String(header);
}

function prefixed(prefix: string, { headers }: WireRequest): Readonly<Record<string, string>> | undefined {
  const found = Object.entries(headers).filter(([name]) => name.startsWith(prefix));
  if (found.length === 0) return undefined;
  return Object.fromEntries(found.map(([name, value]) => [name.slice(prefix.length), String(value)]));
}

function simple(schema: NormalizedSchema, name: string, text: string, wrongValue: string): unknown {
  if (schema.isTimestampSchema()) return new Date(text);
  if (schema.isBooleanSchema()) return text === 'true';
  if (!schema.isNumericSchema()) return text;
  if (text.trim() === '' || !Number.isFinite(Number(text))) {
    throw new ApiError(wrongValue, `Value '${text}' at '${name}' is not a number`);
  }
  return Number(text);
}

/** The output's members that are headers, as they are sent. */
export function headersOf(schema: NormalizedSchema, output: object): Readonly<Record<string, string>> {
  const values = output as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    members(schema).flatMap(([name, , traits]) => {
      const value = values[name];
      if (value === undefined) return [];
      if (traits.httpHeader !== undefined) return [[traits.httpHeader, headerText(value)]];
      if (traits.httpPrefixHeaders === undefined) return [];
      return Object.entries(value as object).map(([key, text]) => [`${traits.httpPrefixHeaders}${key}`, String(text)]);
    }),
  );
}

function headerText(value: unknown): string {
  return value instanceof Date ? value.toUTCString() : String(value);
}

export function withoutHeaders(schema: NormalizedSchema, output: object): object {
  const headers = new Set(
    members(schema)
      .filter(([, , traits]) => traits.httpHeader !== undefined || traits.httpPrefixHeaders !== undefined)
      .map(([name]) => name),
  );
  return Object.fromEntries(Object.entries(output).filter(([name]) => !headers.has(name)));
}

function members(schema: NormalizedSchema): readonly (readonly [string, NormalizedSchema, BoundTraits])[] {
  if (!schema.isStructSchema()) return [];
  return [...schema.structIterator()].map(
    ([name, member]) => [name, member, member.getMergedTraits() as BoundTraits] as const,
  );
}
