import type { WireRequest } from './protocol.ts';
import { operationSchema, type HttpTrait } from './schemas.ts';

interface Route {
  readonly name: string;
  readonly method: string;
  readonly pattern: RegExp;
}

/** Routes of each SDK package. */
const tables = new WeakMap<object, readonly Route[]>();

/** Name of the operation of a REST request, by the http traits in the SDK package. */
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

/** The decoded labels of a path. */
export function pathLabels(http: HttpTrait, path: string): Readonly<Record<string, string | undefined>> {
  const found = patternOf(http).exec(path)?.groups ?? {};
  return Object.fromEntries(Object.entries(found).map(([name, text]) => [name, decoded(text)]));
}

/** Accepts a trailing slash: botocore sends one where the SDK for JavaScript does not. */
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
