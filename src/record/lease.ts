import type { Clock } from '../clock.ts';
import { ExitCode, messageOf, OperatorError } from '../errors.ts';
import type { Holder, Lease, Store } from '../stores/store.ts';
import { acquireLease, instant, type Instant, type LeaseWait } from './wait-queue.ts';

/** A lease while it is held; renewed by itself. */
export interface HeldLease {
  readonly lease: Lease;
  /** Aborted with the `lease-lost` error as soon as the loss is noticed. */
  readonly lost: AbortSignal;
  /**
   * To be awaited before every request that changes AWS: at most one round trip to the store, mostly none. Rejects with
   * `OperatorError('lease-lost')` once the lease is not surely ours, and from then on always.
   */
  check(): Promise<void>;
  /** Tells others what is done now, as a sentence, and what comes next. Rejects like `check`. */
  doing(sentence: string, next?: string): Promise<void>;
  /** Ends the renewals and gives the lease back; to be called in a `finally`. @returns for how many milliseconds others may have had it by now */
  release(): Promise<number>;
}

/** Parts of the time to live: how often it is renewed, how old a confirmation `check` takes, and when it is too old to be ours. */
const RENEW = 1 / 3;
export const FRESH = 1 / 10;
const STALE = 9 / 10;

export interface Holding {
  readonly ttlMs: number;
  readonly clock: Clock;
  /** Absent: a lease that another has is refused at once. */
  readonly wait?: LeaseWait;
}

/**
 * Takes the lease of the store's environment, and waits for it where asked to. Rejects with `OperatorError('lease-held')`,
 * which says who has it, when somebody else does.
 */
export async function holdLease(store: Store, holder: Holder, { ttlMs, clock, wait }: Holding): Promise<HeldLease> {
  const { lease, asked } = await acquireLease(store, holder, { ttlMs, clock, wait: wait ?? { ms: 0 } });
  return new LeaseRenewer(store, lease, ttlMs, clock, asked);
}

class LeaseRenewer implements HeldLease {
  readonly lease: Lease;
  readonly #store: Store;
  readonly #ttlMs: number;
  readonly #clock: Clock;
  readonly #lost = new AbortController();
  readonly #over = new AbortController();
  /** When the last confirmed renewal was asked for: by the store's clock the lease expires a whole time to live after it. */
  #confirmed: Instant;
  #sentence: readonly [doing: string, next: string] = ['', ''];
  #renewing: Promise<void> | undefined;
  /** What the store said to the last attempt at renewing it. */
  #trouble: unknown;

  constructor(store: Store, lease: Lease, ttlMs: number, clock: Clock, asked: Instant) {
    this.lease = lease;
    this.#store = store;
    this.#ttlMs = ttlMs;
    this.#clock = clock;
    this.#confirmed = asked;
    // Ends when `release` interrupts its sleep, or with the loss that `lost` tells of.
    this.#beat().catch(() => undefined);
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async check(): Promise<void> {
    if (this.#over.signal.aborted) throw leaseLost(this.lease.holder, 'it was given back');
    this.#notice();
    if (this.#age() > FRESH * this.#ttlMs) await this.#renew();
    this.lost.throwIfAborted();
  }

  async doing(sentence: string, next = ''): Promise<void> {
    this.#sentence = [sentence, next];
    // One that is under way carries the sentence before.
    if (this.#renewing) await this.#inTime(this.#renewing);
    await this.#renew();
    this.lost.throwIfAborted();
  }

  async release(): Promise<number> {
    this.#over.abort();
    if (this.#renewing) await this.#inTime(this.#renewing);
    this.#notice();
    const surelyOurs = this.lost.aborted ? this.#confirmed : instant(this.#clock);
    // What cannot be given back expires; the error that ended the run is the one to be told.
    await this.#store.release(this.lease).catch(() => undefined);
    return this.#since(surelyOurs);
  }

  async #beat(): Promise<void> {
    while (!this.lost.aborted) {
      await this.#clock.sleep(RENEW * this.#ttlMs, this.#over.signal, { ref: false });
      await this.#renew();
    }
  }

  async #renew(): Promise<void> {
    this.#notice();
    if (this.lost.aborted || this.#over.signal.aborted) return;
    this.#renewing ??= this.#ask().finally(() => (this.#renewing = undefined));
    await this.#inTime(this.#renewing);
    this.#notice();
  }

  async #ask(): Promise<void> {
    const began = instant(this.#clock);
    // A store that fails for a moment takes nothing away: `#notice` says when it has lasted too long.
    const ours = await this.#store
      .renew(this.lease, this.#ttlMs, ...this.#sentence)
      .catch((error: unknown) => void (this.#trouble = error));
    if (ours === true) {
      this.#confirmed = began;
      this.#trouble = undefined;
    }
    if (ours === false) this.#lose('another run has taken it, or the store has forgotten it');
  }

  /** Waits for an answer of the store, but no longer than the lease is surely ours. */
  async #inTime(answer: Promise<void>): Promise<void> {
    const answered = new AbortController();
    const left = Math.max(0, STALE * this.#ttlMs - this.#age());
    const tooLate = this.#clock.sleep(left + 1, answered.signal, { ref: false }).catch(() => undefined);
    await Promise.race([answer, tooLate]);
    answered.abort();
  }

  #notice(): void {
    const age = this.#age();
    if (age <= STALE * this.#ttlMs) return;
    const why = this.#trouble === undefined ? '' : ` ${messageOf(this.#trouble)}`;
    this.#lose(`it could not be renewed for ${Math.round(age / 1000)} s, and others may have it by now.${why}`);
  }

  #lose(why: string): void {
    if (!this.lost.aborted) this.#lost.abort(leaseLost(this.lease.holder, why));
  }

  #age(): number {
    return this.#since(this.#confirmed);
  }

  #since({ monotonic, now }: Instant): number {
    return Math.max(this.#clock.monotonic() - monotonic, this.#clock.now() - now);
  }
}

function leaseLost({ verb, release }: Holder, why: string): OperatorError {
  const said = /[.!?]$/.test(why) ? why : `${why}.`;
  return new OperatorError('lease-lost', `The lease was lost: ${said} Stopped before the next change.`, {
    exitCode: ExitCode.leaseLost,
    next: [
      '`turnout status` shows who has the lease and how things stand.',
      `Once nobody has it: \`turnout resume\` goes on with ${verb}${release === undefined ? '' : ` of ${release}`}.`,
    ],
  });
}
