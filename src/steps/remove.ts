import { explainInstance } from '../domain/explain.ts';
import { fleetById } from '../domain/queries.ts';
import type { StepDefinition } from './definition.ts';
import { REQUEST } from './presets.ts';
import { limit } from './timing.ts';
import { existingFleet, fleetOf, idsOf, stillInProduction } from './world.ts';

/** Delete what held the fleet's instances, once they have ended. */
export interface Remove {
  readonly do: 'remove';
  readonly fleet: string;
}

/** OpsWorks gives shutdown recipes two minutes, unless the layer says otherwise (OpsWorks API, ShutdownEventConfiguration). */
const SHUTDOWN_S = 120;

export const remove: StepDefinition<Remove> = (step) => ({
  ...REQUEST,
  title: (snapshot) => `delete the ${fleetOf(snapshot, step).holder ?? 'rest'} when its instances have ended`,
  instances: (snapshot) => idsOf(fleetOf(snapshot, step).instances),
  estimateS: () => SHUTDOWN_S,
  progress: (snapshot) => {
    const fleet = fleetById(snapshot, step.fleet);
    if (fleet === undefined) return 'done';
    return fleet.instances.every(({ state }) => state === 'terminated') ? 'todo' : 'under way';
  },
  guard: (snapshot) => stillInProduction(snapshot, fleetOf(snapshot, step)),
  count: (snapshot) => {
    const { instances } = fleetOf(snapshot, step);
    const waiting = instances
      .filter(({ state }) => state !== 'terminated')
      .map((instance) => ({ id: instance.id, why: explainInstance(instance) }));
    return { have: instances.length - waiting.length, want: instances.length, word: 'ended', waiting };
  },
  readsBefore: () => ({ pools: 'all', fleets: 'all', routes: true }),
  readsToPoll: () => ({ pools: [], fleets: [step.fleet] }),
  effect: () => 'destroys',
  timeLimitMs: limit('releasedMs'),
  apply: async ({ fleet }, snapshot) => fleet.remove(existingFleet(snapshot, step)),
  simulate: (snapshot) => ({ ...snapshot, fleets: snapshot.fleets.filter(({ id }) => id !== step.fleet) }),
});
