import type { Fleet, Snapshot } from './snapshot.ts';
import { retainedUntil } from './shares.ts';
import { duration } from './text.ts';

/** Why the fleet must still run: requests of production may be on their way to it. */
export function retentionProblem(snapshot: Snapshot, fleet: Fleet): string | undefined {
  const until = retainedUntil(snapshot, fleet);
  if (until === undefined) return `It is not known when production has left ${fleet.release}.`;
  if (snapshot.at >= until) return undefined;
  const retentionS = snapshot.routing?.holdS ?? 0;
  const passed = retentionS - (until - snapshot.at) / 1000;
  return `Production has left ${fleet.release} ${duration(passed)} ago, and requests may still be on their way: it is kept for ${duration(retentionS)}.`;
}
