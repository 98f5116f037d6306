import { XmlShapeDeserializer } from '@aws-sdk/core/protocols';
import type { NormalizedSchema } from '@smithy/core/schema';
import { messageOf } from '../../errors.ts';
import { ApiError } from '../service.ts';
import { NOT_IMPLEMENTED, type Protocol, type WireRequest } from './protocol.ts';
import { missingMember } from './required.ts';
import { pathLabels, restOperationName } from './rest-routes.ts';
import type { OperationSchema } from './schemas.ts';
import { headersOf, readBindings, withoutHeaders } from './rest-bindings.ts';
import { escapeXml, xmlMembers } from './xml.ts';

/** REST-XML, the protocol of Route 53: method and path name the operation; its input is in path, query and an XML body. */
export function restXml(namespace: string): Protocol {
  return {
    contentType: 'text/xml',
    action: (request, client) => client && restOperationName(client, request),
    decode: (operation, request) => {
      const input = {
        ...readBody(operation.input, request.body),
        ...readBindings(operation.input, labelsOf(operation, request), request, 'InvalidInput'),
      };
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

function labelsOf({ http }: OperationSchema, { path }: WireRequest): Readonly<Record<string, string | undefined>> {
  return http ? pathLabels(http, path) : {};
}
