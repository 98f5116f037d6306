import type { Clock } from '../clock.ts';
import type { Holder, Lease, Store } from '../stores/store.ts';
import { FRESH } from './lease.ts';

/**
 * Takes the lease away from whoever has it, and frees it. Compares and sets: what is taken is what was seen. It is kept for as
 * long as its former holder may still believe that it has it, so that nobody else changes anything in that time.
 * @param message for the journal
 * @returns false when the lease is no longer the one that was seen; then nothing was taken
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
    await clock.sleep(FRESH * ttlMs);
    const until = new Date(clock.now()).toISOString();
    await store.log({ run, verb, who, host, since, until, outcome: 'done', message, awsRequests: 0 });
    return true;
  } finally {
    await store.release(lease);
  }
}
