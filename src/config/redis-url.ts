/** Address and credentials of a Redis or Valkey server, from its URL. */
export interface RedisServer {
  readonly mode: 'single' | 'sentinel' | 'cluster';
  /** The server, the sentinels, or some nodes of the cluster. Empty with a socket. */
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  /** Path of a Unix socket. */
  readonly socket?: string;
  /** Name of the master in Sentinel. */
  readonly name?: string;
  readonly tls: boolean;
  readonly username?: string;
  readonly password?: string;
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
  readonly db: number;
}

/** Allowed URLs, for messages and docs. */
export const REDIS_URL =
  'a URL such as redis://host:6379, rediss://user:password@host:6379/0 (TLS), redis+sentinel://host1:26379,host2:26379/name, redis+cluster://host1:6379,host2:6379 or unix:///path/to/redis.sock';

const FORM =
  /^(?<scheme>(?:redis|valkey)s?(?:\+(?<mode>sentinel|cluster))?|unix):\/\/(?:(?<user>[^:@/?#]*)(?::(?<password>[^@/?#]*))?@)?(?<hosts>[^@/?#]*)(?<path>\/[^?#]*)?(?:\?(?<query>[^#]*))?$/;

const HOST = /^(?:\[(?<v6>[0-9a-fA-F:.]+)\]|(?<name>[A-Za-z0-9._-]+))(?::(?<port>\d{1,5}))?$/;

const QUERY: ReadonlySet<string> = new Set(['db', 'sentinelUsername', 'sentinelPassword']);

/**
 * Parses a Redis URL; undefined when invalid. Node's URL class allows a single host only, and its errors contain the whole text
 * including the password.
 */
export function parseRedisUrl(text: string): RedisServer | undefined {
  const parts = FORM.exec(text)?.groups;
  if (parts === undefined) return undefined;
  const query = new URLSearchParams(parts['query'] ?? '');
  if ([...query.keys()].some((key) => !QUERY.has(key))) return undefined;
  try {
    const place = parts['scheme'] === 'unix' ? socketOf(parts, query) : hostsOf(parts, query);
    if (place === undefined) return undefined;
    const credentials = {
      username: decodeURIComponent(parts['user'] ?? ''),
      password: decodeURIComponent(parts['password'] ?? ''),
      sentinelUsername: query.get('sentinelUsername') ?? '',
      sentinelPassword: query.get('sentinelPassword') ?? '',
    };
    return { ...place, ...Object.fromEntries(Object.entries(credentials).filter(([, value]) => value !== '')) };
  } catch {
    return undefined;
  }
}

type Parts = Readonly<Record<string, string | undefined>>;

function socketOf({ hosts, path }: Parts, query: URLSearchParams): RedisServer | undefined {
  const db = dbOf(query.get('db') ?? undefined);
  if (hosts !== '' || path === undefined || path === '/' || db === undefined) return undefined;
  return { mode: 'single', hosts: [], socket: decodeURIComponent(path), tls: false, db };
}

const PORTS = { single: 6379, cluster: 6379, sentinel: 26_379 } as const;

function hostsOf(parts: Parts, query: URLSearchParams): RedisServer | undefined {
  const mode = (parts['mode'] ?? 'single') as RedisServer['mode'];
  const hosts = (parts['hosts'] ?? '').split(',').map((host) => hostOf(host, PORTS[mode]));
  if (!hosts.every((host) => host !== undefined) || (mode === 'single' && hosts.length > 1)) return undefined;
  const path = (parts['path'] ?? '').split('/').slice(1).map(decodeURIComponent).filter(Boolean);
  const [name, ...rest] = mode === 'sentinel' ? path : [undefined, ...path];
  const db = dbOf(rest[0] ?? query.get('db') ?? undefined);
  if (rest.length > 1 || db === undefined || (mode === 'cluster' && db !== 0)) return undefined;
  if (mode === 'sentinel' && name === undefined) return undefined;
  const tls = /^(?:rediss|valkeys)/.test(parts['scheme'] ?? '');
  return { mode, hosts, tls, db, ...(name === undefined ? {} : { name }) };
}

function hostOf(text: string, standard: number): { host: string; port: number } | undefined {
  const parts = HOST.exec(text)?.groups;
  const port = Number(parts?.['port'] ?? standard);
  const host = parts?.['v6'] ?? parts?.['name'];
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

function dbOf(text: string | undefined): number | undefined {
  return /^\d{1,5}$/.test(text ?? '0') ? Number(text ?? 0) : undefined;
}

/** The URL without user, password and query, for messages. */
export function redisName({ mode, hosts, socket, name, tls, db }: RedisServer): string {
  if (socket !== undefined) return `unix://${socket}`;
  const scheme = `${tls ? 'rediss' : 'redis'}${mode === 'single' ? '' : `+${mode}`}`;
  const list = hosts.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join(',');
  return `${scheme}://${list}${name === undefined ? '' : `/${name}`}${db === 0 ? '' : `/${db}`}`;
}
