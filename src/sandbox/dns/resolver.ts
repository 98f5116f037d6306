import type { LookupFunction } from 'node:net';
import type { Clock } from '../../clock.ts';
import { queryServer, type ServerAddress, type DnsResponse } from './client.ts';

export interface ResolverOptions {
  readonly server: ServerAddress;
  readonly clock: Clock;
  /** Keeps answers this much longer than their TTL, like clients that ignore TTLs. Default: 0. */
  readonly overrunMs?: number;
  /** The addresses with which name servers may answer now; any other returned address counts as old. */
  readonly possible?: (name: string) => readonly string[];
}

export interface ResolverReport {
  /** Number of lookups, and of those answered from the cache. */
  readonly lookups: number;
  readonly hits: number;
  /** Lookups answered from the cache after the TTL. */
  readonly overrun: number;
  /** Lookups with addresses that name servers no longer return, and the time of the last one (`Clock.now`). */
  readonly old: number;
  readonly lastOldAt: number | undefined;
}

/** A caching resolver, like that of a VPC or of a client that ignores TTLs. */
export interface CachingResolver {
  /** Milliseconds for which answers are kept after their TTL. */
  overrunMs: number;
  /** IPv4 addresses. Rejects with `ENOTFOUND` or `ESERVFAIL`. */
  resolve(name: string): Promise<readonly string[]>;
  /** For the option `lookup` of node:http and of undici's `connect`. */
  readonly lookup: LookupFunction;
  report(): ResolverReport;
  /** Clears the cache. */
  flush(): void;
}

interface Entry {
  readonly addresses: readonly string[];
  /** Monotonic milliseconds. */
  readonly expiresAt: number;
}

const CHAIN_MAX = 8;
const NO_NAME = 3;

export function createResolver(options: ResolverOptions): CachingResolver {
  const { server, clock, possible } = options;
  const cache = new Map<string, Entry>();
  const pending = new Map<string, Promise<Entry>>();
  const counts = { lookups: 0, hits: 0, overrun: 0, old: 0, lastOldAt: undefined as number | undefined };
  const fetch = async (name: string) => {
    const entry = await entryOf(server, clock, name);
    cache.set(name, entry);
    return entry;
  };
  const fetchOnce = (name: string) => {
    const underway = pending.get(name) ?? fetch(name).finally(() => pending.delete(name));
    pending.set(name, underway);
    return underway;
  };
  const count = (name: string, addresses: readonly string[]) => {
    const now = possible?.(name);
    if (!now || addresses.every((address) => now.includes(address))) return;
    counts.old += 1;
    counts.lastOldAt = clock.now();
  };
  const resolver: CachingResolver = {
    overrunMs: options.overrunMs ?? 0,
    async resolve(queriedName) {
      const name = queriedName.toLowerCase().replace(/\.$/, '');
      const known = cache.get(name);
      const now = clock.monotonic();
      const kept = known && now < known.expiresAt + resolver.overrunMs ? known : undefined;
      counts.lookups += 1;
      if (kept) counts.hits += 1;
      if (kept && now >= kept.expiresAt) counts.overrun += 1;
      const { addresses } = kept ?? (await fetchOnce(name));
      count(name, addresses);
      return addresses;
    },
    lookup: (name, { all }, callback) => {
      void lookUp(resolver, name).then(all ? allOf(callback) : firstOf(callback));
    },
    report: () => ({ ...counts }),
    flush: () => cache.clear(),
  };
  return resolver;
}

type Found = readonly [NodeJS.ErrnoException | null, { address: string; family: number }[]];

type Callback = Parameters<LookupFunction>[2];

function allOf(callback: Callback) {
  return ([error, found]: Found) => callback(error, found);
}

function firstOf(callback: Callback) {
  return ([error, found]: Found) => callback(error, found[0]?.address ?? '', 4);
}

/** The arguments of Node's lookup callbacks. */
async function lookUp(resolver: CachingResolver, name: string): Promise<Found> {
  try {
    return [null, (await resolver.resolve(name)).map((address) => ({ address, family: 4 }))];
  } catch (error) {
    return [error as NodeJS.ErrnoException, []];
  }
}

/** Queries the addresses of a name and follows CNAME records into other zones; the shortest TTL of the chain applies. */
async function entryOf(server: ServerAddress, clock: Clock, queriedName: string): Promise<Entry> {
  let name = queriedName;
  let ttl = Infinity;
  for (let length = 0; length < CHAIN_MAX; length += 1) {
    const answer = await queryServer(server, { name, type: 'A' });
    const records = (answer.answers ?? []).flatMap((record) => ('ttl' in record ? [record] : []));
    ttl = Math.min(ttl, ...records.map((record) => record.ttl ?? 0));
    const addresses = records.flatMap((record) => (record.type === 'A' ? [record.data] : []));
    if (addresses.length > 0) return { addresses, expiresAt: clock.monotonic() + ttl * 1000 };
    const next = records.findLast((record) => record.type === 'CNAME');
    if (next?.type !== 'CNAME') throw failure(queriedName, answer);
    name = next.data;
  }
  throw lookupError(queriedName, 'ESERVFAIL');
}

function failure(name: string, { rcode }: DnsResponse): Error {
  return lookupError(name, rcode === 0 || rcode === NO_NAME ? 'ENOTFOUND' : 'ESERVFAIL');
}

function lookupError(hostname: string, code: string): Error {
  return Object.assign(new Error(`lookup ${code} ${hostname}`), { code, hostname, syscall: 'lookup' });
}
