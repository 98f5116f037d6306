import type { Clock } from '../clock.ts';
import { OperatorError } from '../errors.ts';
import { age, list } from '../domain/text.ts';
import type { AcquireResult, Holder, Lease, QueueStatus, RecordedGoal, Store } from '../stores/store.ts';

/** How long to wait for the lease, and whom to notify meanwhile. */
export interface WaitOptions {
  /** Maximum wait in milliseconds; 0: do not wait. */
  readonly ms: number;
  /** When aborted, the run leaves the queue. */
  readonly signal?: AbortSignal;
  /** Called when the holder or the queue changes, and once a minute. */
  readonly onQueueChange?: (status: QueueStatus) => void;
}

export interface AcquiredLease {
  readonly lease: Lease;
  /** When the lease was requested. */
  readonly requestedAt: Instant;
}

/** A time by both clocks: on Linux the monotonic one stops while the machine sleeps, and the other one may be set back. */
export interface Instant {
  readonly monotonic: number;
  readonly now: number;
}

export function instant(clock: Clock): Instant {
  return { monotonic: clock.monotonic(), now: clock.now() };
}

/** A place in the queue expires after this without a renewal, or after the time to live of the lease if that is shorter. */
const PLACE_TTL_MS = 15_000;
/** Poll interval of the first run in the queue; those behind it poll up to `POLL_FACTOR_MAX` times less often. */
const POLL_MS = 500;
const POLL_FACTOR_MAX = 4;
const REMIND_MS = 60_000;

/**
 * Acquires the lease, first come, first served, within `wait.ms`. Rejects with `OperatorError('lease-held')`, which names the
 * holder; with the signal's reason; or with the store's error when the store has failed for a whole time to live.
 */
export async function acquireLease(
  store: Store,
  holder: Holder,
  { ttlMs, clock, wait }: { readonly ttlMs: number; readonly clock: Clock; readonly wait: WaitOptions },
): Promise<AcquiredLease> {
  const queue = new WaitQueue(store, holder, ttlMs, clock, wait);
  try {
    return await queue.acquire();
  } catch (error) {
    // Also releases a lease that was granted in a response that got lost.
    await store.dequeue(holder).catch(() => undefined);
    throw error;
  }
}

class WaitQueue {
  readonly #store: Store;
  readonly #holder: Holder;
  readonly #ttlMs: number;
  readonly #clock: Clock;
  readonly #wait: WaitOptions;
  readonly #startedAt: number;
  #respondedAt: number | undefined;
  #notified = { text: '', at: 0 };

  constructor(store: Store, holder: Holder, ttlMs: number, clock: Clock, wait: WaitOptions) {
    this.#store = store;
    this.#holder = holder;
    this.#ttlMs = ttlMs;
    this.#clock = clock;
    this.#wait = wait;
    this.#startedAt = clock.monotonic();
  }

  async acquire(): Promise<AcquiredLease> {
    for (let limitMs = this.#wait.ms; ;) {
      this.#wait.signal?.throwIfAborted();
      const requestedAt = instant(this.#clock);
      const result = await this.#tryAcquire(limitMs > 0);
      const lease = result && (await this.#ownLease(result));
      if (lease) return { lease, requestedAt };
      if (result && 'queue' in result) {
        // The store can tell whether such a lease has expired only after watching it for its whole time to live.
        if (result.heldBy?.maybeExpired && result.queue.length === 0) limitMs = Math.max(limitMs, 1.2 * this.#ttlMs);
        if (this.#waitedMs() >= limitMs) throw await this.#heldError(result);
        this.#notify(result);
      }
      const place = result && 'queue' in result ? result.queue.length + 1 : 1;
      await this.#pause(place, limitMs);
    }
  }

  /** Undefined when the store fails but has responded within the last time to live. */
  async #tryAcquire(enqueues: boolean): Promise<AcquireResult | undefined> {
    const ttlMs = this.#ttlMs;
    try {
      const placeMs = enqueues ? Math.min(PLACE_TTL_MS, ttlMs) : 0;
      const result = await this.#store.acquire(this.#holder, ttlMs, placeMs);
      this.#respondedAt = this.#clock.monotonic();
      return result;
    } catch (error) {
      if (this.#respondedAt === undefined || this.#clock.monotonic() - this.#respondedAt > ttlMs) throw error;
      return undefined;
    }
  }

  /** Our lease, also when the response that granted it got lost: the lease then names us as its holder. */
  async #ownLease(result: AcquireResult): Promise<Lease | undefined> {
    if ('lease' in result) return result.lease;
    const { heldBy } = result;
    if (!heldBy || JSON.stringify(heldBy.holder) !== JSON.stringify(this.#holder)) return undefined;
    return (await this.#store.renew(heldBy, this.#ttlMs, '')) ? heldBy : undefined;
  }

  #notify(status: QueueStatus): void {
    const text = JSON.stringify([status.heldBy?.fence, status.heldBy?.doing, status.queue]);
    const now = this.#clock.monotonic();
    if (text === this.#notified.text && now - this.#notified.at < REMIND_MS) return;
    this.#notified = { text, at: now };
    this.#wait.onQueueChange?.(status);
  }

  async #pause(place: number, limitMs: number): Promise<void> {
    const intervalMs = Math.min(POLL_MS, this.#ttlMs / 20) * Math.min(place, POLL_FACTOR_MAX);
    const leftMs = Math.max(1, limitMs - this.#waitedMs());
    await this.#clock.sleep(Math.min(intervalMs, leftMs), this.#wait.signal);
  }

  #waitedMs(): number {
    return this.#clock.monotonic() - this.#startedAt;
  }

  async #heldError(status: QueueStatus): Promise<OperatorError> {
    const goal = await this.#store.goal().catch(() => undefined);
    const waited = this.#wait.ms > 0 ? `Waited for ${age(this.#waitedMs() / 1000)}. ` : '';
    return leaseHeld(status, goal && 'goal' in goal ? goal : undefined, waited, this.#clock.now());
  }
}

function leaseHeld(
  { heldBy, queue }: QueueStatus,
  goal: RecordedGoal | undefined,
  waited: string,
  now: number,
): OperatorError {
  const others = list(queue.map(holderName), 3);
  if (!heldBy) {
    const message = `${waited}No lease is held, but other runs are ahead in the queue: ${others}.`;
    return new OperatorError('lease-held', message, { next: WAIT });
  }
  const { holder, doing, expiresAt } = heldBy;
  const steps = goal?.goal.run === holder.run ? `; ${goal.stepsDone} of ${goal.stepsAll} steps are done` : '';
  const at = doing === '' ? '' : ` Current step: ${doing}.`;
  const behind = queue.length === 0 ? '' : ` In the queue: ${others}.`;
  const since = age((now - Date.parse(holder.since)) / 1000);
  const message = `${waited}Another run holds the lease: ${holderName(holder)} on ${holder.host} (process ${holder.pid}), for ${since}${steps}.${at}${behind}`;
  const left = Math.max(1, Math.ceil((expiresAt - now) / 1000));
  return new OperatorError('lease-held', message, {
    next: [
      ...WAIT,
      `If that process has ended, the lease expires in at most ${left} s.`,
      'If it hangs, `turnout unlock` releases its lease.',
    ],
  });
}

const WAIT = ['`--wait 15m` waits for the lease.', '`turnout lock` shows the holder of the lease and the queue.'];

/** `promote of release 42, by alice@ci`. */
export function holderName({ verb, release, who }: Holder): string {
  return `${release === undefined ? verb : `${verb} of release ${release}`}, by ${who}`;
}
