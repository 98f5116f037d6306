import { targetsOf } from './roles.ts';
import { routesOf } from './routes.ts';
import { hasServed, leftAt } from './shares.ts';
import type { Fleet, Snapshot } from './snapshot.ts';
import { count, duration } from './text.ts';
import type { ResidualLimits, ResidualTraffic } from './traffic.ts';

/**
 * How long a fleet is kept once production has left it: for a while, and as long as there is residual traffic. Some resolvers and
 * clients ignore TTLs, and still come to the fleet before; and the cookie of a sticky rule overrides its weights.
 */

/**
 * Milliseconds since the epoch until which the fleet must stay as it is, `retentionS` seconds after production has left it;
 * undefined when it is not known when that was. A retention of 0 keeps nothing. What this run has seen counts as much as what was
 * recorded: a share that was given and taken back by hand is recorded nowhere.
 */
export function retainedUntil(snapshot: Snapshot, fleet: Fleet, retentionS: number): number | undefined {
  const seen = seenAt(snapshot, fleet);
  if (retentionS === 0 || (seen === undefined && !hasServed(fleet))) return 0;
  const left = leftAt(snapshot, fleet);
  if (hasServed(fleet) && left === undefined) return undefined;
  return Math.max(seen ?? 0, left === undefined ? 0 : Date.parse(left)) + retentionS * 1000;
}

/** When this run has last seen it serve, in milliseconds since the epoch. */
function seenAt({ served }: Snapshot, { id }: Fleet): number | undefined {
  return served?.[id];
}

/** Why the fleet must not be terminated yet: requests of production may still be on their way to it. */
export function retentionProblem(snapshot: Snapshot, fleet: Fleet, retentionS: number): string | undefined {
  const until = retainedUntil(snapshot, fleet, retentionS);
  if (until === undefined) return `It is not known when production has left ${fleet.release}.`;
  if (snapshot.at >= until) return undefined;
  const passed = retentionS - (until - snapshot.at) / 1000;
  return `Production has left ${fleet.release} ${duration(passed)} ago, and requests may still be on their way: it is kept for ${duration(retentionS)}.`;
}

/** Requests that reached the fleet's pools lately, of those counted; undefined when it is in no pool that production has left. */
export function residualRequests(
  snapshot: Snapshot,
  fleet: Fleet,
  requests: Readonly<Record<string, number>> = {},
): number | undefined {
  const own = snapshot.pools.filter((pool) => pool.role === 'test' && targetsOf(pool, fleet).length > 0);
  if (own.length === 0) return undefined;
  return own.reduce((sum, { name }) => sum + (requests[name] ?? 0), 0);
}

/** Seconds for which cookies of production's rules lead clients to the pool that they had; 0 where no rule is sticky. */
export function cookieLifeS(snapshot: Snapshot): number {
  return Math.max(0, ...routesOf(snapshot, 'production').map(({ stickyS }) => stickyS));
}

/** CloudWatch counts requests by the minute. */
const COUNTED_BY_S = 60;

/** Seconds in which requests are counted: a cookie that was not used for all of its life has ended. */
export function countedWithinS(withinS: number, cookieS: number): number {
  return Math.min(withinS, Math.max(COUNTED_BY_S, cookieS));
}

export function residualOf({ traffic }: Pick<Snapshot, 'traffic'>): ResidualTraffic {
  return 'residual' in traffic ? traffic.residual : { state: 'not-asked' };
}

/**
 * Why the fleet must stay for requests that still reach it; undefined when there are few enough, or it never served. ELB documents
 * no end of a cookie that is used, so its life counts only where requests cannot be counted.
 */
export function residualTrafficProblem(
  snapshot: Snapshot,
  fleet: Fleet,
  { most, cookieS }: ResidualLimits,
): string | undefined {
  const mayHaveClients = hasServed(fleet) || seenAt(snapshot, fleet) !== undefined;
  if (!mayHaveClients || residualRequests(snapshot, fleet) === undefined) return undefined;
  const residual = residualOf(snapshot);
  if (residual.state === 'counted') {
    const requests = residualRequests(snapshot, fleet, residual.requests) ?? 0;
    if (requests <= most) return undefined;
    const came = `${count(requests, 'request')} came to ${fleet.release} in the last ${duration(residual.withinS)}`;
    return cookieS === undefined
      ? `${came}, from resolvers or clients that have not looked its names up again.`
      : `${came}: the cookie of a rule leads clients there for ${duration(cookieS)}, whatever the weights are.`;
  }
  const why = residual.state === 'unreadable' ? `: ${residual.why}` : '.';
  const unknown = `It is not known which requests still come to ${fleet.release}${why}`;
  if (cookieS === undefined) return unknown;
  const until = retainedUntil(snapshot, fleet, cookieS);
  if (until !== undefined && snapshot.at >= until) return undefined;
  const end = until === undefined ? '' : `, until ${new Date(until).toISOString()}`;
  return `${unknown} The cookie of a rule leads clients there for ${duration(cookieS)} after production has left it${end}.`;
}
