import { isIn, liveFleets, members, poolsOf, servingFleets } from '../domain/roles.ts';
import type { Fleet, Lowering, Pool, Snapshot } from '../domain/snapshot.ts';
import { batchSteps } from './in-batches.ts';
import { notHealthyIn, sentence } from '../domain/explain.ts';
import {
  countByZone,
  greatestMinimum,
  highestMinimum,
  minimumIn,
  NO_MINIMUM,
  shortfall,
  total,
  type ByZone,
} from '../domain/minimum-healthy.ts';
import { planAhead } from './ahead.ts';
import { refusal, type MinimumHealthy, type Refusal, type Stages } from '../domain/goal.ts';
import { isSettled, verified } from '../domain/queries.ts';
import { hasServed, homesOf, shareOfFleet, shareOfPool, testPools } from '../domain/shares.ts';
import type { Plan } from './plan.ts';
import { behaviourOf, type Step } from '../steps/index.ts';

/**
 * The switch that `promote` and `rollback` share: production is served by `to` alone, and what is tested is the fleet that is
 * not in production. Capacity never dips, in both directions: add before remove where fleets move between pools, and no share
 * for a pool that was not seen to be healthy where shares move between fleets. Steps of the other world have nothing to do.
 */
export interface Switch {
  readonly to: Fleet;
  readonly minimumHealthy: MinimumHealthy;
  /** `all`: each instance must be healthy (a new fleet). `minimum`: the minimum suffices (a fleet that served before). */
  readonly need: 'all' | 'minimum';
  /** ISO time at which it was asked for. */
  readonly since: string;
  /** Only where shares move; all at once when absent. */
  readonly stages?: Stages;
  /** Only where fleets move: so many instances at a time; all at once when absent. */
  readonly batch?: number;
  /** TTLs of names are lowered before, where the config says so. */
  readonly lowers?: true;
}

type Make = (pool: string, fleet: Fleet) => Step;

/** All steps of the switch, in order; those that are done already included. */
function allSteps(snapshot: Snapshot, change: Switch, before: readonly Step[]): readonly Step[] {
  const { to, minimumHealthy, need, stages } = change;
  const homes = namesOf(homesOf(snapshot, to));
  const each = (pools: readonly string[], fleet: Fleet, make: Make): readonly Step[] =>
    pools.map((pool) => make(pool, fleet));
  const settle: Make = (pool) => ({
    do: 'await-healthy',
    pool,
    fleet: to.id,
    minimumHealthy: minimumIn(snapshot, minimumHealthy, pool),
    need,
  });
  const isWhole = stages === undefined || stages.shares.at(-1) === 100;
  return [
    ...loweringSteps(snapshot, change, homes[0]),
    ...before,
    ...batchSteps(snapshot, change, homes),
    ...each(homes, to, register),
    ...each(homes, to, settle),
    ...shiftSteps(snapshot, change, homes[0]),
    ...(isWhole ? retireSteps(snapshot, change, homes) : []),
    ...(isWhole ? proofSteps(snapshot, change, homes[0]) : []),
  ];
}

function namesOf(pools: readonly Pool[]): readonly string[] {
  return pools.map(({ name }) => name);
}

const register: Make = (pool, fleet) => ({ do: 'register', pool, fleet: fleet.id });

/** What has to be lowered before it gets a share; after that there is no use in it. */
function toLower(snapshot: Snapshot, { to, lowers }: Switch): Lowering | undefined {
  return lowers && shareOfFleet(snapshot, to) === 0 ? snapshot.routing?.names?.lowering : undefined;
}

/** The names' TTL goes down, and the old one is waited out, so that the switch and the way back take no longer than the low one. */
function loweringSteps(snapshot: Snapshot, change: Switch, pool: string | undefined): readonly Step[] {
  const lowering = toLower(snapshot, change);
  if (lowering === undefined || pool === undefined) return [];
  const { to, since } = change;
  const fleet = to.id;
  return [
    { do: 'set-ttl', fleet, to: 'low' },
    { do: 'await-insync', pool, fleet },
    { do: 'tag-lowered-ttl', fleet, since },
    { do: 'await-lowered-ttl', fleet, seconds: lowering.usualS },
  ];
}

/** Production's share goes to the pool, in one or several steps, each of which is watched before the next. */
function shiftSteps(
  snapshot: Snapshot,
  { to, minimumHealthy, since, stages }: Switch,
  pool: string | undefined,
): readonly Step[] {
  if (snapshot.routing === undefined || pool === undefined) return [];
  const fleet = to.id;
  const least = minimumIn(snapshot, minimumHealthy, pool);
  const shift = { do: 'shift-weights', role: 'production', pool, fleet, minimumHealthy: least } as const;
  const synced: Step = { do: 'await-insync', pool, fleet };
  if (stages === undefined) return [{ ...shift, percent: 100 }, synced];
  const { shares, everyS: seconds } = stages;
  return shares.flatMap((percent, index): readonly Step[] => {
    const from = Math.max(shares[index - 1] ?? 0, index === 0 ? shareOfPool(snapshot, pool) : 0);
    const moved: Step = { ...shift, percent, from };
    if (percent === 100) return [moved, synced];
    const noted: Step = { do: 'tag-share', fleet, percent, since };
    if (index === shares.length - 1) return [moved, synced, noted];
    return [moved, synced, noted, { do: 'watch', pool, fleet, percent, seconds, since, minimumHealthy: least }];
  });
}

