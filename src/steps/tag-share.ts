import { leftAt, recordedShare, percentText, shareMark, shareOfFleet, TOLERANCE } from '../domain/shares.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { StepDefinition } from './definition.ts';
import { tagsFleet } from './presets.ts';
import { fleetOf } from './world.ts';

/** Record in the fleet's tags which percentage it has now; `since` is when that was asked for. */
export interface TagShare {
  readonly do: 'tag-share';
  readonly fleet: string;
  readonly percent: number;
  readonly since: string;
}

export const tagShare: StepDefinition<TagShare> = (step) => ({
  ...tagsFleet(step, (snapshot) => ({ share: shareMark(snapshot, step.percent, step.since) })),
  title: (snapshot) =>
    `tag ${fleetOf(snapshot, step).release} as having ${percentText(step.percent)} of production from now on`,
  progress: (snapshot) => (isTagged(snapshot, step) ? 'done' : 'todo'),
});

function isTagged(snapshot: Snapshot, step: TagShare): boolean {
  const fleet = fleetOf(snapshot, step);
  // Of a fleet that has nothing it matters when it lost it; of others, that this run has seen it.
  if (step.percent === 0) return leftAt(snapshot, fleet) !== undefined;
  if (shareOfFleet(snapshot, fleet) > step.percent + TOLERANCE) return true;
  const recorded = recordedShare(fleet);
  return recorded !== undefined && recorded.percent === step.percent && recorded.at >= step.since;
}
