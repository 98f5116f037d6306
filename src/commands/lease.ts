import { hostname } from 'node:os';
import { badValue } from '../../tasks/options.ts';
import { parseDuration } from '../domain/amount.ts';
import { holdLease, type HeldLease } from '../record/lease.ts';
import type { RunAhead } from '../run/event.ts';
import type { QueueStatus, Holder } from '../stores/store.ts';
import { systemClock } from '../clock.ts';
import type { Args } from './command.ts';
import type { Context } from './context.ts';

/** This process, as the lease describes it to others. */
export function holderOf({ run, who, ports }: Context, verb: string, release?: string): Holder {
  return {
    run,
    who,
    host: hostname(),
    pid: process.pid,
    verb,
    since: new Date(ports.clock.now()).toISOString(),
    ...(release !== undefined && { release }),
  };
}

/** Takes the lease, or waits for it as long as `--wait` says. */
export async function takeLease(
  context: Context,
  holder: Holder,
  { waitMs, signal }: { readonly waitMs: number; readonly signal: AbortSignal },
): Promise<HeldLease> {
  const { store, config, view } = context;
  const onQueueChange = (status: QueueStatus): void => view.emit({ type: 'queued', ...placeOf(status) });
  const wait = { ms: waitMs, signal, onQueueChange };
  return holdLease(store, holder, { ttlMs: config.store.ttlMs, clock: systemClock, wait });
}

function placeOf({ heldBy, queue }: QueueStatus): { place: number; ahead: readonly RunAhead[] } {
  const doing = heldBy?.maybeExpired
    ? 'no heartbeat for a while; watching whether the run has ended'
    : (heldBy?.doing ?? '');
  const holds = heldBy ? [runAhead(heldBy.holder, true, doing)] : [];
  return { place: queue.length + 1, ahead: [...holds, ...queue.map((holder) => runAhead(holder, false, ''))] };
}

function runAhead({ run, verb, release, who, since }: Holder, holds: boolean, doing: string): RunAhead {
  return { run, verb, ...(release === undefined ? {} : { release }), who, since, holds, doing };
}

/** Milliseconds to wait for the lease; 0 without the option, and for `cleanup --wait` without a time. */
export function waitOf(args: Args): number {
  const given = args['wait'];
  if (given === undefined || given === '' || typeof given === 'boolean') return 0;
  const ms = typeof given === 'string' ? parseDuration(given) : undefined;
  if (ms !== undefined && ms > 0) return ms;
  throw badValue('--wait', 'a duration greater than zero', given, '90s', '15m', '1h');
}
