import { hasServed, leftAt } from './shares.ts';
import type { Fleet, Snapshot } from './snapshot.ts';
import { duration } from './text.ts';

/** How long a fleet is kept once production has left it. */

/**
 * Milliseconds since the epoch until which the fleet must stay as it is, `retentionS` seconds after production has left it;
 * undefined when it is not known when that was. A retention of 0 keeps nothing.
 */
export function retainedUntil(snapshot: Snapshot, fleet: Fleet, retentionS: number): number | undefined {
  if (retentionS === 0 || !hasServed(fleet)) return 0;
  const left = leftAt(snapshot, fleet);
  return left === undefined ? undefined : Date.parse(left) + retentionS * 1000;
}

/** Why the fleet must not be terminated yet: requests of production may still be on their way to it. */
export function retentionProblem(snapshot: Snapshot, fleet: Fleet, retentionS: number): string | undefined {
  const until = retainedUntil(snapshot, fleet, retentionS);
  if (until === undefined) return `It is not known when production has left ${fleet.release}.`;
  if (snapshot.at >= until) return undefined;
  const passed = retentionS - (until - snapshot.at) / 1000;
  return `Production has left ${fleet.release} ${duration(passed)} ago, and requests may still be on their way: it is kept for ${duration(retentionS)}.`;
}
