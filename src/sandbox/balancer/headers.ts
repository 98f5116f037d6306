import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** Hop-by-hop headers (RFC 9110, 7.6.1), and `expect`, which the load balancer itself answers. */
const HOP_BY_HOP = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Headers that the load balancer sets. */
const SET_BY_LOAD_BALANCER = new Set(['x-forwarded-for', 'x-forwarded-port', 'x-forwarded-proto', 'x-amzn-trace-id']);

function namedBy(connection: string | undefined): Set<string> {
  return new Set((connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
}

/** The headers for the target as a flat list of names and values: the client's end-to-end headers and the load balancer's. */
export function requestHeaders(request: IncomingMessage, listenerPort: number): string[] {
  const raw = request.rawHeaders;
  const named = namedBy(request.headers.connection);
  const kept: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const lower = name.toLowerCase();
    if (!HOP_BY_HOP.has(lower) && !SET_BY_LOAD_BALANCER.has(lower) && !named.has(lower))
      kept.push(name, raw[index + 1] ?? '');
  }
  return [...kept, ...forwarded(request, listenerPort)];
}

/** X-Forwarded-* in append mode, and the trace id (ALB user guide, "X-Forwarded headers" and "Request tracing"). */
function forwarded(request: IncomingMessage, listenerPort: number): string[] {
  const before = request.headers['x-forwarded-for'];
  const client = request.socket.remoteAddress ?? '';
  const trace = request.headers['x-amzn-trace-id'];
  return [
    'X-Forwarded-For',
    before === undefined ? client : `${String(before)}, ${client}`,
    'X-Forwarded-Proto',
    'http',
    'X-Forwarded-Port',
    String(listenerPort),
    'X-Amzn-Trace-Id',
    trace === undefined ? newTrace() : String(trace),
  ];
}

function newTrace(): string {
  const hex = randomBytes(16).toString('hex');
  return `Root=1-${hex.slice(0, 8)}-${hex.slice(8)}`;
}

type Headers = Record<string, string | string[]>;

/** The target's headers without hop-by-hop ones, and with the cookies of the load balancer. */
export function responseHeaders(headers: IncomingHttpHeaders, cookies: readonly string[]): Headers {
  const named = namedBy(headers.connection);
  const kept: Headers = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !HOP_BY_HOP.has(name) && !named.has(name)) kept[name] = value;
  }
  if (cookies.length > 0) kept['set-cookie'] = [kept['set-cookie'] ?? [], ...cookies].flat();
  return kept;
}