/** What shows that it is so: name servers, the time that resolvers may keep answers, and what production answers. */
function proofSteps(snapshot: Snapshot, change: Switch, pool: string | undefined): readonly Step[] {
  const { to } = change;
  const fleet = to.id;
  const prove: Step = { do: 'verify-release', fleet, release: to.release };
  const { names } = snapshot.routing ?? {};
  if (names === undefined || pool === undefined) return [prove];
  const from = liveFleets(snapshot).filter((other) => other !== to && hasServed(other));
  const seconds = toLower(snapshot, change)?.lowS ?? names.ttlS;
  return [
    { do: 'await-dns-answers', pool, fleet },
    ...from.map((other): Step => ({ do: 'await-ttl', fleet: other.id, seconds })),
    prove,
  ];
}

/** The other fleets leave production, and whatever leads to the fleet under test leads to them. */
function retireSteps(
  snapshot: Snapshot,
  { to, minimumHealthy, since }: Switch,
  homes: readonly string[],
): readonly Step[] {
  const from = liveFleets(snapshot).filter((fleet) => fleet !== to);
  const leave = (fleet: Fleet, pool: string): Step => ({
    do: 'deregister',
    pool,
    fleet: fleet.id,
    minimumHealthy: minimumIn(snapshot, minimumHealthy, pool),
  });
  const trials = (fleet: Fleet): readonly string[] => namesOf(testPools(snapshot, fleet));
  return [
    ...from.flatMap((fleet) => homes.map((pool) => leave(fleet, pool))),
    ...from.filter(hasServed).map((fleet): Step => ({ do: 'tag-share', fleet: fleet.id, percent: 0, since })),
    ...from.flatMap((fleet) => trials(fleet).map((pool) => register(pool, fleet))),
    ...from.slice(0, 1).flatMap((fleet) => routeTestTraffic(snapshot, fleet)),
    ...trials(to)
      .filter((pool) => snapshot.routing === undefined || !homes.includes(pool))
      .map((pool): Step => ({ do: 'deregister', pool, fleet: to.id, minimumHealthy: NO_MINIMUM })),
  ];
}

/** The test routes lead to the fleet's pool; nothing to do where test traffic has pools of its own. */
export function routeTestTraffic(snapshot: Snapshot, fleet: Fleet): readonly Step[] {
  if (snapshot.routing === undefined) return [];
  return namesOf(testPools(snapshot, fleet))
    .slice(0, 1)
    .map((pool) => ({
      do: 'shift-weights',
      role: 'test',
      pool,
      fleet: fleet.id,
      percent: 100,
      minimumHealthy: NO_MINIMUM,
    }));
}

/** What is left to do of the switch, after what has to come before it. */
export function planSwitch(snapshot: Snapshot, change: Switch, before: readonly Step[]): Plan | Refusal {
  return planAhead(snapshot, allSteps(snapshot, change, before), snapshot.routing?.notes);
}

/** It changes nothing, and can be repeated at any time. */
export function isVerification(snapshot: Snapshot, step: Step): boolean {
  return behaviourOf(step).effect(snapshot) === 'verifies';
}

/** Everything is done but the proof of it. */
export function isOnlyUnverified(snapshot: Snapshot, left: Plan | Refusal): boolean {
  return 'steps' in left && left.steps.length > 0 && left.steps.every((step) => isVerification(snapshot, step));
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

/** The fleet is too small for production, however healthy it is. */
export function tooSmall(snapshot: Snapshot, to: Fleet, minimumHealthy: MinimumHealthy): Refusal | undefined {
  const need = highestMinimum(minimumHealthy);
  const have = countByZone(members(to));
  const short = shortfall(have, need);
  if (short === undefined) return undefined;
  return refusal(
    'too-small',
    `${to.release} has ${total(have)} instances, and production must keep ${need.total} healthy: ${short}.`,
    `Bring up as many as production has, or accept fewer healthy targets: \`--min-healthy ${greatestMinimum(snapshot, have)}\`.`,
  );
}

/** Why the fleet must not get traffic now: somebody in it (or, for `minimum`, too many) is not verified healthy. */
export function notVerified(snapshot: Snapshot, { to, minimumHealthy, need }: Switch): Refusal | undefined {
  const fit = verified(snapshot, to);
  const enough =
    need === 'all'
      ? fit.length === members(to).length
      : shortfall(countByZone(fit), highestMinimum(minimumHealthy)) === undefined;
  if (enough && fit.length > 0) return undefined;
  const fitIds = new Set(fit.map((instance) => instance.id));
  const trials = testPools(snapshot, to);
  const shown = trials.find((pool) => isIn(pool, to)) ?? trials[0] ?? snapshot.pools[0]!;
  const sick = notHealthyIn(shown, to).filter(({ id }) => !fitIds.has(id));
  const why = sick.length > 0 ? ` ${sentence(sick)}.` : '';
  return refusal(
    'not-healthy',
    `${fit.length} of ${members(to).length} instances of ${to.release} are healthy in ${shown.name} now.${why}`,
    'Wait until they are healthy (`turnout status --watch`), or mend them, and run this again.',
    ...otherwise(snapshot, to, need, countByZone(fit)),
  );
}

/** What else can be done about a fleet that is not fit for traffic. */
function otherwise(snapshot: Snapshot, to: Fleet, need: Switch['need'], fit: ByZone): readonly string[] {
  if (need === 'minimum')
    return total(fit) > 0
      ? [`\`turnout rollback --min-healthy ${greatestMinimum(snapshot, fit)}\` accepts that production has no more.`]
      : [];
  if (servingFleets(snapshot).includes(to)) return ['`turnout rollback` takes it out of production again.'];
  return ['A green that is not worth mending: `turnout cleanup --discard`, then `turnout up --release R`.'];
}
