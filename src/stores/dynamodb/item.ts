import type { DynamoDb, Update } from '../../aws/dynamodb.ts';
import type { Clock } from '../../clock.ts';
import { newStoreId } from '../id.ts';
import type { Holder, Lease } from '../store.ts';
import { stateOf, type EnvironmentState, type QueuePlace } from './state.ts';

/** Sort key of the item with lease, queue and goal. */
const SORT_KEY = 'state';

const IS_OURS = '#fence = :fence AND #run = :run';
const RELEASE = 'REMOVE #run, #holder, #doing, #next';

/** The state item of an environment. Each change is conditional on what was read, and returns whether it took place. */
export class StateItem {
  readonly #table: DynamoDb;
  readonly #environment: string;
  readonly #clock: Clock;

  constructor(table: DynamoDb, environment: string, clock: Clock) {
    this.#table = table;
    this.#environment = environment;
    this.#clock = clock;
  }

  /** Creates the item if needed: a place can be added only to a map that exists. */
  async read(): Promise<EnvironmentState> {
    const found = await this.#get();
    if (found && found.id !== '') return found;
    await this.#update({
      update:
        'SET #id = if_not_exists(#id, :id), #fence = if_not_exists(#fence, :0), #tickets = if_not_exists(#tickets, :0), #waiters = if_not_exists(#waiters, :none)',
      values: { ':id': newStoreId(), ':0': 0, ':none': {} },
    });
    return (await this.#get()) ?? { id: '', fence: 0, tickets: 0, places: [] };
  }

  /** What is recorded under that name; `value`, where nothing was. */
  async fact(name: string, value: string | undefined): Promise<string | undefined> {
    if (value !== undefined)
      await this.#update({ update: `SET #${name} = if_not_exists(#${name}, :value)`, values: { ':value': value } });
    const item = await this.#table.get(this.#environment, SORT_KEY);
    return item?.[name] as string | undefined;
  }

  /** Grants the lease when none was held or it had expired, and removes the places in `gone`. */
  async grant(
    state: EnvironmentState,
    holder: Holder,
    ttlMs: number,
    gone: readonly QueuePlace[],
  ): Promise<Lease | undefined> {
    const { held } = state;
    const unchanged = held
      ? `${IS_OURS} AND #heartbeat = :heartbeat`
      : '#fence = :fence AND attribute_not_exists(#run)';
    const seen = held ? { ...idOf(held.lease), ':heartbeat': held.heartbeat } : { ':fence': state.fence };
    return this.#write(state, holder, ttlMs, { condition: unchanged, values: seen, gone });
  }

  /** Grants the lease in place of `from`, whether or not its holder is alive. */
  async takeOver(state: EnvironmentState, holder: Holder, ttlMs: number, from: Lease): Promise<Lease | undefined> {
    return this.#write(state, holder, ttlMs, { condition: IS_OURS, values: idOf(from), gone: [] });
  }

  async #write(
    { fence }: EnvironmentState,
    holder: Holder,
    ttlMs: number,
    { condition, values, gone }: { condition: string; values: Update['values']; gone: readonly QueuePlace[] },
  ): Promise<Lease | undefined> {
    const renewedAt = Math.round(this.#clock.now());
    const names = Object.fromEntries(gone.map((place, index) => [`#gone${index}`, place.holder.run]));
    const removals = Object.keys(names).map((name) => `, #waiters.${name}`);
    const isDone = await this.#update({
      update: `SET #fence = :next, #run = :me, #holder = :holder, #heartbeat = :0, #ttl = :ttl, #renewed = :renewed REMOVE #doing, #next${removals.join('')}`,
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

  /** Increments the heartbeat. */
  async renew(lease: Lease, ttlMs: number, doing: string, next: string): Promise<boolean> {
    const renewed = Math.round(this.#clock.now());
    return this.#update({
      update: 'SET #heartbeat = #heartbeat + :1, #ttl = :ttl, #renewed = :renewed, #doing = :doing, #next = :next',
      condition: IS_OURS,
      values: {
        ...idOf(lease),
        ':1': 1,
        ':ttl': Math.round(ttlMs),
        ':renewed': renewed,
        ':doing': doing,
        ':next': next,
      },
    });
  }

  async release(lease: Lease): Promise<void> {
    await this.#update({ update: RELEASE, condition: IS_OURS, values: idOf(lease) });
  }

  /** Releases the lease of a run that does not know its fence. */
  async releaseByRun({ run }: Holder): Promise<void> {
    await this.#update({ update: RELEASE, condition: '#run = :run', values: { ':run': run } });
  }

  /** Adds a run to the end of the queue. */
  async addPlace({ tickets }: EnvironmentState, holder: Holder, placeMs: number): Promise<boolean> {
    const place = { holder: JSON.stringify(holder), ticket: tickets + 1, heartbeat: 0, place: Math.round(placeMs) };
    return this.#update({
      update: 'SET #waiters.#me = :place, #tickets = :next',
      condition: '#tickets = :seen',
      values: { ':place': place, ':seen': tickets, ':next': tickets + 1 },
      names: { '#me': holder.run },
    });
  }

  /** Increments the heartbeat of its place; false when the place has been removed. */
  async renewPlace({ run }: Holder): Promise<boolean> {
    return this.#update({
      update: 'SET #waiters.#me.#heartbeat = #waiters.#me.#heartbeat + :1',
      condition: 'attribute_exists(#waiters.#me)',
      values: { ':1': 1 },
      names: { '#me': run },
    });
  }

  async removePlace({ run }: Holder): Promise<void> {
    const update = 'REMOVE #waiters.#me';
    await this.#update({ update, condition: 'attribute_exists(#waiters.#me)', values: {}, names: { '#me': run } });
  }

  /** Writes or removes the goal; false when `lease` is no longer the current one. */
  async writeGoal(lease: Lease, goal: string | undefined): Promise<boolean> {
    const [update, values] = goal === undefined ? ['REMOVE #goal', {}] : ['SET #goal = :goal', { ':goal': goal }];
    return this.#update({ update, condition: IS_OURS, values: { ...idOf(lease), ...values } });
  }

  /** Writes the approval; false when `lease` is no longer the current one. */
  async writeApproval(lease: Lease, approval: string): Promise<boolean> {
    const values = { ...idOf(lease), ':approval': approval };
    return this.#update({ update: 'SET #approval = :approval', condition: IS_OURS, values });
  }

  /** Without a lease; false when it is no longer `before`. */
  async replaceApproval(before: string, after: string): Promise<boolean> {
    const values = { ':before': before, ':after': after };
    return this.#update({ update: 'SET #approval = :after', condition: '#approval = :before', values });
  }

  async #get(): Promise<EnvironmentState | undefined> {
    const item = await this.#table.get(this.#environment, SORT_KEY);
    return item && stateOf(item);
  }

  async #update(update: Update): Promise<boolean> {
    return this.#table.update(this.#environment, SORT_KEY, update);
  }
}

function idOf({ fence, holder }: Lease): { ':fence': number; ':run': string } {
  return { ':fence': fence, ':run': holder.run };
}
