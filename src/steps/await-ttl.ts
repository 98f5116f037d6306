import { leftAt } from '../domain/shares.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { duration } from '../domain/text.ts';
import { NOTHING } from '../observe/reads.ts';
import { never, WAITS, type StepDefinition } from './definition.ts';
import { EFFECT_SHOWS_MS, untilThen } from './timing.ts';
import { fleetOf, memberIds, noEarlierThan } from './world.ts';

/** Wait until no resolver may keep an answer that leads to the fleet, which has lost its share. */
export interface AwaitTtl {
  readonly do: 'await-ttl';
  readonly fleet: string;
  readonly seconds: number;
}

export const awaitTtl: StepDefinition<AwaitTtl> = (step) => ({
  ...WAITS,
  title: (snapshot) =>
    `wait ${duration(step.seconds)}, until no resolver may answer with ${fleetOf(snapshot, step).release}`,
  instances: (snapshot) => memberIds(snapshot, step),
  estimateS: (snapshot) => leftS(snapshot, step),
  progress: (snapshot) => {
    const at = forgottenAt(snapshot, step);
    return at !== undefined && snapshot.at >= at ? 'done' : 'under way';
  },
  cannotSucceed: never,
  count: never,
  lastSeen: never,
  readsBefore: () => NOTHING,
  readsToPoll: { pools: [], fleets: 'all' },
  timeLimitMs: () => step.seconds * 1000 + EFFECT_SHOWS_MS,
  pollEveryMs: (snapshot) => untilThen(leftS(snapshot, step)),
  simulate: (snapshot) => noEarlierThan(snapshot, forgottenAt(snapshot, step) ?? 0),
});

/** Milliseconds since the epoch from which no resolver may answer with the fleet; undefined while it is not known when it left. */
function forgottenAt(snapshot: Snapshot, step: AwaitTtl): number | undefined {
  const left = leftAt(snapshot, fleetOf(snapshot, step));
  return left === undefined ? undefined : Date.parse(left) + step.seconds * 1000;
}

function leftS(snapshot: Snapshot, step: AwaitTtl): number {
  const at = forgottenAt(snapshot, step);
  return at === undefined ? step.seconds : Math.max(0, (at - snapshot.at) / 1000);
}
