import { isIn, liveFleets, members, poolsOf, servingFleets } from '../observe/roles.ts';
import type { Fleet, Snapshot } from '../observe/snapshot.ts';
import { notHealthyIn, sentence } from './explain.ts';
import { countByZone, shortfall, total } from './floor.ts';
import { planAhead } from './ahead.ts';
import { refusal, type Floor, type Refusal, type ZoneFloor } from './goal.ts';
import { isSettled, verified } from './look.ts';
import type { Plan, Step } from './step.ts';

/**
 * The switch that `promote` and `rollback` share: production is served by `to` alone, and the test groups show the fleet
 * that is not in production. Add before remove, in both directions, so that capacity never dips.
 */
export interface Switch {
  readonly to: Fleet;
  readonly floor: Floor;
  /** `all`: each instance must be healthy (a new fleet). `floor`: the floor suffices (a fleet that served before). */
  readonly need: 'all' | 'floor';
}

/** All steps of the switch, in order; those that are done already included. */
function allSteps(snapshot: Snapshot, { to, floor, need }: Switch, before: readonly Step[]): readonly Step[] {
  const production = poolsOf(snapshot, 'production').map((pool) => pool.name);
  const test = poolsOf(snapshot, 'test').map((pool) => pool.name);
  const from = liveFleets(snapshot).filter((fleet) => fleet !== to);
  const each = (names: readonly string[], make: (pool: string) => Step): readonly Step[] => names.map(make);
  const leave = (fleet: Fleet, pool: string): Step => ({
    do: 'deregister',
    pool,
    fleet: fleet.id,
    floor: floor[pool] ?? {},
  });
  return [
    ...before,
    ...each(production, (pool) => ({ do: 'register', pool, fleet: to.id })),
    ...each(production, (pool) => ({ do: 'await-healthy', pool, fleet: to.id, floor: floor[pool] ?? {}, need })),
    ...from.flatMap((fleet) => each(production, (pool) => leave(fleet, pool))),
    ...from.flatMap((fleet) => each(test, (pool): Step => ({ do: 'register', pool, fleet: fleet.id }))),
    ...each(test, (pool) => ({ do: 'deregister', pool, fleet: to.id, floor: {} })),
  ];
}

/** What is left to do of the switch, after what has to come before it. */
export function planSwitch(snapshot: Snapshot, change: Switch, before: readonly Step[]): Plan | Refusal {
  return planAhead(snapshot, allSteps(snapshot, change, before));
}

/** The fleet never left production: nothing is to be brought in, and ELB has made up its mind about each of its targets. */
export function hasStayed(snapshot: Snapshot, fleet: Fleet): boolean {
  return poolsOf(snapshot, 'production').every((pool) => isIn(pool, fleet) && isSettled(snapshot, pool, fleet));
}

/** Production is served by this fleet alone, in every group; only the test groups may be left to swap. */
export function isSwitched(snapshot: Snapshot, to: Fleet): boolean {
  const alone = servingFleets(snapshot).every((fleet) => fleet === to);
  return alone && poolsOf(snapshot, 'production').every((pool) => isIn(pool, to));
}

/** The most that any production group asks for, by zone. */
export function highestFloor(floor: Floor): ZoneFloor {
  const highest: Record<string, number> = {};
  for (const zones of Object.values(floor)) {
    for (const [zone, least] of Object.entries(zones)) highest[zone] = Math.max(least, highest[zone] ?? 0);
  }
  return highest;
}

/** The fleet is too small for production, however healthy it is. */
export function tooSmall(to: Fleet, floor: Floor): Refusal | undefined {
  const need = highestFloor(floor);
  const have = countByZone(members(to));
  const short = shortfall(have, need);
  if (short === undefined) return undefined;
  return refusal(
    'too-small',
    `${to.release} has ${total(have)} instances, and production must keep ${total(need)} healthy: ${short}.`,
    `Bring up as many as production has, or lower the floor on purpose: --floor ${total(have)}.`,
  );
}

/** Why the fleet must not get traffic now: somebody in it (or, for `floor`, too many) is not verified healthy. */
export function notVerified(snapshot: Snapshot, { to, floor, need }: Switch): Refusal | undefined {
  const fit = verified(snapshot, to);
  const enough =
    need === 'all' ? fit.length === members(to).length : shortfall(countByZone(fit), highestFloor(floor)) === undefined;
  if (enough && fit.length > 0) return undefined;
  const fitIds = new Set(fit.map((instance) => instance.id));
  const pools = poolsOf(snapshot, 'test').filter((pool) => isIn(pool, to));
  const shown = (pools[0] ?? poolsOf(snapshot, 'test')[0]) as (typeof pools)[number];
  const sick = notHealthyIn(shown, to).filter(({ id }) => !fitIds.has(id));
  const why = sick.length > 0 ? ` ${sentence(sick)}.` : '';
  return refusal(
    'not-healthy',
    `${fit.length} of ${members(to).length} instances of ${to.release} are healthy in ${shown.name} now.${why}`,
    'Wait until they are healthy (`turnout status --watch`), or mend them, and run this again.',
    ...otherwise(snapshot, to, need),
  );
}

/** What else can be done about a fleet that is not fit for traffic. */
function otherwise(snapshot: Snapshot, to: Fleet, need: Switch['need']): readonly string[] {
  if (need === 'floor') return [];
  if (servingFleets(snapshot).includes(to)) return ['`turnout rollback` takes it out of production again.'];
  return ['A green that is not worth mending: `turnout cleanup --discard`, then `turnout up --release R`.'];
}
