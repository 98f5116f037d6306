import { NormalizedSchema } from '@smithy/core/schema';

/** An operation as the SDK package describes it. */
export interface OperationSchema {
  readonly name: string;
  readonly input: NormalizedSchema;
  readonly output: NormalizedSchema;
  /** Method and path, in REST protocols. */
  readonly http?: HttpTrait;
}

export interface HttpTrait {
  readonly method: string;
  /** Such as `/2013-04-01/change/{Id}`. */
  readonly uri: string;
  /** Status of a success. */
  readonly code: number;
}

/** Smithy's number for operations, the first item of an operation's static schema. */
const OPERATION = 9;

/** The schema of an operation in an SDK package, which exports it with a `$`, such as `DescribeTargetHealth$`. */
export function operationSchema(client: object, name: string): OperationSchema | undefined {
  const key = `${name}$`;
  if (!Object.hasOwn(client, key)) return undefined;
  const schema: unknown = (client as Record<string, unknown>)[key];
  if (!Array.isArray(schema) || schema[0] !== OPERATION) return undefined;
  const http = httpOf(schema[3]);
  return { name, input: NormalizedSchema.of(schema[4]), output: NormalizedSchema.of(schema[5]), ...(http && { http }) };
}

function httpOf(traits: unknown): HttpTrait | undefined {
  const { http } = (typeof traits === 'object' && traits !== null ? traits : {}) as { http?: [string, string, number] };
  return http && { method: http[0], uri: http[1], code: http[2] };
}

/** The required members: a static structure schema lists them first and has their number as its item 6. */
export function requiredMembers(struct: NormalizedSchema): readonly string[] {
  const schema: unknown = struct.getSchema();
  if (!Array.isArray(schema)) return [];
  const names = schema[4] as readonly string[];
  return names.slice(0, (schema[6] as number | undefined) ?? 0);
}
