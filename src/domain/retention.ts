import { isIn } from './roles.ts';
import { dnsOf } from './routes.ts';
import { hasServed, leftAt } from './shares.ts';
import type { Fleet, Snapshot } from './snapshot.ts';
import { count, duration } from './text.ts';
import type { ResidualLimits } from './traffic.ts';

/**
 * How long a fleet is kept once production has left it: for a while, and as long as there is residual traffic. Some resolvers and
 * clients ignore TTLs, and still come to the fleet before.
 */

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

/** Requests that reached the fleet's pools lately, of those counted; undefined when it is in no pool that DNS has left. */
export function residualRequests(
  snapshot: Snapshot,
  fleet: Fleet,
  requests: Readonly<Record<string, number>> = {},
): number | undefined {
  const own = snapshot.pools.filter((pool) => pool.role === 'test' && isIn(pool, fleet));
  if (own.length === 0) return undefined;
  return own.reduce((sum, { name }) => sum + (requests[name] ?? 0), 0);
}

/** Why the fleet must stay for requests that still reach it by DNS answers of before; undefined when there are few enough, or it never served. */
export function residualTrafficProblem(snapshot: Snapshot, fleet: Fleet, { most }: ResidualLimits): string | undefined {
  if (!hasServed(fleet) || residualRequests(snapshot, fleet) === undefined) return undefined;
  const { residual } = dnsOf(snapshot);
  const unknown = `It is not known which requests still come to ${fleet.release}`;
  if (residual.state === 'not-asked') return `${unknown}.`;
  if (residual.state === 'unreadable') return `${unknown}: ${residual.why}`;
  const requests = residualRequests(snapshot, fleet, residual.requests) ?? 0;
  if (requests <= most) return undefined;
  return `${count(requests, 'request')} came to ${fleet.release} in the last ${duration(residual.withinS)}, from resolvers or clients that have not looked its names up again.`;
}
