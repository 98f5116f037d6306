import type { Ask, Server } from './ask.ts';
import type { Found } from './records.ts';

/** What name servers answered last. */
export interface AnswerStreak {
  /** The group to whose load balancer the last answers led, and to no other one. */
  readonly pool?: string;
  /** So many answers in a row. */
  readonly streak: number;
  /** So many show that a change has arrived. */
  readonly wanted: number;
}

export const NO_ANSWERS: AnswerStreak = { streak: 0, wanted: 10 };

/** A query: whom to ask for what, and what belongs to which group. */
interface Query {
  readonly server: Server;
  readonly found: Found;
  /** By group: the addresses or names that lead to it. */
  readonly values: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Asks each of the zones' own name servers for each name, and counts on. A server that does not answer tells nothing. */
export async function countAnswers(ask: Ask, before: AnswerStreak, queries: readonly Query[]): Promise<AnswerStreak> {
  const answers = await Promise.all(
    queries.map(async ({ server, found, values }) => {
      const { name, type } = found.place;
      const told = await ask(server, name, type).catch(() => []);
      return ownerOf(told.map(plain), values);
    }),
  );
  return answers.reduce((told: AnswerStreak, pool): AnswerStreak => {
    const { wanted } = told;
    if (pool === undefined) return { wanted, streak: 0 };
    return { wanted, pool, streak: pool === told.pool ? told.streak + 1 : 1 };
  }, before);
}

/** The one group that the answer leads to. */
function ownerOf(told: readonly string[], values: Query['values']): string | undefined {
  const owners = [...values].filter(([, own]) => told.some((value) => own.has(value))).map(([pool]) => pool);
  return owners.length === 1 ? owners[0] : undefined;
}

/** What the records of the name lead to, by group. Addresses of a load balancer change, so they are asked for each time. */
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
          : await ask(server, target, found.place.type).catch(() => []);
      return [pool, new Set(values.map(plain))] as const;
    }),
  );
  return new Map(all);
}

function plain(value: string): string {
  return value.replace(/\.$/, '').toLowerCase();
}
