import type { WireRequest } from './protocol.ts';
import { operationSchema, type HttpTrait } from './schemas.ts';

interface Route {
  readonly name: string;
  readonly method: string;
  readonly pattern: RegExp;
}

/** Made once for each client package. */
const tables = new WeakMap<object, readonly Route[]>();

/** Name of the operation that a REST request asks for, by the http traits of the client's operations. */
export function restOperationName(client: object, request: WireRequest): string | undefined {
  const routes = tables.get(client) ?? routesOf(client);
  tables.set(client, routes);
  return routes.find(({ method, pattern }) => method === request.method && pattern.test(request.path))?.name;
}

function routesOf(client: object): readonly Route[] {
  return Object.keys(client)
    .filter((key) => key.endsWith('$'))
    .flatMap((key) => {
      const name = key.slice(0, -1);
      const http = operationSchema(client, name)?.http;
      return http ? [{ name, method: http.method, pattern: patternOf(http) }] : [];
    });
}

/** The labels of a path, decoded. */
export function pathLabels(http: HttpTrait, path: string): Readonly<Record<string, string | undefined>> {
  const found = patternOf(http).exec(path)?.groups ?? {};
  return Object.fromEntries(Object.entries(found).map(([name, text]) => [name, decoded(text)]));
}

/** A slash at the end does no harm: botocore sends one where the SDK for JavaScript sends none. */
function patternOf({ uri }: HttpTrait): RegExp {
  const literal = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const path = uri.split('?')[0] ?? '';
  const parts = path.split(/(\{\w+\+?\})/).map((part) => {
    const label = /^\{(\w+)(\+?)\}$/.exec(part);
    return label ? `(?<${label[1]}>${label[2] ? '.+' : '[^/]+'})` : literal(part);
  });
  return new RegExp(`^${parts.join('')}/?$`);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
