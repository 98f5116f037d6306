import { retainedUntil } from '../domain/retention.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { duration } from '../domain/text.ts';
import { never, WAITS, type StepDefinition } from './definition.ts';
import { limit, untilThen } from './timing.ts';
import { fleetOf, memberIds, noEarlierThan } from './world.ts';
import { NOTHING } from '../observe/reads.ts';

/** Wait until that many seconds have passed since production has left the fleet. */
export interface AwaitRetention {
  readonly do: 'await-retention';
  readonly fleet: string;
  readonly seconds: number;
}

export const awaitRetention: StepDefinition<AwaitRetention> = (step) => ({
  ...WAITS,
  title: (snapshot) =>
    `keep ${fleetOf(snapshot, step).release} until ${duration(step.seconds)} after production has left it`,
  instances: (snapshot) => memberIds(snapshot, step),
  estimateS: (snapshot) => leftS(snapshot, step),
  progress: (snapshot) => {
    const until = retainedUntil(snapshot, fleetOf(snapshot, step), step.seconds);
    return until !== undefined && snapshot.at >= until ? 'done' : 'under way';
  },
  cannotSucceed: never,
  count: never,
  lastSeen: never,
  readsBefore: () => NOTHING,
  readsToPoll: { pools: [], fleets: [step.fleet] },
  timeLimitMs: limit('releasedMs'),
  pollEveryMs: (snapshot) => untilThen(leftS(snapshot, step)),
  simulate: (snapshot) => noEarlierThan(snapshot, retainedUntil(snapshot, fleetOf(snapshot, step), step.seconds) ?? 0),
});

function leftS(snapshot: Snapshot, step: AwaitRetention): number {
  const until = retainedUntil(snapshot, fleetOf(snapshot, step), step.seconds);
  return until === undefined ? step.seconds : Math.max(0, (until - snapshot.at) / 1000);
}
