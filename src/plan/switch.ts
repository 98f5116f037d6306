import { isIn, isRegistered, poolsOf, servingFleets, targetsOf } from '../domain/roles.ts';
import { membersInService, membersToServe } from '../domain/scaled.ts';
import type { Fleet, Pool, Snapshot } from '../domain/snapshot.ts';
import { notHealthyIn, sentence } from '../domain/explain.ts';
import { sentences } from '../domain/text.ts';
import {
  countByZone,
  greatestMinimum,
  highestMinimum,
  minimumNow,
  shortfall,
  total,
  type ByZone,
} from '../domain/minimum-healthy.ts';
import { planAhead } from './ahead.ts';
import { refusal, type PoolMinimum, type Refusal } from '../domain/goal.ts';
import { isSettled, notSick, registeredIn, unreadableIn, verified } from '../domain/queries.ts';
import { duration, list } from '../domain/text.ts';
import { isZonal } from '../domain/zones.ts';
import { behaviourOf, type Step } from '../steps/index.ts';
import type { Plan } from './plan.ts';
import { checkedBy, unreachedProduction } from './group-checks.ts';
import { acrossZones } from './group-health.ts';
import { GROWS_S, scalingNotes, smallerGroup } from './scaling.ts';
import { trafficModel } from './traffic/index.ts';
import type { Switch } from './traffic/model.ts';
import { registerSteps } from './traffic/steps.ts';
import { targetsQuotaProblem } from './quotas.ts';
import { outsideNotes } from './outsiders.ts';
import { unmanagedInProduction } from './worlds.ts';
import { unreadableText } from '../domain/unreadable.ts';

/** What is left to do of the switch, after what has to come before it: directly before production moves, `first` of all, and `last`. */
export function planSwitch(
  snapshot: Snapshot,
  change: Switch,
  before: readonly Step[],
  first: Plan = { steps: [], notes: [] },
  last: readonly Step[] = [],
): Plan | Refusal {
  const model = trafficModel(snapshot);
  const unmanaged = unmanagedInProduction(snapshot);
  const stays =
    unmanaged.length === 0
      ? []
      : [`${list(unmanaged, 5)} without the ownership tags of this environment: in production, and left there.`];
  const steps = [...first.steps, ...model.switchSteps(change, before), ...last];
  const unreadable = unreadableIn(snapshot).map(unreadableText);
  const plan = planAhead(snapshot, steps, [
    ...first.notes,
    ...model.notes,
    ...stays,
    ...scalingNotes(snapshot),
    ...outsideNotes(snapshot),
    ...unreadable,
  ]);
  // The way back is tried, whatever quota it may meet.
  const no = change.prepares && 'steps' in plan ? targetsQuotaProblem(snapshot, plan.steps) : undefined;
  const unreached =
    'steps' in plan || plan.refused !== 'not-safe' ? undefined : unreachedProduction(snapshot, change.to);
  return no ?? unreached ?? plan;
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
  const isWhole = (pool: Pool): boolean => registeredIn(pool, fleet).length >= membersToServe(fleet).length;
  return poolsOf(snapshot, 'production').every((pool) => isWhole(pool) && isSettled(snapshot, pool, fleet));
}

/** Production is served by this fleet alone, in every group; only the test groups may be left to swap. */
export function isSwitched(snapshot: Snapshot, to: Fleet): boolean {
  const alone = servingFleets(snapshot).every((fleet) => fleet === to);
  const pools = poolsOf(snapshot, 'production');
  // Where every weight is 0, none has production.
  return alone && pools.length > 0 && pools.every((pool) => isIn(pool, to));
}

/** A group launches nothing in a zone that it has no subnet in, however often it is brought up. */
function largerText({ release, group }: Fleet, { zones }: PoolMinimum): string {
  const without = Object.keys(zones).filter((zone) => group?.zones.includes(zone) === false);
  if (group === undefined || without.length === 0)
    return `To bring up as many as production has: \`turnout cleanup --discard --release ${release}\`, then \`turnout up --release ${release}\`.`;
  return `Give ${group.name} a subnet in ${list(without)}: it evens out its zones by itself; then run this again.`;
}

/** The fleet is too small for production, however healthy it is. */
export function tooSmall(
  snapshot: Snapshot,
  { to, minimumHealthy, prepares, need: wanted }: Switch,
): Refusal | undefined {
  const need = highestMinimum(minimumHealthy);
  const have = countByZone(membersToServe(to));
  const short = shortfall(have, need);
  const smaller = smallerGroup(snapshot, to);
  // A group grows to what serves before it gets a share.
  if (short === undefined || (smaller !== undefined && prepares && wanted === 'all')) return undefined;
  return refusal(
    'too-small',
    `${to.release} has ${total(have)} instances, and production must keep ${need.total} healthy: ${short}.`,
    ...(smaller !== undefined && !prepares
      ? [
          `\`turnout rollback --grow\` lets ${to.group?.name} grow from ${smaller.have} to ${smaller.need} first, in about ${duration(GROWS_S)}.`,
        ]
      : []),
    `\`turnout ${prepares ? 'promote' : 'rollback'} --min-healthy ${accepted(snapshot, have)}\` accepts fewer healthy targets.`,
    ...zonalGroups(snapshot, need).map(acrossZones),
    ...(prepares ? [largerText(to, need)] : []),
  );
}

