import type { Ttl } from '../domain/snapshot.ts';
import { duration } from '../domain/text.ts';
import { NOTHING, type Reads } from '../observe/reads.ts';
import { never, REQUEST, type StepDefinition } from './definition.ts';
import { changeNames } from './names.ts';
import { byTimeWaited, CALL_S, effectShows } from './timing.ts';

/** Give the names their low TTL for the switch to the fleet, or their usual one after it; one request a zone. */
export interface SetTtl {
  readonly do: 'set-ttl';
  readonly fleet: string;
  readonly to: Ttl;
}

const ROUTES: Reads = { ...NOTHING, routes: true };

export const setTtl: StepDefinition<SetTtl> = ({ to }) => ({
  ...REQUEST,
  title: ({ routing }) => {
    const { lowS = 0, usualS = 0 } = routing?.names?.lowering ?? {};
    if (to === 'usual') return `set the TTL of names back to ${duration(usualS)}`;
    return `lower the TTL of names, so that resolvers keep answers for ${duration(lowS)} and not for ${duration(usualS)}`;
  },
  instances: () => [],
  estimateS: () => CALL_S,
  progress: ({ routing }) => ((routing?.names?.lowering?.is ?? to) === to ? 'done' : 'todo'),
  guard: never,
  readsBefore: () => ROUTES,
  readsToPoll: ROUTES,
  effect: () => 'shifts-traffic',
  timeLimitMs: effectShows,
  pollEveryMs: byTimeWaited,
  apply: async ({ traffic }) => traffic.routing?.setTtl?.(to),
  simulate: (snapshot) => {
    const { lowering } = snapshot.routing?.names ?? {};
    if (lowering === undefined) return snapshot;
    const ttlS = to === 'low' ? lowering.lowS : Math.max(lowering.usualS, lowering.lowS);
    return changeNames(snapshot, { ttlS, lowering: { ...lowering, is: to }, pending: true });
  },
});
