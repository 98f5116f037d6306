import type { Marks, Snapshot } from '../domain/snapshot.ts';
import { NOTHING } from '../observe/reads.ts';
import { never, type StepBehaviour } from './definition.ts';
import { byTimeWaited, CALL_S, effectShows, untilThen } from './timing.ts';
import { existingFleet, memberIds, noEarlierThan, withMarks } from './world.ts';

/** Classes of steps: what all steps of a class have in common. Each kind names its class, and then all that is its own. */

const readsNothing = () => NOTHING;

/** It only waits, or looks. */
export const WAITS = {
  effect: () => 'waits',
  guard: never,
  conflict: never,
  readsBefore: readsNothing,
  isDispensable: false,
  isAfterSwitch: false,
  order: 'none',
  hook: 'none',
  apply: async () => {},
} as const satisfies Partial<StepBehaviour>;

/** It only waits, and there is nothing to count and nothing to give up for meanwhile. */
export const WAITS_QUIETLY = {
  ...WAITS,
  cannotSucceed: never,
  count: never,
  lastSeen: never,
} as const satisfies Partial<StepBehaviour>;

/** It is one request, whose effect shows within seconds. */
export const REQUEST = {
  conflict: never,
  cannotSucceed: never,
  count: never,
  lastSeen: never,
  estimateS: () => CALL_S,
  timeLimitMs: effectShows,
  pollEveryMs: byTimeWaited,
  isDispensable: false,
  isAfterSwitch: false,
  order: 'none',
  hook: 'none',
} as const satisfies Partial<StepBehaviour>;

/** It writes tags. */
export const TAGS = {
  ...REQUEST,
  guard: never,
  readsBefore: readsNothing,
  effect: () => 'records',
  isDispensable: true,
  isAfterSwitch: false,
} as const satisfies Partial<StepBehaviour>;

/** It writes these marks on the fleet. */
export function tagsFleet(step: { readonly fleet: string }, marks: (snapshot: Snapshot) => Marks) {
  return {
    ...TAGS,
    instances: (snapshot) => memberIds(snapshot, step),
    readsToPoll: () => ({ pools: [], fleets: [step.fleet] }),
    apply: async ({ fleet }, snapshot) => fleet.mark(existingFleet(snapshot, step), marks(snapshot)),
    simulate: (snapshot) => withMarks(snapshot, step.fleet, marks(snapshot)),
  } satisfies Partial<StepBehaviour>;
}

/**
 * Nothing but time has to pass.
 * @param until milliseconds since the epoch; undefined while it is not known
 * @param seconds how long it takes in all
 */
export function waitsUntil(until: (snapshot: Snapshot) => number | undefined, seconds: number) {
  const leftS = (snapshot: Snapshot): number => {
    const at = until(snapshot);
    return at === undefined ? seconds : Math.max(0, (at - snapshot.at) / 1000);
  };
  return {
    ...WAITS_QUIETLY,
    estimateS: leftS,
    count: (snapshot) => ({
      have: Math.floor(Math.max(0, seconds - leftS(snapshot))),
      want: Math.ceil(seconds),
      word: 's passed',
      waiting: [],
    }),
    progress: (snapshot) => (until(snapshot) !== undefined && leftS(snapshot) === 0 ? 'done' : 'under way'),
    pollEveryMs: (snapshot) => untilThen(leftS(snapshot)),
    simulate: (snapshot) => noEarlierThan(snapshot, until(snapshot) ?? 0),
  } satisfies Partial<StepBehaviour>;
}

/** That many seconds after an ISO time, in milliseconds since the epoch; undefined where there is no such time. */
export function after(time: string | undefined, seconds: number): number | undefined {
  return time === undefined ? undefined : Date.parse(time) + seconds * 1000;
}
