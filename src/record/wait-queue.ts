import type { Clock } from '../clock.ts';
import { OperatorError } from '../errors.ts';
import { age, list } from '../domain/text.ts';
import type { Acquired, Ahead, Holder, Lease, RecordedGoal, Store } from '../stores/store.ts';

/** How long one is ready to wait for the lease, and who wants to know of it. */
export interface LeaseWait {
  /** At most; 0: not at all. */
  readonly ms: number;
  /** Aborted when it waits no longer: it leaves the queue then. */
  readonly signal?: AbortSignal;
  /** Told of who is before this run, whenever that has changed, and once a minute. */
  readonly onPlace?: (ahead: Ahead) => void;
}

export interface AcquiredLease {
  readonly lease: Lease;
  /** When it was asked for, by both clocks of `clock.ts`. */
  readonly asked: Instant;
}

/** Both clocks: the monotonic one stands still while a machine sleeps (Linux), the other one may be set back. */
export interface Instant {
  readonly monotonic: number;
  readonly now: number;
}

export function instant(clock: Clock): Instant {
  return { monotonic: clock.monotonic(), now: clock.now() };
}

/** A place that nobody asks for any more is free after this, or after the time to live where that is shorter. */
const PLACE_MS = 15_000;
/** The next one asks that often, others more seldom. */
const POLL_MS = 500;
const POLL_SLOWEST = 4;
const REMIND_MS = 60_000;

/**
 * Waits for its turn, first come, first served, for as long as it is ready to. Rejects with `OperatorError('lease-held')`,
 * which says who is before it; with the signal's reason; or when the store has failed for a whole time to live.
 */
export async function acquireLease(
  store: Store,
  holder: Holder,
  { ttlMs, clock, wait }: { readonly ttlMs: number; readonly clock: Clock; readonly wait: LeaseWait },
): Promise<AcquiredLease> {
  const turn = new Waiter(store, holder, ttlMs, clock, wait);
  try {
    return await turn.come();
  } catch (error) {
    // Also a lease that it was given in an answer that never came.
    await store.leave(holder).catch(() => undefined);
    throw error;
  }
}

class Waiter {
  readonly #store: Store;
  readonly #holder: Holder;
  readonly #ttlMs: number;
  readonly #clock: Clock;
  readonly #wait: LeaseWait;
  readonly #begun: number;
  #answered: number | undefined;
  #told = { text: '', at: 0 };

  constructor(store: Store, holder: Holder, ttlMs: number, clock: Clock, wait: LeaseWait) {
    this.#store = store;
    this.#holder = holder;
    this.#ttlMs = ttlMs;
    this.#clock = clock;
    this.#wait = wait;
    this.#begun = clock.monotonic();
  }

  async come(): Promise<AcquiredLease> {
    for (let limitMs = this.#wait.ms; ;) {
      this.#wait.signal?.throwIfAborted();
      const asked = instant(this.#clock);
      const acquired = await this.#ask(limitMs > 0);
      const lease = acquired && (await this.#ours(acquired));
      if (lease) return { lease, asked };
      if (acquired && 'queue' in acquired) {
        // It may well be over: the store can only tell when it has been watched for as long as a lease lives.
        if (acquired.heldBy?.doubtful && acquired.queue.length === 0) limitMs = Math.max(limitMs, 1.2 * this.#ttlMs);
        if (this.#waitedMs() >= limitMs) throw await this.#refusal(acquired);
        this.#tell(acquired);
      }
      const place = acquired && 'queue' in acquired ? acquired.queue.length + 1 : 1;
      await this.#pause(place, limitMs);
    }
  }

  /** Undefined while the store fails, as long as that does not last. */
  async #ask(waits: boolean): Promise<Acquired | undefined> {
    const [holder, ttlMs] = [this.#holder, this.#ttlMs];
    try {
      const placeMs = Math.min(PLACE_MS, ttlMs);
      const answer = await (waits ? this.#store.enqueue(holder, ttlMs, placeMs) : this.#store.acquire(holder, ttlMs));
      this.#answered = this.#clock.monotonic();
      return answer;
    } catch (error) {
      if (this.#answered === undefined || this.#clock.monotonic() - this.#answered > ttlMs) throw error;
      return undefined;
    }
  }

  /** Ours, also where an answer was lost: then the lease is in our own name. */
  async #ours(acquired: Acquired): Promise<Lease | undefined> {
    if ('lease' in acquired) return acquired.lease;
    const { heldBy } = acquired;
    if (!heldBy || JSON.stringify(heldBy.holder) !== JSON.stringify(this.#holder)) return undefined;
    return (await this.#store.renew(heldBy, this.#ttlMs, '')) ? heldBy : undefined;
  }

  #tell(ahead: Ahead): void {
    const text = JSON.stringify([ahead.heldBy?.fence, ahead.heldBy?.doing, ahead.queue]);
    const now = this.#clock.monotonic();
    if (text === this.#told.text && now - this.#told.at < REMIND_MS) return;
    this.#told = { text, at: now };
    this.#wait.onPlace?.(ahead);
  }

  async #pause(place: number, limitMs: number): Promise<void> {
    const often = Math.min(POLL_MS, this.#ttlMs / 20) * Math.min(place, POLL_SLOWEST);
    const left = Math.max(1, limitMs - this.#waitedMs());
    await this.#clock.sleep(Math.min(often, left), this.#wait.signal);
  }

  #waitedMs(): number {
    return this.#clock.monotonic() - this.#begun;
  }

  async #refusal(ahead: Ahead): Promise<OperatorError> {
    const goal = await this.#store.goal().catch(() => undefined);
    const waited = this.#wait.ms > 0 ? `Waited for ${age(this.#waitedMs() / 1000)}. ` : '';
    return leaseHeld(ahead, goal, waited, this.#clock.now());
  }
}

function leaseHeld(
  { heldBy, queue }: Ahead,
  goal: RecordedGoal | undefined,
  waited: string,
  now: number,
): OperatorError {
  const others = list(queue.map(holderName), 3);
  if (!heldBy) {
    const message = `${waited}The lease is free, but others wait for it and come first: ${others}.`;
    return new OperatorError('lease-held', message, { next: WAIT });
  }
  const { holder, doing, expiresAt } = heldBy;
  const steps = goal?.goal.run === holder.run ? `; ${goal.stepsDone} of ${goal.stepsAll} steps are done` : '';
  const at = doing === '' ? '' : ` It is doing this now: ${doing}.`;
  const behind = queue.length === 0 ? '' : ` Waiting for it: ${others}.`;
  const since = age((now - Date.parse(holder.since)) / 1000);
  const message = `${waited}Another run has the lease: ${holderName(holder)} on ${holder.host} (process ${holder.pid}), for ${since}${steps}.${at}${behind}`;
  const left = Math.max(1, Math.ceil((expiresAt - now) / 1000));
  return new OperatorError('lease-held', message, {
    next: [
      ...WAIT,
      `If that process is gone, the lease is free in ${left} s at the latest.`,
      'If it hangs, `turnout unlock` takes the lease away from it.',
    ],
  });
}

const WAIT = ['`--wait 15m` waits for its turn.', '`turnout lock` shows who has the lease, and who waits for it.'];

/** `promote of release 42, by alice@ci`. */
export function holderName({ verb, release, who }: Holder): string {
  return `${release === undefined ? verb : `${verb} of release ${release}`}, by ${who}`;
}
