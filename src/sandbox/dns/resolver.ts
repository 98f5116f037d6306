import type { LookupFunction } from 'node:net';
import type { Clock } from '../../clock.ts';
import { queryServer, type ServerAddress, type DnsResponse } from './client.ts';

export interface ResolverOptions {
  readonly server: ServerAddress;
  readonly clock: Clock;
  /** Keeps answers so much longer than their TTL, as clients do that ignore it; 0 when absent, `Infinity` is for ever. */
  readonly overrunMs?: number;
  /** The addresses that name servers may answer with now; what else is given out counts as old. */
  readonly possible?: (name: string) => readonly string[];
}

export interface ResolverReport {
  /** Names that were looked up, and how many of them from the cache. */
  readonly lookups: number;
  readonly hits: number;
  /** Answers from the cache whose TTL was over. */
  readonly overrun: number;
  /** Answers that name servers would not give any more, and when the last one was given (`Clock.now`). */
  readonly old: number;
  readonly lastOldAt: number | undefined;
}

/** A caching resolver such as a VPC's, or such as a badly written client's. */
export interface CachingResolver {
  /** How much longer than their TTL answers are kept, from now on. */
  overrunMs: number;
  /** IPv4 addresses. Rejects with `ENOTFOUND` or `ESERVFAIL`. */
  resolve(name: string): Promise<readonly string[]>;
  /** For `lookup` of node:http and undici's `connect`. */
  readonly lookup: LookupFunction;
  report(): ResolverReport;
  /** Forgets all answers. */
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
    async resolve(asked) {
      const name = asked.toLowerCase().replace(/\.$/, '');
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

/** In the form of node's callbacks. */
async function lookUp(resolver: CachingResolver, name: string): Promise<Found> {
  try {
    return [null, (await resolver.resolve(name)).map((address) => ({ address, family: 4 }))];
  } catch (error) {
    return [error as NodeJS.ErrnoException, []];
  }
}

/** Asks for the addresses of a name, along CNAME records into other zones; the shortest TTL of the chain counts. */
async function entryOf(server: ServerAddress, clock: Clock, asked: string): Promise<Entry> {
  let name = asked;
  let ttl = Infinity;
  for (let length = 0; length < CHAIN_MAX; length += 1) {
    const answer = await queryServer(server, { name, type: 'A' });
    const records = (answer.answers ?? []).flatMap((record) => ('ttl' in record ? [record] : []));
    ttl = Math.min(ttl, ...records.map((record) => record.ttl ?? 0));
    const addresses = records.flatMap((record) => (record.type === 'A' ? [record.data] : []));
    if (addresses.length > 0) return { addresses, expiresAt: clock.monotonic() + ttl * 1000 };
    const next = records.findLast((record) => record.type === 'CNAME');
    if (next?.type !== 'CNAME') throw failure(asked, answer);
    name = next.data;
  }
  throw lookupError(asked, 'ESERVFAIL');
}

function failure(name: string, { rcode }: DnsResponse): Error {
  return lookupError(name, rcode === 0 || rcode === NO_NAME ? 'ENOTFOUND' : 'ESERVFAIL');
}

function lookupError(hostname: string, code: string): Error {
  return Object.assign(new Error(`lookup ${code} ${hostname}`), { code, hostname, syscall: 'lookup' });
}
