import type { Clock } from '../clock.ts';
import { ExitCode, messageOf, OperatorError } from '../errors.ts';
import type { Holder, Lease, Store } from '../stores/store.ts';
import { acquireLease, instant, type Instant, type WaitOptions } from './wait-queue.ts';

/** A held lease, renewed in the background. */
export interface HeldLease {
  readonly lease: Lease;
  /** Aborted with the `lease-lost` error as soon as the loss is detected. */
  readonly lost: AbortSignal;
  /**
   * Must be awaited before every request that changes AWS. At most one round trip to the store, usually none. Rejects with
   * `OperatorError('lease-lost')` as soon as the lease may have expired, and always after that.
   */
  check(): Promise<void>;
  /** Publishes the current and the next step, as sentences. Rejects like `check`. */
  doing(sentence: string, next?: string): Promise<void>;
  /** Stops the renewals and releases the lease; must be called in a `finally`. @returns for how many milliseconds another run may have held it by now */
  release(): Promise<number>;
}

/** Fractions of the time to live: the interval of renewals, how old a renewal `check` accepts, and when the lease counts as expired. */
const RENEW_INTERVAL = 1 / 3;
export const CHECK_MAX_AGE = 1 / 10;
const EXPIRY_AGE = 9 / 10;

export interface HoldOptions {
  readonly ttlMs: number;
  readonly clock: Clock;
  /** Absent: fails at once when the lease is held. */
  readonly wait?: WaitOptions;
}

/**
 * Acquires the lease of the store's environment, after waiting for it if `wait` is given.
 * @throws OperatorError `lease-held`, which names the holder
 */
export async function holdLease(store: Store, holder: Holder, { ttlMs, clock, wait }: HoldOptions): Promise<HeldLease> {
  const { lease, requestedAt } = await acquireLease(store, holder, { ttlMs, clock, wait: wait ?? { ms: 0 } });
  return new LeaseRenewer(store, lease, ttlMs, clock, requestedAt);
}

class LeaseRenewer implements HeldLease {
  readonly lease: Lease;
  readonly #store: Store;
  readonly #ttlMs: number;
  readonly #clock: Clock;
  readonly #lost = new AbortController();
  readonly #released = new AbortController();
  /** When the last successful renewal was sent: by the store's clock the lease expires at least one time to live after it. */
  #renewedAt: Instant;
  #steps: readonly [doing: string, next: string] = ['', ''];
  #renewing: Promise<void> | undefined;
  /** Error of the last renewal, if it failed. */
  #lastError: unknown;

  constructor(store: Store, lease: Lease, ttlMs: number, clock: Clock, requestedAt: Instant) {
    this.lease = lease;
    this.#store = store;
    this.#ttlMs = ttlMs;
    this.#clock = clock;
    this.#renewedAt = requestedAt;
    // Ends when `release` interrupts its sleep, or when the lease is lost, which `lost` reports.
    this.#heartbeat().catch(() => undefined);
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async check(): Promise<void> {
    if (this.#released.signal.aborted) throw leaseLost(this.lease.holder, 'it was released');
    this.#checkExpiry();
    if (this.#age() > CHECK_MAX_AGE * this.#ttlMs) await this.#renew();
    this.lost.throwIfAborted();
  }

  async doing(sentence: string, next = ''): Promise<void> {
    this.#steps = [sentence, next];
    // A renewal in flight still carries the previous step.
    if (this.#renewing) await this.#untilExpiry(this.#renewing);
    await this.#renew();
    this.lost.throwIfAborted();
  }

  async release(): Promise<number> {
    this.#released.abort();
    if (this.#renewing) await this.#untilExpiry(this.#renewing);
    this.#checkExpiry();
    const lastHeld = this.lost.aborted ? this.#renewedAt : instant(this.#clock);
    // A lease that cannot be released expires. An error here must not hide the one that ended the run.
    await this.#store.release(this.lease).catch(() => undefined);
    return this.#since(lastHeld);
  }

  async #heartbeat(): Promise<void> {
    while (!this.lost.aborted) {
      await this.#clock.sleep(RENEW_INTERVAL * this.#ttlMs, this.#released.signal, { ref: false });
      await this.#renew();
    }
  }

  async #renew(): Promise<void> {
    this.#checkExpiry();
    if (this.lost.aborted || this.#released.signal.aborted) return;
    this.#renewing ??= this.#sendRenewal().finally(() => (this.#renewing = undefined));
    await this.#untilExpiry(this.#renewing);
    this.#checkExpiry();
  }

  async #sendRenewal(): Promise<void> {
    const sentAt = instant(this.#clock);
    // A short outage of the store does not lose the lease: `#checkExpiry` decides when it has failed for too long.
    const renewed = await this.#store
      .renew(this.lease, this.#ttlMs, ...this.#steps)
      .catch((error: unknown) => void (this.#lastError = error));
    if (renewed === true) {
      this.#renewedAt = sentAt;
      this.#lastError = undefined;
    }
    if (renewed === false) this.#lose('another run has taken it over, or the store no longer has it');
  }

  /** Waits for a response of the store, but not beyond the expiry of the lease. */
  async #untilExpiry(answer: Promise<void>): Promise<void> {
    const answered = new AbortController();
    const leftMs = Math.max(0, EXPIRY_AGE * this.#ttlMs - this.#age());
    const expiry = this.#clock.sleep(leftMs + 1, answered.signal, { ref: false }).catch(() => undefined);
    await Promise.race([answer, expiry]);
    answered.abort();
  }

  #checkExpiry(): void {
    const age = this.#age();
    if (age <= EXPIRY_AGE * this.#ttlMs) return;
    const why = this.#lastError === undefined ? '' : ` ${messageOf(this.#lastError)}`;
    this.#lose(`it could not be renewed for ${Math.round(age / 1000)} s, so another run may hold it by now.${why}`);
  }

  #lose(why: string): void {
    if (!this.lost.aborted) this.#lost.abort(leaseLost(this.lease.holder, why));
  }

  #age(): number {
    return this.#since(this.#renewedAt);
  }

  #since({ monotonic, now }: Instant): number {
    return Math.max(this.#clock.monotonic() - monotonic, this.#clock.now() - now);
  }
}

function leaseLost({ verb, release }: Holder, why: string): OperatorError {
  const reason = /[.!?]$/.test(why) ? why : `${why}.`;
  return new OperatorError('lease-lost', `The lease was lost: ${reason} Stopped before the next change.`, {
    exitCode: ExitCode.leaseLost,
    next: [
      '`turnout status` shows who holds the lease and the state of the environment.',
      `Once no lease is held, \`turnout resume\` continues ${verb}${release === undefined ? '' : ` of ${release}`}.`,
    ],
  });
}
