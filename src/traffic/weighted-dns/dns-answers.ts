import { Resolver } from 'node:dns/promises';
import type { DnsAnswers } from '../../domain/traffic.ts';
import type { Found } from './records.ts';

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

/** A query: whom to ask for what, and what belongs to which group. */
interface Query {
  readonly server: Server;
  readonly found: Found;
  /** By group: the addresses or names that lead to it. */
  readonly values: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Asks each of the zones' own name servers for each name, and goes on counting. One that cannot be asked is named. */
export async function countAnswers(ask: Ask, before: DnsAnswers, queries: readonly Query[]): Promise<DnsAnswers> {
  const answers = await Promise.all(
    queries.map(async ({ server, found, values }) => {
      const { name, type } = found.place;
      const answered = await ask(server, name, type).catch(nothing);
      return isFailure(answered) ? failureAt(server, name, answered) : ownerOf(answered.map(plain), values);
    }),
  );
  return answers.reduce((seen: DnsAnswers, pool): DnsAnswers => {
    if (pool === undefined) return { state: 'unclear' };
    if (typeof pool !== 'string') return { state: 'unreachable', ...pool };
    const goesOn = seen.state === 'one-pool' && seen.pool === pool;
    return { state: 'one-pool', pool, streak: goesOn ? seen.streak + 1 : 1 };
  }, before);
}

/** A name server that cannot be asked. */
export class Unreachable extends Error {}

/** What Node says when a server has answered: there is no such name, or no such record of it. */
const ANSWERED: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA']);

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** A server that says that there is nothing has answered. */
function nothing(error: unknown): readonly string[] | Error {
  if (ANSWERED.has(codeOf(error) ?? '')) return [];
  return error instanceof Error ? error : new Error(String(error));
}

function isFailure(answered: readonly string[] | Error): answered is Error {
  return answered instanceof Error;
}

function failureAt(server: Server, name: string, error: Error): { readonly why: string } {
  const [, address = server, port = '53'] = /^(.*[\d\]]):(\d+)$/.exec(server ?? '') ?? [];
  const whom = server === undefined ? "the system's resolver" : `${address} port ${port}`;
  return { why: `${whom} gives no answer for ${name} (${codeOf(error) ?? error.message})` };
}

/** The one group that the answer leads to. */
function ownerOf(answered: readonly string[], values: Query['values']): string | undefined {
  const owners = [...values].filter(([, own]) => answered.some((value) => own.has(value))).map(([pool]) => pool);
  return owners.length === 1 ? owners[0] : undefined;
}

/**
 * What the records of the name lead to, by group. Addresses of a load balancer change, so they are asked for each time.
 * @throws Unreachable
 */
export async function valuesByPool(
  ask: Ask,
  server: Server,
  found: Found,
  pools: readonly string[],
): Promise<Query['values']> {
  const all = await Promise.all(
    pools.map(async (pool, index) => {
      const set = found.sides[index];
      const target = set?.AliasTarget?.DNSName;
      const values =
        target === undefined
          ? (set?.ResourceRecords ?? []).map(({ Value }) => Value ?? '')
          : await ask(server, target, found.place.type).catch(nothing);
      if (isFailure(values)) throw new Unreachable(failureAt(server, target ?? '', values).why);
      return [pool, new Set(values.map(plain))] as const;
    }),
  );
  return new Map(all);
}

function plain(value: string): string {
  return value.replace(/\.$/, '').toLowerCase();
}
