import type { StepDefinition } from './definition.ts';
import { TAGS } from './presets.ts';
import { changeGroup, existingFleet, fleetOf, memberIds } from './world.ts';

/** Put the minimum of the fleet's group back to what it was before it was raised, unless others have set another one since. */
export interface ReleaseMinimum {
  readonly do: 'release-minimum';
  readonly fleet: string;
}

export const releaseMinimum: StepDefinition<ReleaseMinimum> = (step) => ({
  ...TAGS,
  title: (snapshot) => {
    const { group } = fleetOf(snapshot, step);
    return `put the minimum of ${group?.name ?? step.fleet} back to ${group?.held?.before ?? 'what it was'}`;
  },
  instances: (snapshot) => memberIds(snapshot, step),
  progress: (snapshot) => (fleetOf(snapshot, step).group?.held === undefined ? 'done' : 'todo'),
  readsBefore: () => ({ pools: [], fleets: 'all' }),
  readsToPoll: () => ({ pools: [], fleets: [step.fleet] }),
  apply: async ({ fleet }, snapshot) => {
    const found = existingFleet(snapshot, step);
    const { group } = found;
    if (group?.held === undefined) return;
    const { before, at } = group.held;
    await fleet.resize(found, { minimum: group.minimum === at ? before : group.minimum });
  },
  simulate: (snapshot) => {
    const { group } = fleetOf(snapshot, step);
    return changeGroup(snapshot, step.fleet, { minimum: group?.held?.before ?? group?.minimum ?? 0, held: undefined });
  },
});
