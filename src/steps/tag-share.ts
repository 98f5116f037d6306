import { leftAt, notedShare, percentText, shareMark, shareOfFleet, TOLERANCE } from '../domain/shares.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { never, REQUEST, type StepDefinition } from './definition.ts';
import { byTimeWaited, CALL_S, effectShows } from './timing.ts';
import { existingFleet, fleetOf, memberIds, withMarks } from './world.ts';
import { NOTHING } from '../observe/reads.ts';

/** Record in the fleet's tags which percentage it has now; `since` is when that was asked for. */
export interface TagShare {
  readonly do: 'tag-share';
  readonly fleet: string;
  readonly percent: number;
  readonly since: string;
}

export const tagShare: StepDefinition<TagShare> = (step) => ({
  ...REQUEST,
  title: (snapshot) =>
    `tag ${fleetOf(snapshot, step).release} as having ${percentText(step.percent)} of production from now on`,
  instances: (snapshot) => memberIds(snapshot, step),
  estimateS: () => CALL_S,
  progress: (snapshot) => (isTagged(snapshot, step) ? 'done' : 'todo'),
  guard: never,
  readsBefore: () => NOTHING,
  readsToPoll: { pools: [], fleets: [step.fleet] },
  effect: () => 'records',
  timeLimitMs: effectShows,
  pollEveryMs: byTimeWaited,
  apply: async ({ fleet }, snapshot) =>
    fleet.mark(existingFleet(snapshot, step), { share: shareMark(snapshot, step.percent, step.since) }),
  simulate: (snapshot) => withMarks(snapshot, step.fleet, { share: shareMark(snapshot, step.percent, step.since) }),
});

function isTagged(snapshot: Snapshot, step: TagShare): boolean {
  const fleet = fleetOf(snapshot, step);
  // Of a fleet that has nothing it matters when it lost it; of others, that this run has seen it.
  if (step.percent === 0) return leftAt(snapshot, fleet) !== undefined;
  if (shareOfFleet(snapshot, fleet) > step.percent + TOLERANCE) return true;
  const noted = notedShare(fleet);
  return noted !== undefined && noted.percent === step.percent && noted.at >= step.since;
}
