import { isIn, members } from '../domain/roles.ts';
import type { Fleet, Snapshot } from '../domain/snapshot.ts';
import { count, duration } from '../domain/text.ts';
import { fleetById } from '../domain/queries.ts';
import type { Meaning } from './meaning.ts';
import { hasServed } from '../domain/shares.ts';
import type { StepOf } from './step.ts';

/** The tail of a switch of names: resolvers and clients that do not heed TTLs come to the fleet before for as long as they like. */

/** Requests that came to the fleet's pools lately; undefined when it is in none that names have left. */
export function residualRequests(snapshot: Snapshot, fleet: Fleet): number | undefined {
  const own = snapshot.pools.filter((pool) => pool.role === 'test' && isIn(pool, fleet));
  if (own.length === 0) return undefined;
  return own.reduce((sum, { name }) => sum + (snapshot.tail?.requests[name] ?? 0), 0);
}

/** Why the fleet must stay for those who still come to it; undefined when they are few enough, or it never served. */
export function residualTrafficProblem(snapshot: Snapshot, fleet: Fleet): string | undefined {
  const { routing, tail } = snapshot;
  const requests = residualRequests(snapshot, fleet);
  if (routing?.names === undefined || requests === undefined || !hasServed(fleet)) return undefined;
  if (tail === undefined) return `It is not known who still comes to ${fleet.release}.`;
  if (tail.unknown !== undefined) return `It is not known who still comes to ${fleet.release}: ${tail.unknown}`;
  if (requests <= tail.most) return undefined;
  return `${count(requests, 'request')} came to ${fleet.release} in the last ${duration(tail.withinS)}, of resolvers or clients that have not looked its names up again.`;
}

function fleetOf(snapshot: Snapshot, { fleet }: StepOf<'await-tail'>): Fleet {
  return fleetById(snapshot, fleet) ?? { id: fleet, release: fleet, marks: {}, instances: [] };
}

export const tailMeaning: Meaning<StepOf<'await-tail'>> = {
  progress: (snapshot, step) =>
    residualTrafficProblem(snapshot, fleetOf(snapshot, step)) === undefined ? 'done' : 'under way',
  title: (snapshot, step) => {
    const { most = 0, withinS = 0 } = snapshot.tail ?? {};
    return `wait until no more than ${count(most, 'request')} in ${duration(withinS)} come to ${fleetOf(snapshot, step).release}`;
  },
  touches: (snapshot, step) => members(fleetOf(snapshot, step)).map(({ id }) => id),
  seconds: ({ tail }) => tail?.withinS ?? 0,
  late: (snapshot, step) => residualTrafficProblem(snapshot, fleetOf(snapshot, step)),
};
