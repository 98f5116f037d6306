import { Resolver } from 'node:dns';
import { isIP } from 'node:net';
import type { Lookup } from './fetch.ts';

/** Asks these name servers each time anew, and keeps nothing. IPv4. */
export function lookupAt(servers: readonly string[]): Lookup {
  const resolver = new Resolver();
  resolver.setServers([...servers]);
  return (name, { all }, callback) => {
    const found = (addresses: readonly string[]): void => {
      if (all)
        callback(
          null,
          addresses.map((address) => ({ address, family: 4 })),
        );
      else callback(null, addresses[0] ?? '', 4);
    };
    if (isIP(name)) return found([name]);
    resolver.resolve4(name, (error, addresses) => (error ? callback(error, '') : found(addresses)));
  };
}
