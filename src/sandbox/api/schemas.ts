import { NormalizedSchema } from '@smithy/core/schema';

/** An operation as the SDK's own client describes it. */
export interface OperationSchema {
  readonly name: string;
  readonly input: NormalizedSchema;
  readonly output: NormalizedSchema;
  /** Where the operation is found, in REST protocols. */
  readonly http?: HttpTrait;
}

export interface HttpTrait {
  readonly method: string;
  /** Such as `/2013-04-01/change/{Id}`. */
  readonly uri: string;
  /** Status of a success. */
  readonly code: number;
}

/** The first item of a static schema that says "this is an operation" (aws-reference 5.1). */
const OPERATION = 9;

/** Looks an operation up in a client package: each exports its schemas as `DescribeTargetHealth$` and so on. */
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

/** The members that must be there: a static struct lists them first and says how many they are. */
export function requiredMembers(struct: NormalizedSchema): readonly string[] {
  const schema: unknown = struct.getSchema();
  if (!Array.isArray(schema)) return [];
  const names = schema[4] as readonly string[];
  return names.slice(0, (schema[6] as number | undefined) ?? 0);
}
