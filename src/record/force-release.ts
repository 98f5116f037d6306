import type { Clock } from '../clock.ts';
import type { Holder, Lease, Store } from '../stores/store.ts';
import { CHECK_MAX_AGE } from './lease.ts';

/**
 * Takes over the lease and releases it, but only if it is still the lease `seen` (compare and set). The lease is held for as long
 * as the former holder may rely on its last check, so that no other run changes anything in that time.
 * @param message for the journal
 * @returns false when another lease has been given out since; then nothing changes
 */
export async function forceRelease(
  store: Store,
  { holder, seen, message }: { readonly holder: Holder; readonly seen: Lease; readonly message: string },
  { ttlMs, clock }: { readonly ttlMs: number; readonly clock: Clock },
): Promise<boolean> {
  const lease = await store.takeOver(holder, ttlMs, seen);
  if (lease === undefined) return false;
  try {
    const { run, verb, who, host, since } = holder;
    await clock.sleep(CHECK_MAX_AGE * ttlMs);
    const until = new Date(clock.now()).toISOString();
    await store.log({ run, verb, who, host, since, until, outcome: 'done', message, awsRequests: 0 });
    return true;
  } finally {
    await store.release(lease);
  }
}
