import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../clock.ts';
import { messageOf, OperatorError } from '../../errors.ts';
import type { AdminPage, Download } from '../service.ts';
import { ADMIN, adminAnswer } from './admin.ts';
import { isForS3, serviceProtocolOf, type ServiceProtocol } from './service-protocols.ts';
import { handleRequest, type EndpointOptions } from './endpoint.ts';
import type { MetadataAnswer } from './metadata.ts';
import type { WireRequest } from './protocol.ts';
import type { RequestLog } from './requests.ts';

export interface ApiOptions extends Omit<EndpointOptions, 'ageMs' | 'now'> {
  /** Port on 127.0.0.1; 0 selects a free port. */
  readonly port: number;
  readonly clock: Clock;
  readonly log: RequestLog;
  readonly pages: Readonly<Record<string, AdminPage>>;
  /** Answers requests for instance metadata; undefined for any other request. */
  readonly metadata?: (request: WireRequest) => MetadataAnswer | undefined;
}

export interface Api {
  readonly url: string;
  close(): Promise<void>;
}

type ServerOptions = ApiOptions & EndpointOptions;

/** The only address on which the endpoint listens. */
export const LOOPBACK = '127.0.0.1';
/** Enough for more than a thousand targets in one request. */
const BODY_MAX_BYTES = 2 * 1024 * 1024;
/** Objects are kept in memory. */
const OBJECT_MAX_BYTES = 256 * 1024 * 1024;
/** Longer than the SDK keeps an idle connection, so that the client closes it first. */
const KEEP_ALIVE_MS = 75_000;

/** Starts the endpoint on 127.0.0.1 only. Throws an `OperatorError` when the port is in use. */
export async function startApi(options: ApiOptions): Promise<Api> {
  const opened = options.clock.monotonic();
  const { clock } = options;
  const serving = { ...options, ageMs: () => clock.monotonic() - opened, now: () => clock.now() };
  const server = createServer((request, response) => {
    serve(serving, request, response).catch((error: unknown) => {
      if (!response.headersSent) send(response, 500, 'text/plain', `The sandbox failed: ${messageOf(error)}\n`);
    });
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.listen(options.port, LOOPBACK);
  await once(server, 'listening').catch((error: unknown) => {
    throw new OperatorError(
      'port-taken',
      `The sandbox cannot listen on ${LOOPBACK}:${options.port}: ${messageOf(error)}`,
      {
        next: ['Stop the program that listens on it, or choose another port (sandbox.port; 0 selects a free port).'],
        cause: error,
      },
    );
  });
  return {
    url: `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, 'close');
    },
  };
}

async function serve(options: ServerOptions, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!isLocal(incoming))
    return send(response, 403, 'text/plain', 'The sandbox accepts requests to 127.0.0.1 and localhost only.\n');
  const max = isForS3(incoming.headers) ? OBJECT_MAX_BYTES : BODY_MAX_BYTES;
  const body = await readBody(incoming, max);
  if (body === undefined) return send(response, 413, 'text/plain', `The body is larger than ${max} bytes.\n`);
  const request = wireRequest(incoming, body);
  const metadata = options.metadata?.(request);
  if (metadata) return send(response, metadata.status, 'text/plain', metadata.body);
  if (request.path === ADMIN || request.path.startsWith(`${ADMIN}/`)) {
    const { status, body: json } = await adminAnswer(options.pages, options.faults, request);
    return send(response, status, 'application/json', json);
  }
  const download = request.method === 'GET' ? downloadOf(options, request.path) : undefined;
  if (download) return void response.writeHead(200, download.headers).end(download.body);
  const serviceProtocol = serviceProtocolOf(request);
  if (serviceProtocol) return await serveAws(options, serviceProtocol, request, incoming, response);
  const status = request.method === 'GET' && request.path === '/' ? 200 : 404;
  return send(response, status, 'text/plain', HELP);
}

function downloadOf({ services }: ServerOptions, path: string): Download | undefined {
  for (const service of services) {
    const found = service.download?.(path);
    if (found) return found;
  }
  return undefined;
}

const HELP = `This is turnout's sandbox, a local AWS emulator with EC2, Auto Scaling, ELBv2, Route 53, CloudWatch, S3, SSM, OpsWorks and IAM. It is not a web site.
Set AWS_ENDPOINT_URL to its URL and use any access key. Its admin pages are listed at ${ADMIN}.
`;

async function serveAws(
  options: ServerOptions,
  serviceProtocol: ServiceProtocol,
  request: WireRequest,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const at = new Date(options.clock.now()).toISOString();
  const arrival = options.log.arrive();
  const startedAt = options.clock.monotonic();
  await travel(options);
  const result = await handleRequest(options, serviceProtocol, request);
  await travel(options);
  const { operation, code, faults } = result;
  options.log.add({
    at,
    arrival,
    service: serviceProtocol.service,
    operation,
    agent: String(request.headers['user-agent'] ?? ''),
    status: result.reset ? 0 : result.status,
    ...(code !== undefined && { code }),
    ...(faults.length > 0 && { faults }),
    ms: Math.round(options.clock.monotonic() - startedAt),
  });
  if (result.reset) return void incoming.socket.resetAndDestroy();
  for (const [name, value] of Object.entries(result.headers ?? {})) response.setHeader(name, value);
  response.setHeader('x-amzn-requestid', result.requestId);
  return send(response, result.status, result.contentType, result.body);
}

async function travel({ sleep, wayMs }: ServerOptions): Promise<void> {
  const ms = wayMs();
  if (ms > 0) await sleep(ms);
}

/** Protects against DNS rebinding: a web site whose name resolves to 127.0.0.1 still sends that name. */
function isLocal(incoming: IncomingMessage): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(incoming.headers.host ?? '');
}

async function readBody(incoming: IncomingMessage, max: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= max) chunks.push(chunk);
    else chunks.length = 0;
  }
  return size > max ? undefined : Buffer.concat(chunks);
}

function wireRequest(incoming: IncomingMessage, body: Buffer): WireRequest {
  const url = new URL(incoming.url ?? '/', 'http://sandbox');
  return {
    method: incoming.method ?? 'GET',
    path: url.pathname,
    headers: incoming.headers,
    query: url.searchParams,
    get body() {
      return body.toString();
    },
    bytes: () => body,
  };
}

/** An answer to HEAD, and one that says its own type or length, keeps those. */
function send(response: ServerResponse, status: number, contentType: string, body: string | Uint8Array): void {
  if (!response.hasHeader('content-type')) response.setHeader('content-type', contentType);
  if (!response.hasHeader('content-length')) response.setHeader('content-length', Buffer.byteLength(body));
  response.writeHead(status).end(body);
}
