import { fullSize, sizeText } from '../domain/size.ts';
import type { Marks, Snapshot } from '../domain/snapshot.ts';
import { NOTHING } from '../observe/reads.ts';
import type { StepDefinition } from './definition.ts';
import { tagsFleet } from './presets.ts';
import { fleetOf } from './world.ts';

/** Record a fact about the fleet's past in its tags. */
export interface Mark {
  readonly do: 'mark';
  readonly fleet: string;
  readonly mark: 'current' | 'promoted';
  readonly at: string;
}

export const mark: StepDefinition<Mark> = (step) => {
  const marks = (snapshot: Snapshot): Marks =>
    step.mark === 'promoted'
      ? { promoted: step.at }
      : { current: step.at, size: sizeText(fullSize(fleetOf(snapshot, step))) };
  return {
    ...tagsFleet(step, marks),
    title: (snapshot) => `tag ${fleetOf(snapshot, step).release} as ${step.mark}`,
    progress: (snapshot) => {
      const at = fleetOf(snapshot, step).marks[step.mark];
      return at !== undefined && (step.mark === 'promoted' || at >= step.at) ? 'done' : 'todo';
    },
    readsToPoll: (snapshot) => ({ ...NOTHING, marks: { fleet: step.fleet, marks: marks(snapshot) } }),
  };
};
