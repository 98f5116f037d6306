import { isHealing } from '../domain/scaled.ts';
import { fleetById } from '../domain/queries.ts';
import type { EndedFleet, MinimumHealthy, Refusal } from '../domain/goal.ts';
import {
  capacityByZone,
  healthyIn,
  healthyTargets,
  isHealthy,
  NO_MINIMUM,
  shortfall,
  total,
} from '../domain/minimum-healthy.ts';
import { members, poolsOf, servingFleets, targetsOf } from '../domain/roles.ts';
import type { Fleet, Snapshot } from '../domain/snapshot.ts';
import { count, list } from '../domain/text.ts';
import { behaviourOf } from '../steps/index.ts';
import { impairedTexts, lostNameTexts } from './outsiders.ts';
import type { Plan } from './plan.ts';
import { isVerification } from './switch.ts';
import { trafficModel } from './traffic/index.ts';
import { unmanagedInProduction } from './worlds.ts';

/** What the last look of a run shows, for its last sentence. */

/** Production as it is now: `42 (3 of 3 healthy) and i-1, which is unmanaged`. */
export function describeServing(snapshot: Snapshot): string {
  const fleets = servingFleets(snapshot).map((fleet) => {
    const healthy = trafficModel(snapshot)
      .capacityGroups()
      .map(({ pools }) => new Set(pools.flatMap((pool) => healthyIn(pool, fleet))).size);
    return `${fleet.release} (${Math.min(...healthy)} of ${members(fleet).length} healthy)`;
  });
  const unmanaged = unmanagedInProduction(snapshot).map((id) => `${id}, which is unmanaged`);
  return `Production is served by ${list([...fleets, ...unmanaged], 5) || 'no fleet of this environment'}.`;
}

/** Why it is not true that the fleet serves production with this minimum, alone where `isAlone`; undefined when it is. */
export function servingProblem(
  snapshot: Snapshot,
  id: string,
  minimum: MinimumHealthy,
  isAlone: boolean,
): string | undefined {
  const fleet = fleetById(snapshot, id);
  if (fleet === undefined) return 'the fleet is gone.';
  for (const { name, pools } of trafficModel(snapshot).capacityGroups()) {
    const own = pools.filter((pool) => targetsOf(pool, fleet).length > 0);
    const least = minimum[name] ?? NO_MINIMUM;
    const healthy = capacityByZone(healthyTargets(own, fleet), least);
    const short = shortfall(healthy, least);
    if (total(healthy) === 0) return `nothing of ${fleet.release} is healthy in ${name}.`;
    if (short !== undefined && !isHealing(fleet, least))
      return `${fleet.release} has ${total(healthy)} healthy in ${name}: ${short}.`;
  }
  const empty = poolsOf(snapshot, 'production').find((pool) => !pool.targets.some(isHealthy));
  if (empty !== undefined) return `nothing is healthy in ${empty.name}, which has a share of production.`;
  const others = isAlone ? servingFleets(snapshot).filter((other) => other !== fleet) : [];
  if (others.length > 0)
    return `${list(others.map(({ release }) => release))} ${others.length === 1 ? 'is' : 'are'} in production too.`;
  const unmanaged = unmanagedInProduction(snapshot);
  return unmanaged.length === 0
    ? undefined
    : `${list(unmanaged, 5)} without the tags of this environment ${unmanaged.length === 1 ? 'is' : 'are'} in production too.`;
}

/** What a group that serves has yet to replace or launch, in a sentence with a space before it. */
export function healingSentence(snapshot: Snapshot, id: string): string {
  const { group } = fleetById(snapshot, id) ?? {};
  if (group === undefined || group.capacity >= group.desired) return '';
  return ` ${group.name} has ${group.capacity} of ${group.desired} in service now, and launches the rest.`;
}

/**
 * Servers that have lost their tags since the run began, in a sentence with a space before it: no command finds them by their fleet
 * any more. What held instances may have been deleted with them.
 */
export function lostSince(before: Snapshot, now: Snapshot): string {
  const known = new Set(now.fleets.flatMap(({ instances }) => instances.map(({ id }) => id)));
  const fleets = before.fleets.filter(({ holder }) => holder === undefined);
  const lost = fleets.flatMap((fleet) =>
    members(fleet).flatMap(({ id }) => (known.has(id) ? [] : `${id} of ${fleet.release}`)),
  );
  return lost.length === 0
    ? ''
    : ` The tags of ${list(lost, 5)} were removed meanwhile: what of it still runs is left alone.`;
}

/**
 * What would have to be done again, planned anew; undefined when nothing. Evidence that was collected stays collected; with
 * `butRecords`, what only records is not counted.
 */
export function stepsLeft(
  snapshot: Snapshot,
  left: Plan | Refusal,
  { butRecords = false }: { readonly butRecords?: boolean } = {},
): string | undefined {
  if ('refused' in left) return left.message;
  const step = left.steps.find(
    (one) => !isVerification(snapshot, one) && !(butRecords && behaviourOf(one).isDispensable),
  );
  return step && `this is not so any more, or not yet: ${behaviourOf(step).title(snapshot)}.`;
}

/** What is left of the fleets that were to end, where some of it has ended: a sentence for each, with a space before it. */
export function leftText({ fleets }: Snapshot, stays: string, ends: readonly EndedFleet[] = []): string {
  const left = ({ release }: EndedFleet): number =>
    fleets.filter((fleet) => fleet.id !== stays && fleet.release === release).flatMap(members).length;
  return ends
    .filter((one) => left(one) < one.instances)
    .map(
      (one) =>
        ` ${left(one)} of ${count(one.instances, 'instance')} of ${one.release} ${left(one) === 1 ? 'is' : 'are'} left.`,
    )
    .join('');
}

/** What is worth knowing before the others are ended. */
export function endingNotes(snapshot: Snapshot, keep: Fleet, toRetire: readonly Fleet[]): readonly string[] {
  return [
    ...healthNotes(snapshot, keep),
    ...impairedTexts(snapshot, [keep]),
    ...toRetire.flatMap((fleet) => lostNameTexts(snapshot, fleet)),
  ];
}

function healthNotes(snapshot: Snapshot, keep: Fleet): readonly string[] {
  const all = members(keep).length;
  return trafficModel(snapshot)
    .capacityGroups()
    .flatMap(({ name, pools }) => {
      const healthy = new Set(pools.flatMap((pool) => healthyIn(pool, keep)).map(({ id }) => id)).size;
      return healthy === all ? [] : [`${healthy} of ${all} instances of ${keep.release} are healthy in ${name} now.`];
    });
}
