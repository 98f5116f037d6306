import { timeMark } from '../domain/shares.ts';
import { NOTHING } from '../observe/reads.ts';
import { never, REQUEST, type StepDefinition } from './definition.ts';
import { byTimeWaited, CALL_S, effectShows } from './timing.ts';
import { existingFleet, fleetOf, memberIds, withMarks } from './world.ts';

/** Record in the fleet's tags that the TTLs have been lowered for it by now; `since` is when that was asked for. */
export interface TagLoweredTtl {
  readonly do: 'tag-lowered-ttl';
  readonly fleet: string;
  readonly since: string;
}

export const tagLoweredTtl: StepDefinition<TagLoweredTtl> = (step) => ({
  ...REQUEST,
  title: (snapshot) => `tag ${fleetOf(snapshot, step).release} with the time from which the TTL is low`,
  instances: (snapshot) => memberIds(snapshot, step),
  estimateS: () => CALL_S,
  progress: (snapshot) => {
    const { lowered } = fleetOf(snapshot, step).marks;
    return lowered !== undefined && lowered >= step.since ? 'done' : 'todo';
  },
  guard: never,
  readsBefore: () => NOTHING,
  readsToPoll: { pools: [], fleets: [step.fleet] },
  effect: () => 'records',
  timeLimitMs: effectShows,
  pollEveryMs: byTimeWaited,
  apply: async ({ fleet }, snapshot) =>
    fleet.mark(existingFleet(snapshot, step), { lowered: timeMark(snapshot, step.since) }),
  simulate: (snapshot) => withMarks(snapshot, step.fleet, { lowered: timeMark(snapshot, step.since) }),
});
