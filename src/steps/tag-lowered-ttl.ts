import { timeMark } from '../domain/shares.ts';
import type { StepDefinition } from './definition.ts';
import { tagsFleet } from './presets.ts';
import { fleetOf } from './world.ts';

/** Record in the fleet's tags that the TTLs have been lowered for it by now; `since` is when that was asked for. */
export interface TagLoweredTtl {
  readonly do: 'tag-lowered-ttl';
  readonly fleet: string;
  readonly since: string;
}

export const tagLoweredTtl: StepDefinition<TagLoweredTtl> = (step) => ({
  ...tagsFleet(step, (snapshot) => ({ lowered: timeMark(snapshot, step.since) })),
  title: (snapshot) => `tag ${fleetOf(snapshot, step).release} with the time from which the TTL is low`,
  progress: (snapshot) => {
    const { lowered } = fleetOf(snapshot, step).marks;
    return lowered !== undefined && lowered >= step.since ? 'done' : 'todo';
  },
});
