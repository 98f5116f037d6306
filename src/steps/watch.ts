import { notHealthyIn } from '../domain/explain.ts';
import type { PoolMinimum } from '../domain/goal.ts';
import { poolByName } from '../domain/queries.ts';
import { hasShare, recordedShare, percentText, shareOfPool, TOLERANCE } from '../domain/shares.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { duration } from '../domain/text.ts';
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
  cannotSucceed: (snapshot) => notFit(snapshot, step),
  count: (snapshot) => ({
    have: Math.floor(watchedS(snapshot, step) ?? 0),
    want: step.seconds,
    word: 'seconds',
    waiting: notHealthyIn(poolByName(snapshot, step.pool), fleetOf(snapshot, step)),
  }),
  lastSeen: never,
  readsToPoll: () => ({ pools: [step.pool], fleets: [], routes: true }),
  timeLimitMs: () => step.seconds * 1000 + EFFECT_SHOWS_MS,
  pollEveryMs: byTimeWaited,
  simulate: (snapshot) => {
    const recorded = recordedShare(fleetOf(snapshot, step))?.at ?? step.since;
    return noEarlierThan(snapshot, (Date.parse(recorded) || snapshot.at) + step.seconds * 1000);
  },
});

/** Seconds that it has been watched; undefined as long as the share was not recorded. */
function watchedS(snapshot: Snapshot, step: Watch): number | undefined {
  const recorded = recordedShare(fleetOf(snapshot, step));
  if (recorded === undefined || recorded.percent !== step.percent || recorded.at < step.since) return undefined;
  return Math.max(0, (snapshot.at - Date.parse(recorded.at)) / 1000);
}