/**
 * Why the fleet must not get traffic now: an instance of it (or, for `minimum`, too many) is not verified healthy; with
 * `unlessSick`, is known not to be healthy, as ELB checks the others in production before it sends them requests.
 */
export function notVerified(snapshot: Snapshot, { to, minimumHealthy, need, unlessSick }: Switch): Refusal | undefined {
  const fit = unlessSick ? notSick(snapshot, to) : verified(snapshot, to);
  const least = highestMinimum(minimumHealthy);
  const short = need === 'all' ? undefined : shortfall(countByZone(fit), least);
  const enough = need === 'all' ? fit.length === membersToServe(to).length : short === undefined;
  if (enough && fit.length > 0) return undefined;
  const fitIds = new Set(fit.map((instance) => instance.id));
  const test = trafficModel(snapshot).testPools(to);
  const shown = test.find((pool) => isIn(pool, to)) ?? test[0] ?? snapshot.pools[0]!;
  const sick = notHealthyIn(shown, to).filter(({ id }) => !fitIds.has(id));
  const why = sick.length > 0 ? ` ${sentence(sick)}.` : '';
  return refusal(
    'not-healthy',
    `${verified(snapshot, to).length} of ${membersToServe(to).length} instances of ${to.release} are healthy in ${shown.name} now${short === undefined ? '' : `, which is ${short}`}.${why}`,
    ...(checkedBy(snapshot, shown) ?? [
      'Wait until they are healthy (`turnout status --watch`), or fix them, and run this again.',
    ]),
    ...otherwise(snapshot, to, need, countByZone(fit)),
    ...(short?.includes(' in ') ? zonalGroups(snapshot, least).map(acrossZones) : []),
  );
}

/** What else can be done about a fleet that is not fit for traffic. */
function otherwise(snapshot: Snapshot, to: Fleet, need: Switch['need'], fit: ByZone): readonly string[] {
  const least = accepted(snapshot, fit);
  if (need === 'minimum')
    return sentences(least > 0 && `\`turnout rollback --min-healthy ${least}\` accepts that production has no more.`);
  if (servingFleets(snapshot).includes(to)) return ['`turnout rollback` takes it out of production again.'];
  return sentences(
    least > 0 && `\`turnout promote --min-healthy ${least}\` accepts those that are healthy.`,
    'A green that is not worth fixing: `turnout cleanup --discard`, then `turnout up --release R`.',
  );
}

/** Groups because of which each zone must keep something. */
function zonalGroups(snapshot: Snapshot, { zonal }: PoolMinimum): readonly Pool[] {
  return zonal ? poolsOf(snapshot, 'production').filter(isZonal) : [];
}

/** The greatest `--min-healthy` with which the fleet would do. */
function accepted(snapshot: Snapshot, have: ByZone): number {
  return greatestMinimum(minimumNow(snapshot, trafficModel(snapshot).capacityGroups()), have);
}

/**
 * Some of its members' health is not known yet: they left production, and did not get into a test group before a run was
 * stopped, or had no health check there so far.
 */
export function isUnknown(snapshot: Snapshot, fleet: Fleet): boolean {
  const targets = trafficModel(snapshot)
    .testPools(fleet)
    .flatMap((pool) => targetsOf(pool, fleet));
  const checked = targets.filter((target) => target.state !== 'initial' && isRegistered(target));
  const known = new Set(checked.map(({ id }) => id));
  return membersInService(fleet).some(({ id }) => !known.has(id));
}

/** A pool beside production shows whether the fleet is healthy: it could be read, and ELB checks health there. */
export function isTestable(snapshot: Snapshot, fleet: Fleet): boolean {
  const isChecked = (pool: Pool): boolean =>
    pool.loadBalancers?.length !== 0 && targetsOf(pool, fleet).every(({ reason }) => reason !== 'Target.NotInUse');
  return trafficModel(snapshot).testPools(fleet).some(isChecked);
}

/** Puts the fleet where its health gets known before traffic moves to it. */
export function verifySteps(snapshot: Snapshot, { to, minimumHealthy, need }: Switch): readonly Step[] {
  const pool = trafficModel(snapshot).testPools(to)[0]?.name;
  if (pool === undefined) return [];
  return [
    ...registerSteps(to, [pool]),
    { do: 'await-healthy', pool, fleet: to.id, minimumHealthy: highestMinimum(minimumHealthy), need },
  ];
}
