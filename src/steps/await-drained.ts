import { drainingIn } from '../domain/explain.ts';
import { poolByName } from '../domain/queries.ts';
import { members, targetsOf } from '../domain/roles.ts';
import { withGroups } from '../observe/reads.ts';
import { never, type StepDefinition } from './definition.ts';
import { WAITS } from './presets.ts';
import { byTimeWaited, limit } from './timing.ts';
import { changePool, fleetOf, idsOf } from './world.ts';

const INVALID = 'Target.InvalidState';

/** Wait until none of the fleet's targets is registered in, or draining from, the pool. */
export interface AwaitDrained {
  readonly do: 'await-drained';
  readonly pool: string;
  readonly fleet: string;
}

export const awaitDrained: StepDefinition<AwaitDrained> = (step) => ({
  ...WAITS,
  title: () => `wait until ${step.pool} has drained`,
  instances: (snapshot) => idsOf(targetsOf(poolByName(snapshot, step.pool), fleetOf(snapshot, step))),
  estimateS: (snapshot) => poolByName(snapshot, step.pool).deregistrationDelayS,
  // What is left of an instance that was terminated gets no requests, and need not go by itself.
  progress: (snapshot) =>
    targetsOf(poolByName(snapshot, step.pool), fleetOf(snapshot, step)).every(({ reason }) => reason === INVALID)
      ? 'done'
      : 'under way',
  cannotSucceed: never,
  count: (snapshot) => {
    const fleet = fleetOf(snapshot, step);
    const waiting = drainingIn(poolByName(snapshot, step.pool), fleet);
    const want = members(fleet).length;
    return { have: want - waiting.length, want, word: 'released', waiting };
  },
  lastSeen: never,
  readsToPoll: (snapshot) => withGroups(snapshot, { pools: [step.pool], fleets: [] }),
  timeLimitMs: limit('releasedMs'),
  pollEveryMs: byTimeWaited,
  simulate: (snapshot) => {
    const ids = new Set(fleetOf(snapshot, step).instances.map(({ id }) => id));
    return changePool(snapshot, step.pool, ({ targets }) => targets.filter(({ id }) => !ids.has(id)));
  },
});
