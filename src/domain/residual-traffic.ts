import { isIn } from './roles.ts';
import { hasServed } from './shares.ts';
import type { Fleet, Snapshot } from './snapshot.ts';
import { count, duration } from './text.ts';

/** Residual traffic after a switch of names: some resolvers and clients ignore TTLs, and still come to the fleet before. */

/** Requests that came to the fleet's pools lately; undefined when it is in none that names have left. */
export function residualRequests(snapshot: Snapshot, fleet: Fleet): number | undefined {
  const own = snapshot.pools.filter((pool) => pool.role === 'test' && isIn(pool, fleet));
  if (own.length === 0) return undefined;
  return own.reduce((sum, { name }) => sum + (snapshot.tail?.requests[name] ?? 0), 0);
}

/** Why the fleet must stay for requests that still come to it; undefined when they are few enough, or it never served. */
export function residualTrafficProblem(snapshot: Snapshot, fleet: Fleet): string | undefined {
  const { routing, tail } = snapshot;
  const requests = residualRequests(snapshot, fleet);
  if (routing?.names === undefined || requests === undefined || !hasServed(fleet)) return undefined;
  if (tail === undefined) return `It is not known which requests still come to ${fleet.release}.`;
  if (tail.unknown !== undefined)
    return `It is not known which requests still come to ${fleet.release}: ${tail.unknown}`;
  if (requests <= tail.most) return undefined;
  return `${count(requests, 'request')} came to ${fleet.release} in the last ${duration(tail.withinS)}, from resolvers or clients that have not looked its names up again.`;
}
