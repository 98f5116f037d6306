import { routesOf } from '../domain/routes.ts';
import { configuredPools, stableFleet, liveFleets, members, poolsOf, roleOf, servingFleets } from '../domain/roles.ts';
import type { Fleet, Snapshot } from '../domain/snapshot.ts';
import { refusal, type Refusal } from '../domain/goal.ts';
import { count, list } from '../domain/text.ts';
import { otherEnvironment, ownersOf } from './owners.ts';

/** Which worlds the planner knows. Everything else is refused with what was seen and what the person can do. */

export interface KnownWorld {
  /** The fleet that was last made the only one: where `rollback` leads. */
  readonly stable: Fleet;
  /** Fleets registered with production: one, or two in the middle of a switch; none where that is allowed. */
  readonly serving: readonly Fleet[];
  /** Fleets beside the stable one that still have instances. */
  readonly others: readonly Fleet[];
}

type Production = 'serves' | 'mayBeEmpty' | 'mayBeShared';

/** The world by its roles, or why it is none that the planner knows. */
export function knownWorld(
  snapshot: Snapshot,
  production: Exclude<Production, 'mayBeEmpty'> = 'serves',
): KnownWorld | Refusal {
  const problem = worldProblem(snapshot, production);
  const stable = stableFleet(snapshot);
  if (problem !== undefined) return problem;
  if (stable === undefined) return notAdopted(snapshot);
  const others = liveFleets(snapshot).filter((fleet) => fleet !== stable);
  return { stable, serving: servingFleets(snapshot), others };
}

/**
 * Why the world is none that the planner knows. `mayBeEmpty`: production may have no target, for the verbs that lead out of that.
 * `mayBeShared`: instances of others may be in it, for the way back, which adds before it removes.
 */
export function worldProblem(snapshot: Snapshot, production: Production): Refusal | undefined {
  const answering = notForwarding(snapshot);
  if (answering !== undefined) return answering;
  const unmanaged = unmanagedInProduction(snapshot);
  const other = production === 'mayBeShared' ? undefined : otherEnvironment(snapshot);
  if (other !== undefined) return other;
  // The serving fleet was terminated outside of turnout: the other fleet can be promoted, and there is nothing to adopt.
  const isForsaken = unmanaged.length === 0 && servingFleets(snapshot).length === 0;
  if (
    stableFleet(snapshot) === undefined &&
    !(production === 'mayBeEmpty' && isForsaken && liveFleets(snapshot).length > 0)
  )
    return notAdopted(snapshot);
  if (unmanaged.length > 0 && production !== 'mayBeShared') {
    return refusal(
      'unmanaged-instance',
      `${list(unmanaged, 5)} ${unmanaged.length === 1 ? 'is' : 'are'} in production without the ownership tags of this environment.${ownersOf(snapshot, unmanaged)}`,
      'Take them out of the production target groups, or tag them like the fleet that they belong to; then run this again.',
    );
  }
  if (servingFleets(snapshot).length > 0 || production !== 'serves') return undefined;
  return refusal(
    'nothing-serves',
    'No fleet of this environment is registered with production.',
    '`turnout rollback` gives production to the stable fleet, if it is healthy.',
    '`turnout promote` gives it to the new one.',
  );
}

/** Weights say nothing there, and none can be set, so that it keeps every verb from its work. */
function notForwarding(snapshot: Snapshot): Refusal | undefined {
  const route = routesOf(snapshot, 'production').find(({ answers }) => answers !== undefined);
  if (route === undefined) return undefined;
  const groups = configuredPools(snapshot).map(({ name }) => name);
  return refusal(
    'not-forwarding',
    `${route.name} gives production's clients ${route.answers}, and forwards them to no target group.`,
    `Let it forward to ${list(groups)}, with all of the weight for the one that is to serve; then run this again.`,
    'Or name the rule that forwards under `traffic.production` in the config.',
  );
}

function notAdopted(snapshot: Snapshot): Refusal {
  const first = poolsOf(snapshot, 'production')[0];
  return refusal(
    'not-adopted',
    `Nothing in ${first?.name ?? 'production'} carries the tags of this environment as its current fleet.`,
    'Run `turnout adopt --release R` once: it tags what production serves now.',
  );
}

/** Production targets that belong to no fleet of this environment, those whose instance is long gone excepted. */
export function unmanagedInProduction(snapshot: Snapshot): readonly string[] {
  const owned = new Set(snapshot.fleets.flatMap((fleet) => fleet.instances.map((instance) => instance.id)));
  const targets = poolsOf(snapshot, 'production').flatMap((pool) => pool.targets);
  const unknown = targets.filter(
    (target) => !owned.has(target.id) && target.reason !== 'Target.InvalidState' && target.state !== 'draining',
  );
  return [...new Set(unknown.map((target) => target.id))];
}

/** `41 (parked, 3 instances)`. */
export function describeFleet(snapshot: Snapshot, fleet: Fleet): string {
  return `${fleet.release} (${roleOf(snapshot, fleet)}, ${count(members(fleet).length, 'instance')})`;
}
