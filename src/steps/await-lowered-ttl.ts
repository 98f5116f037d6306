import type { Snapshot } from '../domain/snapshot.ts';
import { duration } from '../domain/text.ts';
import { NOTHING } from '../observe/reads.ts';
import { never, WAITS, type StepDefinition } from './definition.ts';
import { EFFECT_SHOWS_MS, untilThen } from './timing.ts';
import { fleetOf, noEarlierThan } from './world.ts';

/** Wait until no resolver may keep an answer with the usual TTL. */
export interface AwaitLoweredTtl {
  readonly do: 'await-lowered-ttl';
  readonly fleet: string;
  readonly seconds: number;
}

export const awaitLoweredTtl: StepDefinition<AwaitLoweredTtl> = (step) => ({
  ...WAITS,
  title: () => `wait ${duration(step.seconds)}, until all resolvers have the low TTL`,
  instances: () => [],
  estimateS: (snapshot) => leftS(snapshot, step),
  progress: (snapshot) => (leftS(snapshot, step) === 0 ? 'done' : 'under way'),
  cannotSucceed: never,
  count: never,
  lastSeen: never,
  readsBefore: () => NOTHING,
  readsToPoll: { pools: [], fleets: [step.fleet] },
  timeLimitMs: () => step.seconds * 1000 + EFFECT_SHOWS_MS,
  pollEveryMs: (snapshot) => untilThen(leftS(snapshot, step)),
  simulate: (snapshot) => {
    const { lowered = '' } = fleetOf(snapshot, step).marks;
    return noEarlierThan(snapshot, (Date.parse(lowered) || snapshot.at) + step.seconds * 1000);
  },
});

/** Seconds until no resolver may keep an answer from before the TTLs were lowered. */
function leftS(snapshot: Snapshot, step: AwaitLoweredTtl): number {
  const { lowered } = fleetOf(snapshot, step).marks;
  if (lowered === undefined) return step.seconds;
  return Math.max(0, (Date.parse(lowered) - snapshot.at) / 1000 + step.seconds);
}
