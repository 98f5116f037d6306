import type { StepDefinition } from './definition.ts';
import { TAGS } from './presets.ts';
import { changeRefresh, existingFleet, fleetOf, memberIds } from './world.ts';

/** Write on the tags of the fleet's group that its release is the one that it was refreshed to. */
export interface FinishRefresh {
  readonly do: 'finish-refresh';
  readonly fleet: string;
  readonly release: string;
}

export const finishRefresh: StepDefinition<FinishRefresh> = (step) => ({
  ...TAGS,
  title: (snapshot) => `tag ${fleetOf(snapshot, step).group?.name ?? step.fleet} as ${step.release}`,
  instances: (snapshot) => memberIds(snapshot, step),
  progress: (snapshot) => (fleetOf(snapshot, step).group?.recorded === undefined ? 'done' : 'todo'),
  readsBefore: () => ({ pools: [], fleets: 'all' }),
  readsToPoll: () => ({ pools: [], fleets: [step.fleet] }),
  isDispensable: false,
  isAfterSwitch: false,
  apply: async ({ fleet }, snapshot) => fleet.finishRefresh(existingFleet(snapshot, step)),
  simulate: (snapshot) => {
    const { launches: carries, newest } = fleetOf(snapshot, step).group ?? {};
    const known = { ...(carries !== undefined && { carries }), ...(newest !== undefined && { newest }) };
    return changeRefresh(snapshot, step.fleet, { ...known, boots: step.release });
  },
});
