import { retentionProblem } from '../domain/retention.ts';
import { members } from '../domain/roles.ts';
import type { StepDefinition } from './definition.ts';
import { REQUEST } from './presets.ts';
import { existingFleet, fleetOf, instancesOf, memberIds, stillInProduction, withState } from './world.ts';

/** Terminate the fleet's instances, not before it was kept for that many seconds after production has left it. */
export interface Terminate {
  readonly do: 'terminate';
  readonly fleet: string;
  readonly retentionS: number;
}

export const terminate: StepDefinition<Terminate> = (step) => ({
  ...REQUEST,
  title: (snapshot) => {
    const fleet = fleetOf(snapshot, step);
    return `terminate ${instancesOf(fleet, members(fleet).length || fleet.instances.length)}`;
  },
  instances: (snapshot) => memberIds(snapshot, step),
  progress: (snapshot) => (members(fleetOf(snapshot, step)).length === 0 ? 'done' : 'todo'),
  guard: (snapshot) => {
    const fleet = fleetOf(snapshot, step);
    return stillInProduction(snapshot, fleet) ?? retentionProblem(snapshot, fleet, step.retentionS);
  },
  readsBefore: () => ({ pools: 'all', fleets: 'all', routes: true }),
  readsToPoll: { pools: [], fleets: [step.fleet] },
  effect: () => 'destroys',
  apply: async ({ fleet }, snapshot) => fleet.terminate(existingFleet(snapshot, step)),
  simulate: (snapshot) => withState(snapshot, step.fleet, 'shutting-down'),
});
