import { notHealthyIn, sentence } from '../domain/explain.ts';
import type { PoolMinimum } from '../domain/goal.ts';
import { healthyIn } from '../domain/minimum-healthy.ts';
import { poolByName, registeredIn } from '../domain/queries.ts';
import { isScaled, membersToServe } from '../domain/scaled.ts';
import { hasShare, recordedShare, percentText, shareOfPool, TOLERANCE } from '../domain/shares.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { duration } from '../domain/text.ts';
import { withGroups } from '../observe/reads.ts';
import { never, type StepDefinition } from './definition.ts';
import { WAITS } from './presets.ts';
import { foreignWeights, notFit } from './shares.ts';
import { byTimeWaited, EFFECT_SHOWS_MS } from './timing.ts';
import { fleetOf, memberIds, noEarlierThan } from './world.ts';

/** Let that many seconds pass from when the share was recorded, while the checks hold. */
export interface Watch {
  readonly do: 'watch';
  readonly pool: string;
  readonly fleet: string;
  readonly percent: number;
  readonly seconds: number;
  readonly since: string;
  readonly minimumHealthy: PoolMinimum;
}

export const watch: StepDefinition<Watch> = (step) => ({
  ...WAITS,
  title: (snapshot) =>
    `watch ${fleetOf(snapshot, step).release} with ${percentText(step.percent)} for ${duration(step.seconds)}`,
  instances: (snapshot) => memberIds(snapshot, step),
  estimateS: () => step.seconds,
  progress: (snapshot) => {
    if (shareOfPool(snapshot, step.pool) > step.percent + TOLERANCE) return 'done';
    const passed = watchedS(snapshot, step);
    return passed !== undefined && passed >= step.seconds ? 'done' : 'under way';
  },
  conflict: (snapshot) =>
    foreignWeights(
      snapshot,
      'production',
      step.pool,
      () => step.percent,
      (route) => hasShare(route, step.pool, step.percent),
    ),
  cannotSucceed: (snapshot) =>
    isScaled(fleetOf(snapshot, step)) ? sickInGroup(snapshot, step) : notFit(snapshot, step),
  count: (snapshot) => ({
    have: Math.floor(watchedS(snapshot, step) ?? 0),
    want: step.seconds,
    word: 'seconds',
    waiting: notHealthyIn(poolByName(snapshot, step.pool), fleetOf(snapshot, step)),
  }),
  lastSeen: never,
  readsToPoll: (snapshot) => withGroups(snapshot, { pools: [step.pool], fleets: [], routes: true }),
  timeLimitMs: () => step.seconds * 1000 + EFFECT_SHOWS_MS,
  pollEveryMs: byTimeWaited,
  simulate: (snapshot) => {
    const recorded = recordedShare(fleetOf(snapshot, step))?.at ?? step.since;
    return noEarlierThan(snapshot, (Date.parse(recorded) || snapshot.at) + step.seconds * 1000);
  },
});

/** A group replaces what it loses, and has to be whole before the next share; what is sick in service is the fault of its release. */
function sickInGroup(snapshot: Snapshot, step: Watch): string | undefined {
  const fleet = fleetOf(snapshot, step);
  const pool = poolByName(snapshot, step.pool);
  const healthy = healthyIn(pool, fleet).length;
  const isSick = registeredIn(pool, fleet).some(({ state }) => state === 'unhealthy');
  if (healthy > 0 && !isSick) return undefined;
  const why = sentence(notHealthyIn(pool, fleet));
  return `${healthy} of ${membersToServe(fleet).length} instances of ${fleet.release} are healthy in ${pool.name}. ${why}.`;
}

/** Seconds that it has been watched; undefined as long as the share was not recorded. */
function watchedS(snapshot: Snapshot, step: Watch): number | undefined {
  const recorded = recordedShare(fleetOf(snapshot, step));
  if (recorded === undefined || recorded.percent !== step.percent || recorded.at < step.since) return undefined;
  return Math.max(0, (snapshot.at - Date.parse(recorded.at)) / 1000);
}
