import { STATUS_CODES, type ServerResponse } from 'node:http';

/** The `Server` header of responses that ALB itself sends. */
const SERVER = 'awselb/2.0';

/** ALB's reason phrases where they differ from Node's. */
const TITLES: Readonly<Record<number, string>> = {
  503: 'Service Temporarily Unavailable',
  504: 'Gateway Time-out',
};

function titleOf(status: number): string {
  return TITLES[status] ?? STATUS_CODES[status] ?? '';
}

/** ALB's error page. */
export function errorPage(status: number): string {
  const title = `${status} ${titleOf(status)}`;
  const lines = ['<html>', `<head><title>${title}</title></head>`, '<body>', `<center><h1>${title}</h1></center>`];
  return [...lines, '</body>', '</html>', ''].join('\r\n');
}

export interface FixedResponse {
  readonly type: 'fixed-response';
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** A redirect; `#{host}`, `#{path}`, `#{port}`, `#{protocol}` and `#{query}` are replaced by the request's. */
export interface Redirect {
  readonly type: 'redirect';
  readonly status: 301 | 302;
  readonly protocol: string;
  readonly host: string;
  readonly port: string;
  readonly path: string;
  readonly query: string;
}

export function sendError(response: ServerResponse, status: number): void {
  sendFixed(response, { type: 'fixed-response', status, contentType: 'text/html', body: errorPage(status) });
}

export function sendFixed(response: ServerResponse, { status, contentType, body }: FixedResponse): void {
  const type = body === '' ? {} : { 'content-type': contentType };
  response.writeHead(status, titleOf(status), {
    server: SERVER,
    ...type,
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** The URL of a redirect for a request. */
function redirectTo(redirect: Redirect, url: URL): string {
  const own: Readonly<Record<string, string>> = {
    protocol: url.protocol.replace(':', '').toUpperCase(),
    host: url.hostname,
    port: url.port || '80',
    path: url.pathname.slice(1),
    query: url.search.slice(1),
  };
  const fill = (text: string): string => text.replaceAll(/#\{(\w+)\}/g, (whole, name: string) => own[name] ?? whole);
  const query = fill(redirect.query);
  const place = `${fill(redirect.host)}:${fill(redirect.port)}${fill(redirect.path)}`;
  return `${fill(redirect.protocol).toLowerCase()}://${place}${query === '' ? '' : `?${query}`}`;
}

export function sendRedirect(response: ServerResponse, redirect: Redirect, url: URL): void {
  response.writeHead(redirect.status, titleOf(redirect.status), {
    server: SERVER,
    location: redirectTo(redirect, url),
    'content-length': 0,
  });
  response.end();
}
