import { JsonShapeDeserializer2, JsonShapeSerializer2 } from '@aws-sdk/core/protocols';
import type { NormalizedSchema } from '@smithy/core/schema';
import { ApiError } from '../service.ts';
import { NOT_IMPLEMENTED, type Protocol, type WireRequest } from './protocol.ts';
import { requiredMembers, type OperationSchema } from './schemas.ts';

/** Smithy's number for timestamps in epoch seconds, the format in JSON. */
const EPOCH_SECONDS = 7;
const settings = { timestampFormat: { useTrait: true, default: EPOCH_SECONDS }, jsonName: false } as const;

type JsonObject = Record<string, Parameters<JsonShapeDeserializer2['readObject']>[1]>;

/** JSON 1.1, the protocol of SSM and OpsWorks: the operation's name is in `x-amz-target`. */
export const json11: Protocol = {
  contentType: 'application/x-amz-json-1.1',
  action: (request) => String(request.headers['x-amz-target'] ?? '').split('.')[1],
  decode: (operation, request) =>
    new JsonShapeDeserializer2(settings).readObject(operation.input, documentIn(operation, request)),
  encode: ({ output: schema }, output) => (schema.isStructSchema() ? write(schema, output) : '{}'),
  encodeError: (error) => JSON.stringify({ __type: error.code, message: error.message }),
  unknownAction: (action, known) =>
    new ApiError('UnknownOperationException', known ? `${action}: ${NOT_IMPLEMENTED}` : action),
  unsigned: () => new ApiError('MissingAuthenticationTokenException', 'Missing Authentication Token'),
  internal: (message) => new ApiError('InternalServerError', message, 500),
};

/** JSON 1.0, the protocol of CloudWatch. */
export const json10: Protocol = { ...json11, contentType: 'application/x-amz-json-1.0' };

/** JSON 1.1 without schemas: operations get and return the JSON documents as they are. */
export const json11Documents: Protocol = {
  ...json11,
  decode: documentIn,
  encode: (_operation, output) => JSON.stringify(output),
};

/** The JSON document of a request; throws when a required member is missing. */
function documentIn({ input }: OperationSchema, { body }: WireRequest): JsonObject {
  const parsed = parseObject(body);
  const absent = requiredMembers(input).find((name) => (parsed[name] ?? null) === null);
  if (absent !== undefined) throw missing(absent);
  return parsed;
}

function write(schema: NormalizedSchema, output: object): string {
  const serializer = new JsonShapeSerializer2(settings);
  serializer.write(schema, output);
  return new TextDecoder().decode(serializer.flush());
}

function parseObject(body: string): JsonObject {
  try {
    const parsed: unknown = JSON.parse(body || '{}');
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as JsonObject;
  } catch {
    // Not valid JSON: the same error as for JSON that is not an object.
  }
  throw new ApiError('SerializationException', 'The request body is not a JSON object');
}

function missing(name: string): ApiError {
  const key = name.charAt(0).toLowerCase() + name.slice(1);
  const message = `1 validation error detected: Value null at '${key}' failed to satisfy constraint: Member must not be null`;
  return new ApiError('ValidationException', message);
}
