import { ApiError } from '../service.ts';
import { NOT_IMPLEMENTED, type Protocol, type WireRequest } from './protocol.ts';
import { readInput, traitsOf, type QueryVariant } from './query-reader.ts';
import { queryTree } from './query-tree.ts';
import { escapeXml, xmlMembers } from './xml.ts';

/** All parameters of a query request, from the URL and the body. */
export function queryParams(request: WireRequest): URLSearchParams {
  const params = new URLSearchParams(request.body);
  for (const [key, value] of request.query) params.set(key, value);
  return params;
}

const common = {
  contentType: 'text/xml;charset=UTF-8',
  action: (request: WireRequest) => queryParams(request).get('Action') ?? undefined,
  unknownAction: (action: string, known: boolean) =>
    new ApiError(
      'InvalidAction',
      `The action ${action} is not valid for this web service.${known ? ` (${NOT_IMPLEMENTED}.)` : ''}`,
    ),
  unsigned: () => new ApiError('MissingAuthenticationToken', 'Request is missing Authentication Token', 403),
};

function type(error: ApiError): string {
  return error.status >= 500 ? 'Receiver' : 'Sender';
}

const awsVariant: QueryVariant = {
  memberKey: (name, traits) => traits.xmlName ?? name,
  listNode: (node, list) =>
    traitsOf(list).xmlFlattened ? node : node.children.get(traitsOf(list.getValueSchema()).xmlName ?? 'member'),
  missing: (key) => new ApiError('ValidationError', `${constraint(key, 'null')}: Member must not be null`),
  malformed: (key, value) => new ApiError('MalformedInput', `Value '${value}' at '${key}' has the wrong type`),
};

function constraint(key: string, value: string): string {
  const name = key.charAt(0).toLowerCase() + key.slice(1);
  return `1 validation error detected: Value ${value} at '${name}' failed to satisfy constraint`;
}

/** awsQuery, the protocol of ELB and Auto Scaling. */
export function awsQuery(namespace: string): Protocol {
  return {
    ...common,
    decode: (operation, request) => readInput(awsVariant, operation.input, queryTree(queryParams(request))),
    encode: ({ name, output: schema }, output, requestId) =>
      `<${name}Response xmlns="${namespace}"><${name}Result>${xmlMembers(schema, output)}</${name}Result>` +
      `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${name}Response>`,
    encodeError: (error, requestId) =>
      `<ErrorResponse xmlns="${namespace}"><Error><Type>${type(error)}</Type><Code>${escapeXml(error.code)}</Code>` +
      `<Message>${escapeXml(error.message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
    internal: (message) => new ApiError('InternalFailure', message, 500),
  };
}

const ec2Variant: QueryVariant = {
  memberKey: (name, traits) => traits.ec2QueryName ?? capitalised(traits.xmlName ?? name),
  listNode: (node) => node,
  missing: (key) => new ApiError('MissingParameter', `The request must contain the parameter ${key}`),
  malformed: (key, value) => new ApiError('InvalidParameterValue', `Invalid value '${value}' for ${key}`),
};

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** ec2Query: EC2 rejects unknown parameters, flattens lists, and has its own error document. */
export function ec2Query(namespace: string): Protocol {
  return {
    ...common,
    decode: (operation, request) => {
      const tree = queryTree(queryParams(request));
      refuseUnknown(operation.input, tree.children.keys());
      return readInput(ec2Variant, operation.input, tree);
    },
    encode: ({ name, output: schema }, output, requestId) => {
      const members = schema.isStructSchema() ? xmlMembers(schema, output) : '<return>true</return>';
      return `<${name}Response xmlns="${namespace}"><requestId>${requestId}</requestId>${members}</${name}Response>`;
    },
    encodeError: (error, requestId) =>
      `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>${escapeXml(error.code)}</Code>` +
      `<Message>${escapeXml(error.message)}</Message></Error></Errors><RequestID>${requestId}</RequestID></Response>`,
    internal: (message) => new ApiError('InternalError', message, 500),
  };
}

/** Parameters of the request itself, not of the operation's input. */
const ENVELOPE: ReadonlySet<string> = new Set(['Action', 'Version', 'AWSAccessKeyId', 'Timestamp', 'Expires']);

function refuseUnknown(schema: Parameters<typeof readInput>[1], keys: Iterable<string>): void {
  const known = new Set(ENVELOPE);
  if (schema.isStructSchema()) {
    for (const [name, member] of schema.structIterator()) known.add(ec2Variant.memberKey(name, traitsOf(member)));
  }
  for (const key of keys) {
    if (known.has(key) || /^(X-Amz-|Signature)/.test(key)) continue;
    throw new ApiError('UnknownParameter', `The parameter ${key} is not recognized`);
  }
}
