import { never, REQUEST, type StepDefinition } from './definition.ts';
import { byTimeWaited, CALL_S, effectShows } from './timing.ts';
import { existingFleet, fleetOf, memberIds, withMarks } from './world.ts';
import { NOTHING } from '../observe/reads.ts';

/** Record a fact about the fleet's past in its tags. */
export interface Mark {
  readonly do: 'mark';
  readonly fleet: string;
  readonly mark: 'current' | 'promoted';
  readonly at: string;
}

export const mark: StepDefinition<Mark> = (step) => ({
  ...REQUEST,
  title: (snapshot) => `tag ${fleetOf(snapshot, step).release} as ${step.mark}`,
  instances: (snapshot) => memberIds(snapshot, step),
  estimateS: () => CALL_S,
  progress: (snapshot) => {
    const at = fleetOf(snapshot, step).marks[step.mark];
    return at !== undefined && (step.mark === 'promoted' || at >= step.at) ? 'done' : 'todo';
  },
  guard: never,
  readsBefore: () => NOTHING,
  readsToPoll: { ...NOTHING, marks: { fleet: step.fleet, marks: { [step.mark]: step.at } } },
  effect: () => 'records',
  timeLimitMs: effectShows,
  pollEveryMs: byTimeWaited,
  apply: async ({ fleet }, snapshot) => fleet.mark(existingFleet(snapshot, step), { [step.mark]: step.at }),
  simulate: (snapshot) => withMarks(snapshot, step.fleet, { [step.mark]: step.at }),
});
