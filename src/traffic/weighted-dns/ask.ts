import { Resolver } from 'node:dns/promises';

/** Whom to ask, such as `205.251.192.1` or `127.0.0.1:4553`; the system's own when there is none. */
export type Server = string | undefined;

/** What a server answers: addresses, or the name that another name stands for. */
export type Ask = (server: Server, name: string, type: 'A' | 'AAAA' | 'CNAME') => Promise<readonly string[]>;

const TIMEOUT_MS = 2000;

/** Asks each time anew: nothing is kept. Rejects when there is no answer, or none of that type. */
export const askServer: Ask = async (server, name, type) => {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 2 });
  if (server !== undefined) resolver.setServers([server]);
  const asked = name.replace(/\.$/, '');
  if (type === 'CNAME') return resolver.resolveCname(asked);
  return type === 'A' ? resolver.resolve4(asked) : resolver.resolve6(asked);
};
