import type { Clock } from '../../clock.ts';
import { redisName, type RedisServer } from '../../config/redis-url.ts';
import type { Approval, ApprovalDecision } from '../../domain/approval.ts';
import { defined } from '../../domain/defined.ts';
import { newStoreId } from '../id.ts';
import { leaseLost } from '../lost.ts';
import type { AcquireResult, Holder, JournalEntry, Lease, RecordedGoal, Store, UnreadableGoal } from '../store.ts';
import { decidedTexts, goalText, readApproval, readEntry, readGoal } from '../records.ts';
import { RedisClient } from './client.ts';
import { KEYS, SCRIPTS, type ScriptName } from './scripts.ts';

export interface RedisStoreOptions {
  readonly environment: string;
  readonly clock: Clock;
  readonly server: RedisServer;
  /** Prefix of all keys. */
  readonly prefix: string;
  /** Timeout of a command. */
  readonly timeoutMs: number;
}

/** Maximum number of journal entries; each run writes two. */
const JOURNAL_MAX = 2000;

/**
 * A store on a Redis or Valkey server, for any number of machines. Times are the server's. Opens no connection before the
 * first use. Rejects with `OperatorError`s that name the server: `store-unreachable`, `store-untrusted`, `store-silent`,
 * `store-denied`, `store-busy`, `store-full`, `store-unwritable`, `store-foreign`, `store-old`, `store-failed`.
 */
export function openRedisStore(options: RedisStoreOptions): Store {
  return new RedisStore(options);
}

/** A lease as the scripts return it: fence, holder, doing, next, renewed, expires; nulls when no lease is held. */
type Fields = readonly (string | null)[];

class RedisStore implements Store {
  readonly kind = 'redis';
  readonly place: string;
  readonly #client: RedisClient;
  readonly #environment: string;
  readonly #key: (name: string) => string;

  constructor({ environment, prefix, server, timeoutMs, clock }: RedisStoreOptions) {
    this.#client = new RedisClient(server, timeoutMs, clock);
    this.place = `redis ${redisName(server)} with the prefix ${prefix}`;
    this.#environment = environment;
    this.#key = (name) => `${prefix}:{${environment}}:${name}`;
  }

