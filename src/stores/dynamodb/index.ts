import { DynamoDb } from '../../aws/dynamodb.ts';
import type { Session } from '../../aws/session.ts';
import type { Clock } from '../../clock.ts';
import type { Approval, ApprovalDecision } from '../../domain/approval.ts';
import { defined } from '../../domain/defined.ts';
import { OperatorError } from '../../errors.ts';
import { leaseLost } from '../lost.ts';
import type { AcquireResult, Holder, JournalEntry, Lease, RecordedGoal, Store, UnreadableGoal } from '../store.ts';
import { decidedTexts, goalText, readApproval, readEntry } from '../records.ts';
import { StateItem } from './item.ts';
import type { EnvironmentState, QueuePlace } from './state.ts';
import { HeartbeatMonitor } from './heartbeat-monitor.ts';

export interface TableOptions {
  readonly table: string;
  /** Timeout of one attempt of a request. */
  readonly timeoutMs: number;
}

/** The attributes of the table that DynamoDB has to know: both keys are strings, and `expiry` is its time to live. */
export const ATTRIBUTES = { keys: ['environment', 'record'], expiry: 'expires' } as const;

/** The table of a store; `turnout store create` creates it. */
export function openTable(session: Session, { table, timeoutMs }: TableOptions): DynamoDb {
  return new DynamoDb(session, { table, timeoutMs, ...ATTRIBUTES });
}

/**
 * A store in a DynamoDB table, for any number of machines. A lease expires for a machine that has seen no heartbeat for its time
 * to live (see `heartbeat-monitor.ts`); until then it counts as held, whatever its times say, which are by its holder's clock. Rejects with `OperatorError`s: `store-missing`, `store-busy`, and those of `src/aws/errors.ts`.
 */
export function openDynamoDbStore(session: Session, options: TableOptions & { readonly environment: string }): Store {
  return new DynamoDbStore(session, options);
}

/** Sort keys of journal entries are `run#SINCE#RUN`, which orders them by start time. */
const RUNS = 'run#';
const JOURNAL_DAYS = 400;
/** Conflicts in a row that no realistic number of contenders would cause. */
const ATTEMPTS_MAX = 100;
/** Fraction of a place's time to live after which its heartbeat is renewed: each renewal is a billed write. */
const RENEW_INTERVAL = 1 / 4;

class DynamoDbStore implements Store {
  readonly kind = 'dynamodb';
  readonly place: string;
  readonly #table: DynamoDb;
  readonly #item: StateItem;
  readonly #environment: string;
  readonly #clock: Clock;
  readonly #monitor: HeartbeatMonitor;
  /** When this process last renewed the place of each run. */
  readonly #renewedAt = new Map<string, number>();

  constructor(session: Session, options: TableOptions & { readonly environment: string }) {
    const { environment } = options;
    const { clock } = session;
    const { region } = session.options;
    const table = openTable(session, options);
    this.place = `DynamoDB table ${options.table}${region === undefined ? '' : ` in ${region}`}`;
    this.#table = table;
    this.#item = new StateItem(table, environment, clock);
    this.#environment = environment;
    this.#clock = clock;
    this.#monitor = new HeartbeatMonitor(clock);
  }

