import { Resolver } from 'node:dns';
import { isIP } from 'node:net';
import type { Lookup } from './fetch.ts';

/** Asks these name servers each time anew, and keeps nothing. IPv4. */
export function lookupAt(servers: readonly string[]): Lookup {
  const resolver = new Resolver();
  resolver.setServers([...servers]);
  return (name, { all }, callback) => {
    const found = (addresses: readonly string[]): void => {
      const [first] = addresses;
      // For example a CNAME alone: Node would throw where nothing could catch it.
      if (first === undefined) return callback(new Error(`${servers.join(', ')} knows no address of ${name}`), '');
      if (!all) return callback(null, first, 4);
      const entries = addresses.map((address) => ({ address, family: 4 }));
      callback(null, entries);
    };
    if (isIP(name)) return found([name]);
    resolver.resolve4(name, (error, addresses) => (error ? callback(error, '') : found(addresses)));
  };
}
