import { timeMark } from '../domain/shares.ts';
import type { StepDefinition } from './definition.ts';
import { tagsFleet } from './presets.ts';
import { fleetOf } from './world.ts';

/** Record in the fleet's tags that it has all of production from now on: the time of a bake counts from there, on any machine. */
export interface TagAlone {
  readonly do: 'tag-alone';
  readonly fleet: string;
  readonly since: string;
}

export const tagAlone: StepDefinition<TagAlone> = (step) => ({
  ...tagsFleet(step, (snapshot) => ({ alone: timeMark(snapshot, step.since) })),
  isAfterSwitch: true,
  title: (snapshot) => `tag ${fleetOf(snapshot, step).release} as having all of production from now on`,
  progress: (snapshot) => ((fleetOf(snapshot, step).marks.alone ?? '') >= step.since ? 'done' : 'todo'),
});
