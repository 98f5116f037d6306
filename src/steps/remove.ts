import { explainInstance } from '../domain/explain.ts';
import { leftoverText } from '../domain/group-problems.ts';
import { fleetById } from '../domain/queries.ts';
import { isAttached } from '../domain/roles.ts';
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
  title: (snapshot) => {
    const { group, holder } = fleetOf(snapshot, step);
    return group === undefined
      ? `delete the ${holder ?? 'rest'} when its instances have ended`
      : group.clone
        ? `delete ${group.name} when its instances have ended`
        : `let go of ${group.name} when its instances have ended; it stays, at 0`;
  },
  instances: (snapshot) => idsOf(fleetOf(snapshot, step).instances),
  // A group that is set to 0 lets its instances drain from where it is attached before it ends them (Auto Scaling user guide, load
  // balancers: deregistration delay).
  estimateS: (snapshot) => {
    const fleet = fleetOf(snapshot, step);
    const delays = snapshot.pools.filter((pool) => isAttached(fleet, pool)).map((pool) => pool.deregistrationDelayS);
    return Math.max(0, ...delays) + SHUTDOWN_S;
  },
  progress: (snapshot) => {
    const fleet = fleetById(snapshot, step.fleet);
    if (fleet === undefined) return 'done';
    // A group with a warm pool cannot be deleted (API reference, DeleteAutoScalingGroup, ResourceInUse).
    const isEmpty = fleet.instances.every(({ state }) => state === 'terminated') && fleet.group?.warm === undefined;
    return isEmpty ? 'todo' : 'under way';
  },
  cannotSucceed: (snapshot) => leftoverText(fleetOf(snapshot, step)),
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