  async id(): Promise<string> {
    return (await this.#item.read()).id;
  }

  async fact(name: string, value?: string): Promise<string | undefined> {
    return this.#item.fact(name, value);
  }

  async acquire(holder: Holder, ttlMs: number, placeMs = 0): Promise<AcquireResult> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const answer = await this.#tryAcquire(holder, ttlMs, placeMs);
      if (answer !== undefined) return answer;
    }
    throw new OperatorError('store-busy', `Too many runs request the lease of ${this.#environment} at the same time.`, {
      next: ['Try again in a moment.'],
    });
  }

  /** One read and one conditional write; undefined when another write came in between. */
  async #tryAcquire(holder: Holder, ttlMs: number, placeMs: number): Promise<AcquireResult | undefined> {
    const state = await this.#item.read();
    const [active, expired] = this.#queueOf(state, holder);
    const place = active.find((one) => one.holder.run === holder.run);
    const ahead = active.slice(0, place === undefined ? active.length : active.indexOf(place));
    const heldBy = this.#current(state);
    if (!heldBy && ahead.length === 0) {
      const lease = await this.#item.grant(state, holder, ttlMs, place ? [...expired, place] : expired);
      return lease && { lease };
    }
    if (placeMs > 0 && !(await this.#keepPlace(state, holder, placeMs, place))) return undefined;
    return defined({ heldBy, queue: ahead.map((one) => one.holder) });
  }

  async #keepPlace(
    state: EnvironmentState,
    holder: Holder,
    placeMs: number,
    place: QueuePlace | undefined,
  ): Promise<boolean> {
    const now = this.#clock.monotonic();
    if (place && now - (this.#renewedAt.get(holder.run) ?? -Infinity) < RENEW_INTERVAL * placeMs) return true;
    const isKept = await (place ? this.#item.renewPlace(holder) : this.#item.addPlace(state, holder, placeMs));
    if (isKept) this.#renewedAt.set(holder.run, now);
    return isKept;
  }

  async dequeue(holder: Holder): Promise<void> {
    await this.#item.removePlace(holder);
    await this.#item.releaseByRun(holder);
  }

  async queue(): Promise<readonly Holder[]> {
    const [active] = this.#queueOf(await this.#item.read());
    return active.map((one) => one.holder);
  }

  async held(): Promise<Lease | undefined> {
    return this.#current(await this.#item.read());
  }

  async takeOver(holder: Holder, ttlMs: number, from: Lease): Promise<Lease | undefined> {
    const state = await this.#item.read();
    return state.held?.lease.fence === from.fence ? this.#item.takeOver(state, holder, ttlMs, from) : undefined;
  }

  async renew(lease: Lease, ttlMs: number, doing: string, next = ''): Promise<boolean> {
    return this.#item.renew(lease, ttlMs, doing, next);
  }

  async release(lease: Lease): Promise<void> {
    await this.#item.release(lease);
  }

  async goal(): Promise<RecordedGoal | UnreadableGoal | undefined> {
    return (await this.#item.read()).goal;
  }

  async putGoal(lease: Lease, goal: RecordedGoal): Promise<void> {
    if (!(await this.#item.writeGoal(lease, goalText(goal)))) throw leaseLost(this.#environment);
  }

  async clearGoal(lease: Lease): Promise<void> {
    if (!(await this.#item.writeGoal(lease, undefined))) throw leaseLost(this.#environment);
  }

  async approval(): Promise<Approval | undefined> {
    const text = await this.#item.fact('approval', undefined);
    return text === undefined ? undefined : readApproval(text);
  }

  async putApproval(lease: Lease, approval: Approval): Promise<void> {
    if (!(await this.#item.writeApproval(lease, JSON.stringify(approval)))) throw leaseLost(this.#environment);
  }

  async decideApproval(seen: Approval, decision: ApprovalDecision): Promise<boolean> {
    const texts = decidedTexts(seen, decision);
    return texts !== undefined && this.#item.replaceApproval(...texts);
  }

  async log(entry: JournalEntry): Promise<void> {
    const expires = Math.round(this.#clock.now() / 1000) + JOURNAL_DAYS * 24 * 3600;
    const record = `${RUNS}${entry.since}#${entry.run}`;
    await this.#table.put(this.#environment, record, { entry: JSON.stringify(entry), expires });
  }

  async history(limit: number): Promise<readonly JournalEntry[]> {
    if (limit <= 0) return [];
    const items = await this.#table.last(this.#environment, RUNS, limit);
    return items.map(({ entry, record }) => readEntry(entry as string, (record as string).split('#')[1] ?? ''));
  }

  async close(): Promise<void> {
    this.#table.close();
  }

  /** The lease, unless it has had no heartbeat for its whole time to live. */
  #current({ held }: EnvironmentState): Lease | undefined {
    if (!held) return undefined;
    const { lease, heartbeat, ttlMs } = held;
    if (this.#monitor.isExpired('lease', `${lease.fence}/${heartbeat}`, ttlMs)) return undefined;
    return lease.expiresAt < this.#clock.now() ? { ...lease, maybeExpired: true } : lease;
  }

  /** Active and expired places. The place of `asking` is active: that run is asking right now. */
  #queueOf(
    { places }: EnvironmentState,
    asking?: Holder,
  ): [active: readonly QueuePlace[], expired: readonly QueuePlace[]] {
    const isExpired = ({ holder, ticket, heartbeat, placeMs }: QueuePlace): boolean =>
      this.#monitor.isExpired(`place ${holder.run}`, `${ticket}/${heartbeat}`, placeMs) && holder.run !== asking?.run;
    const expired = new Set(places.filter(isExpired));
    return [places.filter((place) => !expired.has(place)), [...expired]];
  }
}
