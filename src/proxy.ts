import type { AgentOptions } from 'node:http';

/** The proxy of the environment, as curl and the AWS CLI have it. Node's agents do the rest: they read no variables by themselves. */

/** What an agent is given, from Node 24.5 and 22.21 on; older ones connect directly (Node.js, http.Agent, `proxyEnv`). */
export type ProxyOptions = Required<Pick<AgentOptions, 'proxyEnv'>>;

type Env = Readonly<Record<string, string | undefined>>;

/** Loopback, and the metadata services of instances, containers and functions (EC2 and ECS developer guides). */
const NEVER = [
  'localhost',
  '.localhost',
  '127.0.0.0-127.255.255.255',
  '::1',
  '169.254.0.0-169.254.255.255',
  'fd00:ec2::254',
  // Node's `fetch` knows no ranges.
  '127.0.0.1',
  '169.254.169.254',
];

/** Undefined when no proxy is set. */
export function proxyOptions(env: Env = process.env): ProxyOptions | undefined {
  const [https, http] = [read(env, 'https_proxy'), read(env, 'http_proxy')];
  if (https === undefined && http === undefined) return undefined;
  const not = [read(env, 'no_proxy') ?? '', ...NEVER].filter(Boolean).join(',');
  return { proxyEnv: { HTTPS_PROXY: https, HTTP_PROXY: http, NO_PROXY: not } };
}

/**
 * With NODE_USE_ENV_PROXY=1 all of Node's own clients take the proxy, `fetch` too, also for this machine: not here. Nodes that cannot be told
 * so (before 24.14) are left as they are.
 */
export async function spareThisMachine(env: Env = process.env): Promise<void> {
  const proxy = proxyOptions(env);
  if (env['NODE_USE_ENV_PROXY'] !== '1' || proxy === undefined) return;
  const { default: http } = await import('node:http');
  const { setGlobalProxyFromEnv }: Partial<Pick<typeof http, 'setGlobalProxyFromEnv'>> = http;
  setGlobalProxyFromEnv?.(proxy.proxyEnv);
}

/** `HTTPS_PROXY=http://proxy:3128 and NO_PROXY=.internal`, without a password; undefined when no proxy is set. */
export function proxyText(env: Env = process.env): string | undefined {
  if (proxyOptions(env) === undefined) return undefined;
  return ['https_proxy', 'http_proxy', 'no_proxy']
    .flatMap((name) => {
      const value = read(env, name);
      return value === undefined ? [] : [`${name.toUpperCase()}=${value.replace(/\/\/[^@/]*@/, '//***@')}`];
    })
    .join(', ');
}

/** In lower case, or else in upper case. */
function read(env: Env, name: string): string | undefined {
  return env[name] || env[name.toUpperCase()] || undefined;
}
