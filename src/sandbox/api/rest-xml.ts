import { XmlShapeDeserializer } from '@aws-sdk/core/protocols';
import type { NormalizedSchema } from '@smithy/core/schema';
import { messageOf } from '../../errors.ts';
import { ApiError } from '../service.ts';
import { NOT_IMPLEMENTED, type Protocol, type WireRequest } from './protocol.ts';
import { missingMember } from './required.ts';
import { pathLabels, restOperationName } from './rest-routes.ts';
import type { OperationSchema } from './schemas.ts';
import { escapeXml, xmlMembers } from './xml.ts';

/** REST-XML, the protocol of Route 53: method and path name the operation; its input is in path, query and an XML body. */
export function restXml(namespace: string): Protocol {
  return {
    contentType: 'text/xml',
    action: (request, client) => client && restOperationName(client, request),
    decode: (operation, request) => {
      const input = { ...readBody(operation.input, request.body), ...readBindings(operation, request) };
      const absent = missingMember(operation.input, input, operation.name);
      if (absent) throw incomplete(namespace, absent.owner, absent.name);
      return input;
    },
    encode: ({ name, output: schema }, output) =>
      `<?xml version="1.0" encoding="UTF-8"?>\n<${name}Response xmlns="${namespace}">` +
      `${xmlMembers(schema, withoutHeaders(schema, output))}</${name}Response>`,
    head: ({ http, output: schema }, output) => ({ status: http?.code ?? 200, headers: headersOf(schema, output) }),
    encodeError: (error, requestId) =>
      `<?xml version="1.0"?>\n<ErrorResponse xmlns="${namespace}"><Error>` +
      `<Type>${error.status >= 500 ? 'Receiver' : 'Sender'}</Type><Code>${escapeXml(error.code)}</Code>` +
      `<Message>${escapeXml(error.message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
    unknownAction: (action, known) =>
      known
        ? new ApiError('InvalidAction', `The action ${action} is not valid for this web service. (${NOT_IMPLEMENTED}.)`)
        : new ApiError('UnknownOperationException', 'No operation has this method and path', 404),
    unsigned: () => new ApiError('MissingAuthenticationToken', 'Missing Authentication Token', 403),
    internal: (message) => new ApiError('InternalFailure', message, 500),
  };
}

function malformed(message: string): ApiError {
  return new ApiError('InvalidInput', `Invalid XML ; ${message}`);
}

/** The message of Route 53's XML validator. */
function incomplete(namespace: string, owner: string, name: string): ApiError {
  const expected = `One of '{"${namespace}":${name}}' is expected.`;
  return malformed(`cvc-complex-type.2.4.b: The content of element '${owner}' is not complete. ${expected}`);
}

/** Smithy's number for ISO 8601 timestamps. */
const ISO_8601 = 5;
const settings = {
  timestampFormat: { useTrait: true, default: ISO_8601 },
  httpBindings: false,
  xmlNamespace: '',
  serviceNamespace: '',
} as const;

function readBody(schema: NormalizedSchema, body: string): Record<string, unknown> {
  if (body.trim() === '' || !schema.isStructSchema()) return {};
  const deserializer = new XmlShapeDeserializer(settings);
  try {
    return (deserializer.read(schema, Buffer.from(body)) ?? {}) as Record<string, unknown>;
  } catch (error) {
    throw malformed(messageOf(error));
  }
}

/** Input members in the path and the query. */
function readBindings({ input, http }: OperationSchema, request: WireRequest): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  if (!input.isStructSchema() || !http) return read;
  const labels = pathLabels(http, request.path);
  for (const [name, member] of input.structIterator()) {
    const { httpLabel, httpQuery } = member.getMergedTraits();
    const text = httpLabel ? labels[name] : httpQuery ? request.query.get(httpQuery) : undefined;
    if (text !== undefined && text !== null) read[name] = simple(member, name, text);
  }
  return read;
}

function simple(schema: NormalizedSchema, name: string, text: string): unknown {
  if (!schema.isNumericSchema()) return text;
  if (text.trim() === '' || !Number.isFinite(Number(text))) {
    throw new ApiError('InvalidInput', `Value '${text}' at '${name}' is not a number`);
  }
  return Number(text);
}

function headersOf(schema: NormalizedSchema, output: object): Readonly<Record<string, string>> {
  const values = output as Readonly<Record<string, string | undefined>>;
  const present = headerMembers(schema).map(([name, header]) => [header, values[name]] as const);
  return Object.fromEntries(present.flatMap(([header, value]) => (value === undefined ? [] : [[header, value]])));
}

function withoutHeaders(schema: NormalizedSchema, output: object): object {
  const headers = new Set(headerMembers(schema).map(([name]) => name));
  return Object.fromEntries(Object.entries(output).filter(([name]) => !headers.has(name)));
}

function headerMembers(schema: NormalizedSchema): (readonly [string, string])[] {
  if (!schema.isStructSchema()) return [];
  return [...schema.structIterator()].flatMap(([name, member]) => {
    const { httpHeader } = member.getMergedTraits();
    return httpHeader ? [[name, httpHeader] as const] : [];
  });
}