  async id(): Promise<string> {
    return (await this.#once('id', newStoreId())) ?? '';
  }

  async fact(name: string, value?: string): Promise<string | undefined> {
    return this.#once(name, value);
  }

  async #once(name: string, value?: string): Promise<string | undefined> {
    const key = this.#key(name);
    // Another run may have written one meanwhile.
    if (value !== undefined) await this.#client.command((redis) => redis.set(key, value, 'NX'));
    return (await this.#client.command((redis) => redis.get(key))) ?? undefined;
  }

  async acquire(holder: Holder, ttlMs: number, placeMs = 0): Promise<AcquireResult> {
    const args = [holder.run, JSON.stringify(holder), Math.round(ttlMs), Math.round(placeMs)];
    const [got, fields, ahead] = (await this.#run('ACQUIRE', args)) as [number, Fields, (string | null)[]];
    const lease = leaseOf(fields);
    if (got === 1 && lease) return { lease };
    return defined({ heldBy: lease, queue: holdersOf(ahead) });
  }

  async dequeue(holder: Holder): Promise<void> {
    await this.#run('DEQUEUE', [holder.run]);
  }

  async queue(): Promise<readonly Holder[]> {
    return (await this.#read()).queue;
  }

  async held(): Promise<Lease | undefined> {
    return (await this.#read()).lease;
  }

  async takeOver(holder: Holder, ttlMs: number, from: Lease): Promise<Lease | undefined> {
    const args = [...idOf(from), holder.run, JSON.stringify(holder), Math.round(ttlMs)];
    const fields = (await this.#run('TAKE_OVER', args)) as Fields | null;
    return fields === null ? undefined : leaseOf(fields);
  }

  async renew(lease: Lease, ttlMs: number, doing: string, next = ''): Promise<boolean> {
    return (await this.#run('RENEW', [...idOf(lease), Math.round(ttlMs), doing, next])) === 1;
  }

  async release(lease: Lease): Promise<void> {
    await this.#run('RELEASE', idOf(lease));
  }

  async goal(): Promise<RecordedGoal | UnreadableGoal | undefined> {
    const text = await this.#client.command((redis) => redis.get(this.#key('goal')));
    return text === null ? undefined : readGoal(text);
  }

  async putGoal(lease: Lease, goal: RecordedGoal): Promise<void> {
    await this.#writeGoal(lease, goalText(goal));
  }

  async clearGoal(lease: Lease): Promise<void> {
    await this.#writeGoal(lease, '');
  }

  async approval(): Promise<Approval | undefined> {
    const text = await this.#client.command((redis) => redis.get(this.#key('approval')));
    return text === null ? undefined : readApproval(text);
  }

  async putApproval(lease: Lease, approval: Approval): Promise<void> {
    const args = [...idOf(lease), JSON.stringify(approval)];
    if ((await this.#run('PUT_APPROVAL', args)) !== 1) throw leaseLost(this.#environment);
  }

  async decideApproval(seen: Approval, decision: ApprovalDecision): Promise<boolean> {
    const texts = decidedTexts(seen, decision);
    return texts !== undefined && (await this.#run('DECIDE', texts)) === 1;
  }

  /** A stream is append-only: the last entry of a run replaces its earlier one. */
  async log(entry: JournalEntry): Promise<void> {
    const key = this.#key('journal');
    const text = JSON.stringify(entry);
    await this.#client.command((redis) => redis.xadd(key, 'MAXLEN', '~', JOURNAL_MAX, '*', 'entry', text));
  }

  async history(limit: number): Promise<readonly JournalEntry[]> {
    if (limit <= 0) return [];
    // Runs may end in another order than they started, so some extra entries are read.
    const count = Math.min(JOURNAL_MAX * 2, 2 * limit + 20);
    const key = this.#key('journal');
    const newest = await this.#client.command((redis) => redis.xrevrange(key, '+', '-', 'COUNT', count));
    const entries = newest.map(([id, [, text = '']]) => readEntry(text, addedAt(id)));
    const last = [...Map.groupBy(entries, ({ run }) => run).values()].flatMap(([entry]) => entry ?? []);
    return last.toSorted((a, b) => compare(b.since, a.since)).slice(0, limit);
  }

  async close(): Promise<void> {
    this.#client.close();
  }

  async #read(): Promise<{ lease: Lease | undefined; queue: readonly Holder[] }> {
    const [fields, queue] = (await this.#run('READ', [])) as [Fields, (string | null)[]];
    return { lease: leaseOf(fields), queue: holdersOf(queue) };
  }

  async #writeGoal(lease: Lease, text: string): Promise<void> {
    if ((await this.#run('PUT_GOAL', [...idOf(lease), text])) !== 1) throw leaseLost(this.#environment);
  }

  async #run(script: ScriptName, args: readonly (string | number)[]): Promise<unknown> {
    return this.#client.script(SCRIPTS[script], KEYS.map(this.#key), args);
  }
}

/** Identifies a lease for the scripts; see there why the run is part of it. */
function idOf({ fence, holder }: Lease): readonly (string | number)[] {
  return [fence, holder.run];
}

function leaseOf([fence, holder, doing, next, renewed, expires]: Fields): Lease | undefined {
  if (fence === null || fence === undefined) return undefined;
  return {
    holder: JSON.parse(holder ?? '') as Holder,
    fence: Number(fence),
    doing: doing ?? '',
    ...defined({ next: next || undefined }),
    renewedAt: Number(renewed),
    expiresAt: Number(expires),
  };
}

function holdersOf(texts: readonly (string | null)[]): readonly Holder[] {
  return texts.flatMap((text) => (text === null ? [] : [JSON.parse(text) as Holder]));
}

/** Of an entry of a stream: `MILLISECONDS-NUMBER`. */
function addedAt(id: string): string {
  return new Date(Number.parseInt(id, 10)).toISOString();
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
