import { DynamoDb } from '../../aws/dynamodb.ts';
import type { Session } from '../../aws/session.ts';
import type { Clock } from '../../clock.ts';
import { OperatorError } from '../../errors.ts';
import { leaseLost } from '../lost.ts';
import type { Acquired, Holder, JournalEntry, Lease, RecordedGoal, Store } from '../store.ts';
import { StateRecord } from './record.ts';
import type { State, Waiter } from './state.ts';
import { RecordWatch } from './watch.ts';

export interface TableOptions {
  readonly table: string;
  /** How long one attempt of a request may take. */
  readonly timeoutMs: number;
}

/** The table of a store: `turnout store create` makes it. */
export function tableOf(session: Session, { table, timeoutMs }: TableOptions): DynamoDb {
  return new DynamoDb(session, { table, timeoutMs, keys: ['environment', 'record'], expiry: 'expires' });
}

/**
 * A store in a DynamoDB table, for any number of machines. A lease is free for others when one who watches has seen no
 * heartbeat for its time to live (see `watch.ts`); until then it counts as held, whatever its times say, which are those of
 * its holder's clock. Rejects with `OperatorError`s: `store-missing`, `store-busy`, and those of `src/aws/errors.ts`.
 */
export function openDynamoDbStore(session: Session, options: TableOptions & { readonly environment: string }): Store {
  return new DynamoDbStore(tableOf(session, options), options.environment, session.options.clock);
}

/** The records of runs are `run#SINCE#RUN`, so that they lie in the order in which the runs began. */
const RUNS = 'run#';
const JOURNAL_DAYS = 400;
/** Others were faster that often in a row: no number of contenders explains it. */
const TRIES = 100;
/** The part of a place's time after which its heartbeat is counted up: each one is a write that is paid for. */
const BEAT = 1 / 4;

class DynamoDbStore implements Store {
  readonly kind = 'dynamodb';
  readonly #table: DynamoDb;
  readonly #record: StateRecord;
  readonly #environment: string;
  readonly #clock: Clock;
  readonly #watch: RecordWatch;
  /** When each run of ours last counted the heartbeat of its place up. */
  readonly #beaten = new Map<string, number>();

  constructor(table: DynamoDb, environment: string, clock: Clock) {
    this.#table = table;
    this.#record = new StateRecord(table, environment, clock);
    this.#environment = environment;
    this.#clock = clock;
    this.#watch = new RecordWatch(clock);
  }

  async acquire(holder: Holder, ttlMs: number): Promise<Acquired> {
    return this.enqueue(holder, ttlMs, 0);
  }

  async enqueue(holder: Holder, ttlMs: number, placeMs: number): Promise<Acquired> {
    for (let tries = 0; tries < TRIES; tries++) {
      const answer = await this.#ask(holder, ttlMs, placeMs);
      if (answer !== undefined) return answer;
    }
    throw new OperatorError('store-busy', `Too many runs ask for the lease of ${this.#environment} at the same time.`, {
      next: ['Try again in a moment.'],
    });
  }

  /** One reading, and one write according to it; undefined when another write came in between. */
  async #ask(holder: Holder, ttlMs: number, placeMs: number): Promise<Acquired | undefined> {
    const state = await this.#record.read();
    const [living, silent] = this.#line(state, holder);
    const place = living.find((waiter) => waiter.holder.run === holder.run);
    const before = living.slice(0, place === undefined ? living.length : living.indexOf(place));
    const heldBy = this.#alive(state);
    if (!heldBy && before.length === 0) {
      const gone = place === undefined ? silent : [...silent, place];
      const lease = await this.#record.grant(state, holder, ttlMs, gone);
      return lease && { lease };
    }
    if (placeMs > 0 && !(await this.#keep(state, holder, placeMs, place))) return undefined;
    return { ...(heldBy ? { heldBy } : {}), queue: before.map((waiter) => waiter.holder) };
  }

  async #keep(state: State, holder: Holder, placeMs: number, place: Waiter | undefined): Promise<boolean> {
    const now = this.#clock.monotonic();
    if (place && now - (this.#beaten.get(holder.run) ?? -Infinity) < BEAT * placeMs) return true;
    const isKept = await (place ? this.#record.keepPlace(holder) : this.#record.takePlace(state, holder, placeMs));
    if (isKept) this.#beaten.set(holder.run, now);
    return isKept;
  }

  async leave(holder: Holder): Promise<void> {
    await this.#record.leavePlace(holder);
    await this.#record.releaseUnseen(holder);
  }

  async queue(): Promise<readonly Holder[]> {
    const [living] = this.#line(await this.#record.read());
    return living.map((waiter) => waiter.holder);
  }

  async held(): Promise<Lease | undefined> {
    return this.#alive(await this.#record.read());
  }

  async takeOver(holder: Holder, ttlMs: number, from: Lease): Promise<Lease | undefined> {
    const state = await this.#record.read();
    if (state.held?.lease.fence !== from.fence) return undefined;
    return this.#record.takeOver(state, holder, ttlMs, from);
  }

  async renew(lease: Lease, ttlMs: number, doing: string, next = ''): Promise<boolean> {
    return this.#record.renew(lease, ttlMs, doing, next);
  }

  async release(lease: Lease): Promise<void> {
    await this.#record.release(lease);
  }

  async goal(): Promise<RecordedGoal | undefined> {
    return (await this.#record.read()).goal;
  }

  async putGoal(lease: Lease, goal: RecordedGoal): Promise<void> {
    if (!(await this.#record.writeGoal(lease, JSON.stringify(goal)))) throw leaseLost(this.#environment);
  }

  async clearGoal(lease: Lease): Promise<void> {
    if (!(await this.#record.writeGoal(lease, undefined))) throw leaseLost(this.#environment);
  }

  async log(entry: JournalEntry): Promise<void> {
    const expires = Math.round(this.#clock.now() / 1000) + JOURNAL_DAYS * 24 * 3600;
    const record = `${RUNS}${entry.since}#${entry.run}`;
    await this.#table.put(this.#environment, record, { entry: JSON.stringify(entry), expires });
  }

  async history(limit: number): Promise<readonly JournalEntry[]> {
    if (limit <= 0) return [];
    const items = await this.#table.last(this.#environment, RUNS, limit);
    return items.map(({ entry }) => JSON.parse(entry as string) as JournalEntry);
  }

  async close(): Promise<void> {
    this.#table.close();
  }

  /** The lease, unless its holder has been silent for its whole time to live. */
  #alive({ held }: State): Lease | undefined {
    if (!held) return undefined;
    const { lease, beat, ttlMs } = held;
    if (this.#watch.isSilent('lease', `${lease.fence}/${beat}`, ttlMs)) return undefined;
    return lease.expiresAt < this.#clock.now() ? { ...lease, doubtful: true } : lease;
  }

  /** Those who wait, and those of them who have gone silent. One who asks right now is not, however long ago it did before. */
  #line({ waiters }: State, asking?: Holder): [living: readonly Waiter[], silent: readonly Waiter[]] {
    const isSilent = ({ holder, ticket, beat, placeMs }: Waiter): boolean =>
      this.#watch.isSilent(`waiter ${holder.run}`, `${ticket}/${beat}`, placeMs) && holder.run !== asking?.run;
    const silent = new Set(waiters.filter(isSilent));
    return [waiters.filter((waiter) => !silent.has(waiter)), [...silent]];
  }
}
