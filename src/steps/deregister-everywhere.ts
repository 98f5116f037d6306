import { replaceById } from '../domain/by-id.ts';
import type { MinimumHealthy } from '../domain/goal.ts';
import {
  drainingFrom,
  instanceById,
  placesOf,
  poolNames,
  running,
  wouldLack,
  type Places,
} from '../domain/in-place.ts';
import { atOtherAddress, unknownOutside } from '../domain/outside.ts';
import { wouldBeReplaced } from '../domain/owned.ts';
import type { Instance, Snapshot } from '../domain/snapshot.ts';
import { duration, targetWords } from '../domain/text.ts';
import { ALL_POOLS } from '../observe/reads.ts';
import { never, type StepDefinition } from './definition.ts';
import { batchText, countOf } from './deploys.ts';
import { belongsTo, forEachPool, longest, poolsText, returnsTo } from './places.ts';
import type { Ports } from './ports.ts';
import { byTimeWaited, CALL_S, EFFECT_SHOWS_MS } from './timing.ts';
import { changeInstances, changePools } from './world.ts';

/** Record on the instances where they are registered, take them out of all of it, and wait until they are released. */
export interface DeregisterEverywhere {
  readonly do: 'deregister-everywhere';
  readonly fleet: string;
  readonly instances: readonly string[];
  readonly places: Places;
  readonly minimumHealthy?: MinimumHealthy;
  /** Whose instances may be taken away though it may replace them. */
  readonly allowedOwners?: readonly string[];
}

export const deregisterEverywhere: StepDefinition<DeregisterEverywhere> = (step) => ({
  title: (snapshot) => `take ${batchText(snapshot, step.instances)} out of ${poolsText(step)}`,
  instances: () => step.instances,
  estimateS: (snapshot) => longest(snapshot, step, 'deregistrationDelayS') + CALL_S,
  progress: (snapshot) => {
    if (step.instances.every((id) => isReleased(snapshot, id))) return 'done';
    return step.instances.every((id) => placesOf(snapshot, id).length === 0) ? 'under way' : 'todo';
  },
  guard: (snapshot) =>
    wouldLack(snapshot, step.instances, step.minimumHealthy) ??
    unknownOutside(snapshot) ??
    atOtherAddress(snapshot, step.instances) ??
    wouldBeReplaced(running(snapshot, step.instances), step.allowedOwners ?? []),
  conflict: never,
  cannotSucceed: (snapshot) => notOurs(snapshot, step.instances),
  count: (snapshot) => {
    const waiting = step.instances.filter((id) => !isReleased(snapshot, id));
    return countOf(
      step.instances,
      'released',
      waiting.map((id) => ({ id, why: whyNotReleased(snapshot, id) })),
    );
  },
  lastSeen: never,
  // They may have been registered elsewhere, or have lost their tags, since the run began.
  readsBefore: () => ({ ...ALL_POOLS, fleets: [step.fleet], outsideOf: step.instances, inFlight: step.instances }),
  readsToPoll: (snapshot) => ({ pools: poolsWith(snapshot, step), fleets: [], inFlight: step.instances }),
  effect: () => 'removes-capacity',
  timeLimitMs: ({ releasedMs }, progress) => (progress === 'todo' ? EFFECT_SHOWS_MS : releasedMs),
  pollEveryMs: byTimeWaited,
  isDispensable: false,
  isAfterSwitch: false,
  order: 'none',
  hook: 'before-instances',
  // Recorded first: a run that continues after a crash in between must know where they were.
  apply: async (ports, snapshot) => {
    await notePlaces(ports, snapshot, step);
    await forEachPool(
      snapshot,
      (name) => {
        const own = step.instances.flatMap((id) => placesOf(snapshot, id)).filter(({ pool }) => pool.name === name);
        return own.map(({ target: { id, port } }) => ({ id, port }));
      },
      async (pool, targets) => ports.traffic.deregister(pool, targets),
    );
  },
  simulate: (snapshot) => {
    const noted = changeInstances(snapshot, step.instances, (instance) => {
      const left = returnsTo(snapshot, step, instance.id);
      return left.length === 0 ? instance : { ...instance, left };
    });
    return changePools(noted, ({ targets }) => replaceById(targets, step.instances, []));
  },
});

/** Also those that they were registered with after the plan was made. */
function poolsWith(snapshot: Snapshot, { instances, places }: DeregisterEverywhere): readonly string[] {
  const now = instances.flatMap((id) => [...placesOf(snapshot, id), ...drainingFrom(snapshot, id)]);
  return [...new Set([...poolNames(places), ...now.map(({ pool }) => pool.name)])];
}

/** Where it was could not be recorded on it. */
function notOurs(snapshot: Snapshot, ids: readonly string[]): string | undefined {
  const id = ids.find((one) => placesOf(snapshot, one).length > 0 && instanceById(snapshot, one) === undefined);
  return id && `${id} is not of the fleet any more: its tags were changed meanwhile.`;
}

function isReleased(snapshot: Snapshot, id: string): boolean {
  if (placesOf(snapshot, id).length > 0) return false;
  return drainingFrom(snapshot, id).length === 0 || (snapshot.details?.idle ?? []).includes(id);
}

function whyNotReleased(snapshot: Snapshot, id: string): string {
  const [place] = placesOf(snapshot, id);
  return place ? targetWords(place.target, place.pool) : drainingText(snapshot, id);
}

/** `draining, at most 4 min 10 s left`: the longest of its pools, counted from when it was first seen. */
function drainingText(snapshot: Snapshot, id: string): string {
  const delays = drainingFrom(snapshot, id).map(({ pool }) => pool.deregistrationDelayS);
  const passedS = (snapshot.at - (snapshot.details?.drainingSince?.[id] ?? snapshot.at)) / 1000;
  return `draining, ${duration(Math.max(...delays, 0) - passedS)} left at most`;
}

/** Notes on the instances where they are put back. One request for all that have the same places. */
export async function notePlaces(
  { fleet }: Ports,
  snapshot: Snapshot,
  step: Pick<DeregisterEverywhere, 'instances' | 'places'>,
): Promise<void> {
  const inTraffic = running(snapshot, step.instances).filter(({ id }) => placesOf(snapshot, id).length > 0);
  const alike = Map.groupBy(inTraffic, ({ id }) => JSON.stringify(belongsTo(snapshot, step, id)));
  for (const [left, some] of alike) {
    const fresh = some.filter(
      (instance: Instance) => JSON.stringify(instanceById(snapshot, instance.id)?.left ?? []) !== left,
    );
    if (fresh.length > 0) await fleet.note(fresh, { left: JSON.parse(left) });
  }
}
