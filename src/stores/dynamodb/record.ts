import type { DynamoDb, Update } from '../../aws/dynamodb.ts';
import type { Clock } from '../../clock.ts';
import type { Holder, Lease } from '../store.ts';
import { stateOf, type State, type Waiter } from './state.ts';

/** Name of the record of lease, queue and goal; those of the journal are others. */
const NAME = 'state';

const OURS = '#fence = :fence AND #run = :run';
const FREE = 'REMOVE #run, #holder, #doing, #next';

/** The one record of an environment: each change is conditional on what was read, and says whether it took place. */
export class StateRecord {
  readonly #table: DynamoDb;
  readonly #environment: string;
  readonly #clock: Clock;

  constructor(table: DynamoDb, environment: string, clock: Clock) {
    this.#table = table;
    this.#environment = environment;
    this.#clock = clock;
  }

  /** Makes the record where there is none: a place can only be put into a map that exists. */
  async read(): Promise<State> {
    const found = await this.#get();
    if (found) return found;
    await this.#update({
      update:
        'SET #fence = if_not_exists(#fence, :0), #tickets = if_not_exists(#tickets, :0), #waiters = if_not_exists(#waiters, :none)',
      values: { ':0': 0, ':none': {} },
    });
    return (await this.#get()) ?? { fence: 0, tickets: 0, waiters: [] };
  }

  /** Gives the lease to one who has found it free, or its holder silent; places that are no longer needed go with it. */
  async grant(state: State, holder: Holder, ttlMs: number, gone: readonly Waiter[]): Promise<Lease | undefined> {
    const { held } = state;
    const asSeen = held ? `${OURS} AND #beat = :beat` : '#fence = :fence AND attribute_not_exists(#run)';
    const seen = held ? { ...claim(held.lease), ':beat': held.beat } : { ':fence': state.fence };
    return this.#write(state, holder, ttlMs, { condition: asSeen, values: seen, gone });
  }

  /** Gives the lease to another, whether or not its holder lives. */
  async takeOver(state: State, holder: Holder, ttlMs: number, from: Lease): Promise<Lease | undefined> {
    return this.#write(state, holder, ttlMs, { condition: OURS, values: claim(from), gone: [] });
  }

  async #write(
    { fence }: State,
    holder: Holder,
    ttlMs: number,
    { condition, values, gone }: { condition: string; values: Update['values']; gone: readonly Waiter[] },
  ): Promise<Lease | undefined> {
    const renewedAt = Math.round(this.#clock.now());
    const names = Object.fromEntries(gone.map((waiter, index) => [`#gone${index}`, waiter.holder.run]));
    const forget = Object.keys(names).map((name) => `, #waiters.${name}`);
    const isDone = await this.#update({
      update: `SET #fence = :next, #run = :me, #holder = :holder, #beat = :0, #ttl = :ttl, #renewed = :renewed REMOVE #doing, #next${forget.join('')}`,
      condition,
      values: {
        ...values,
        ':next': fence + 1,
        ':me': holder.run,
        ':holder': JSON.stringify(holder),
        ':0': 0,
        ':ttl': Math.round(ttlMs),
        ':renewed': renewedAt,
      },
      names,
    });
    const times = { renewedAt, expiresAt: renewedAt + Math.round(ttlMs) };
    return isDone ? { holder, fence: fence + 1, doing: '', ...times } : undefined;
  }

  /** Counts the heartbeat up. */
  async renew(lease: Lease, ttlMs: number, doing: string, next: string): Promise<boolean> {
    const renewed = Math.round(this.#clock.now());
    return this.#update({
      update: 'SET #beat = #beat + :1, #ttl = :ttl, #renewed = :renewed, #doing = :doing, #next = :next',
      condition: OURS,
      values: {
        ...claim(lease),
        ':1': 1,
        ':ttl': Math.round(ttlMs),
        ':renewed': renewed,
        ':doing': doing,
        ':next': next,
      },
    });
  }

  async release(lease: Lease): Promise<void> {
    await this.#update({ update: FREE, condition: OURS, values: claim(lease) });
  }

  /** Gives back the lease of a run that does not know its fence. */
  async releaseUnseen({ run }: Holder): Promise<void> {
    await this.#update({ update: FREE, condition: '#run = :run', values: { ':run': run } });
  }

  /** Puts a run at the end of the queue. */
  async takePlace({ tickets }: State, holder: Holder, placeMs: number): Promise<boolean> {
    const place = { holder: JSON.stringify(holder), ticket: tickets + 1, beat: 0, place: Math.round(placeMs) };
    return this.#update({
      update: 'SET #waiters.#me = :place, #tickets = :next',
      condition: '#tickets = :seen',
      values: { ':place': place, ':seen': tickets, ':next': tickets + 1 },
      names: { '#me': holder.run },
    });
  }

  /** Counts the heartbeat of its place up; false when others have found it silent. */
  async keepPlace({ run }: Holder): Promise<boolean> {
    return this.#update({
      update: 'SET #waiters.#me.#beat = #waiters.#me.#beat + :1',
      condition: 'attribute_exists(#waiters.#me)',
      values: { ':1': 1 },
      names: { '#me': run },
    });
  }

  async leavePlace({ run }: Holder): Promise<void> {
    const update = 'REMOVE #waiters.#me';
    await this.#update({ update, condition: 'attribute_exists(#waiters.#me)', values: {}, names: { '#me': run } });
  }

  /** Writes the goal, or removes it; false when the lease is no longer that one. */
  async writeGoal(lease: Lease, goal: string | undefined): Promise<boolean> {
    const [update, values] = goal === undefined ? ['REMOVE #goal', {}] : ['SET #goal = :goal', { ':goal': goal }];
    return this.#update({ update, condition: OURS, values: { ...claim(lease), ...values } });
  }

  async #get(): Promise<State | undefined> {
    const item = await this.#table.get(this.#environment, NAME);
    return item && stateOf(item);
  }

  async #update(update: Update): Promise<boolean> {
    return this.#table.update(this.#environment, NAME, update);
  }
}

function claim({ fence, holder }: Lease): { ':fence': number; ':run': string } {
  return { ':fence': fence, ':run': holder.run };
}
