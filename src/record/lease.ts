import type { Clock } from '../clock.ts';
import { ExitCode, OperatorError } from '../errors.ts';
import type { Holder, Lease, Store } from '../stores/store.ts';

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
  /** Tells others what is done now, as a sentence. Rejects like `check`. */
  doing(sentence: string): Promise<void>;
  /** Ends the renewals and gives the lease back; to be called in a `finally`. */
  release(): Promise<void>;
}

/** Parts of the time to live: how often it is renewed, how old a confirmation `check` takes, and when it is too old to be ours. */
const RENEW = 1 / 3;
const FRESH = 1 / 10;
const STALE = 9 / 10;

/**
 * Takes the lease of the store's environment. Rejects with `OperatorError('lease-held')`, which says who has it, when
 * somebody else does.
 */
export async function holdLease(
  store: Store,
  holder: Holder,
  { ttlMs, clock }: { readonly ttlMs: number; readonly clock: Clock },
): Promise<HeldLease> {
  const asked = instant(clock);
  const acquired = await store.acquire(holder, ttlMs);
  if ('heldBy' in acquired) throw leaseHeld(acquired.heldBy, clock.now());
  return keep(store, acquired.lease, ttlMs, clock, asked);
}

/** Both clocks: the monotonic one stands still while a machine sleeps (Linux), the other one may be set back. */
interface Instant {
  readonly monotonic: number;
  readonly now: number;
}

function instant(clock: Clock): Instant {
  return { monotonic: clock.monotonic(), now: clock.now() };
}

function ageOf(clock: Clock, since: Instant): number {
  return Math.max(clock.monotonic() - since.monotonic, clock.now() - since.now);
}

function keep(store: Store, lease: Lease, ttlMs: number, clock: Clock, asked: Instant): HeldLease {
  // When the last confirmed renewal was asked for: the store's expiry counts from then or later.
  let confirmed = asked;
  let sentence = '';
  let renewing: Promise<void> | undefined;
  const lost = new AbortController();
  const over = new AbortController();
  const lose = (why: string) => lost.abort(lost.signal.reason ?? leaseLost(lease.holder, why));

  const notice = (): void => {
    const age = ageOf(clock, confirmed);
    if (age > STALE * ttlMs)
      lose(`it could not be renewed for ${Math.round(age / 1000)} s, and others may have it by now`);
  };
  const renewOnce = async (): Promise<void> => {
    const began = instant(clock);
    // A store that cannot be reached for a moment takes nothing away: `notice` says when it has lasted too long.
    const ours = await store.renew(lease, ttlMs, sentence).catch(() => undefined);
    if (ours === true) confirmed = began;
    if (ours === false) lose('another run has taken it');
  };
  const renew = async (): Promise<void> => {
    notice();
    if (lost.signal.aborted || over.signal.aborted) return;
    renewing ??= renewOnce().finally(() => (renewing = undefined));
    await renewing;
    notice();
  };
  const confirm = async (oldest: number): Promise<void> => {
    notice();
    if (ageOf(clock, confirmed) > oldest) await renew();
    lost.signal.throwIfAborted();
  };
  const beat = async (): Promise<void> => {
    while (!lost.signal.aborted) {
      await clock.sleep(RENEW * ttlMs, over.signal, { ref: false });
      await renew();
    }
  };
  // Ends only when `release` interrupts its sleep, or with the loss that `lost` tells of.
  beat().catch(() => undefined);

  return {
    lease,
    lost: lost.signal,
    check: () => confirm(FRESH * ttlMs),
    doing: async (text) => {
      sentence = text;
      await renewing;
      await renew();
      lost.signal.throwIfAborted();
    },
    release: async () => {
      over.abort();
      await renewing;
      if (!lost.signal.aborted) await store.release(lease);
    },
  };
}

function leaseLost({ verb, release }: Holder, why: string): OperatorError {
  return new OperatorError('lease-lost', `The lease was lost: ${why}. Stopped before the next change.`, {
    exitCode: ExitCode.leaseLost,
    next: [
      '`turnout status` shows who has the lease and how things stand.',
      `Once nobody has it: \`turnout resume\` goes on with ${verb}${release === undefined ? '' : ` of ${release}`}.`,
    ],
  });
}

function leaseHeld({ holder, doing, expiresAt }: Lease, now: number): OperatorError {
  const { who, host, pid, verb, release, since } = holder;
  const what = release === undefined ? verb : `${verb} of release ${release}`;
  const at = doing === '' ? '' : ` It is doing this now: ${doing}.`;
  const left = Math.max(1, Math.ceil((expiresAt - now) / 1000));
  return new OperatorError(
    'lease-held',
    `Another run has the lease: ${what}, by ${who} on ${host} (process ${pid}), since ${since}.${at}`,
    {
      next: [
        'Wait until it has ended, then try again.',
        '`turnout status` shows what it is doing.',
        `If that process is gone, the lease is free in ${left} s at the latest.`,
      ],
    },
  );
}
