import type { Amount } from '../src/domain/amount.ts';
import { withTerms } from '../src/domain/approval.ts';
import { defined } from '../src/domain/defined.ts';
import {
  isRefusal,
  keepsInstances,
  refusal,
  type Allowed,
  type GoalOf,
  type LaunchBatch,
  type LaunchGroup,
  type MinimumHealthy,
  type Refusal,
} from '../src/domain/goal.ts';
import { minimumWhileOut } from '../src/domain/in-place.ts';
import { countByZone, lowerMinimum, minimumNow } from '../src/domain/minimum-healthy.ts';
import { recordNow } from '../src/domain/production-record.ts';
import { fleetById } from '../src/domain/queries.ts';
import { members, servingFleets } from '../src/domain/roles.ts';
import { count, list } from '../src/domain/text.ts';
import type { FleetGroup } from '../src/domain/scaling.ts';
import type { SwitchSettings } from '../src/domain/traffic.ts';
import type { Snapshot } from '../src/domain/snapshot.ts';
import { spread } from '../src/plan/fleet-size.ts';
import { nextQuotaProblem } from '../src/plan/quotas.ts';
import { trafficModel } from '../src/plan/traffic/index.ts';
import type { PaceOptions } from '../src/plan/traffic/model.ts';
import { wantsStages } from '../src/plan/traffic/steps.ts';
import { allowedBy, type AllowOptions } from './allowed.ts';

/** What single options make of the goal of a run that did not end: see the table in recorded-goal.ts. */

export interface Given<O> {
  readonly snapshot: Snapshot;
  readonly options: O;
}

export function sameRelease<G extends { readonly release: string }>(
  goal: G,
  { options }: { readonly options: { readonly release?: string } },
): G | 'other-subject' {
  return options.release === goal.release ? goal : 'other-subject';
}

export function sameInstances<G extends { readonly instances: readonly string[] }>(
  goal: G,
  { options: { instances = [] } }: { readonly options: { readonly instances?: readonly string[] } },
): G | 'other-subject' {
  const asked = [...new Set(instances)].toSorted().join();
  return asked === goal.instances.toSorted().join() ? goal : 'other-subject';
}

/** What was allowed before stays so. */
export function allows<G extends { readonly allowed?: Allowed }>(
  goal: G,
  { options }: { readonly options: AllowOptions },
): G {
  const { allowed: before = {} } = goal;
  const { allowed: now = {} } = allowedBy(options);
  const both = (key: 'sharedGroups' | 'owners' | 'alarms') =>
    (before[key] ?? now[key]) && { [key]: [...new Set([...(before[key] ?? []), ...(now[key] ?? [])])] };
  return { ...goal, allowed: { ...before, ...now, ...both('sharedGroups'), ...both('owners'), ...both('alarms') } };
}

/** Of what was healthy when the run began, or of what is healthy now, where that is more: what is left after the trouble is no measure. */
export function minimumOfProduction<G extends { readonly minimumHealthy: MinimumHealthy }>(
  goal: G,
  { snapshot, options }: Given<{ readonly minHealthy?: Amount }>,
): G {
  const now = minimumNow(snapshot, trafficModel(snapshot).capacityGroups());
  const most = Object.entries(now).map(([group, minimum]) => {
    const before = goal.minimumHealthy[group];
    return [group, before !== undefined && before.total > minimum.total ? before : minimum] as const;
  });
  return { ...goal, minimumHealthy: lowerMinimum(Object.fromEntries(most), options.minHealthy) };
}

/** The steps that are left are those asked for now, or else the recorded ones. */
export function pace(
  goal: GoalOf<'promote'>,
  { snapshot, options, settings }: Given<PaceOptions> & { readonly settings: SwitchSettings },
): GoalOf<'promote'> | Refusal {
  const to = fleetById(snapshot, goal.fleet);
  if (to === undefined) return goal;
  const { stages, batch: _, ...rest } = goal;
  const { batch, every = stages?.everyS } = options;
  const known = stages?.shares ?? ('steps' in settings.traffic ? settings.traffic.steps : []);
  const { steps = known, to: last = options.steps === undefined ? (known.at(-1) ?? 100) : 100 } = options;
  const asked = wantsStages(options) ? defined({ steps, every, to: last, batch }) : defined({ batch });
  const found = trafficModel(snapshot).paceOf(to, asked, settings);
  return isRefusal(found) ? found : { ...rest, ...found };
}

/** What was asked for before stays so. */
export function asksApproval(
  goal: GoalOf<'promote'>,
  { options: { approve = false } }: { readonly options: { readonly approve?: boolean } },
): GoalOf<'promote'> {
  return approve ? { ...goal, settings: withTerms(goal.settings) } : goal;
}

export function batchBack(
  goal: GoalOf<'rollback'>,
  { snapshot, options }: Given<{ readonly batch?: Amount }>,
): GoalOf<'rollback'> | Refusal {
  const to = fleetById(snapshot, goal.fleet);
  const found = to === undefined ? {} : trafficModel(snapshot).paceBack(to, options);
  return isRefusal(found) ? found : { ...goal, ...found };
}

/**
 * Zones in which a launch was seen stay as they are: EC2 takes a request for a zone, by its token, only once. The others get
 * what is left of the number.
 */
export function countAgain(
  goal: GoalOf<'up'>,
  { snapshot, options }: Given<{ readonly count?: number }>,
): GoalOf<'up'> | Refusal {
  const { fleet, release, spec } = goal;
  if (spec.group !== undefined) return countOfGroup(goal, spec.group, { snapshot, options });
  const launched = countByZone(fleetById(snapshot, fleet)?.instances ?? []);
  const isBegun = ({ zone }: LaunchBatch): boolean => (launched[zone] ?? 0) > 0;
  const sizeOf = (batches: readonly LaunchBatch[]): number => batches.reduce((sum, batch) => sum + batch.count, 0);
  const begun = sizeOf(spec.batches.filter(isBegun));
  const asked = options.count ?? sizeOf(spec.batches);
  const left = spec.batches.filter((batch) => !isBegun(batch));
  if (asked < begun || (asked > begun && left.length === 0)) {
    return refusal(
      'launched-already',
      `--count ${asked} is ${asked < begun ? 'fewer' : 'more'} than the ${count(begun, 'instance')} of ${release} that an earlier run has launched, zone by zone.`,
      `\`turnout up --release ${release} --count ${begun}\` goes on with those.`,
      `\`turnout cleanup --discard --release ${release}\` terminates them; then begin anew with \`turnout up\`.`,
    );
  }
  const zones = spread(Object.fromEntries(left.map((batch) => [batch.zone, batch.count])), asked - begun);
  const batches = spec.batches.flatMap((batch) => {
    if (isBegun(batch)) return [batch];
    const n = zones[batch.zone] ?? 0;
    return n === 0 ? [] : [{ ...batch, count: n }];
  });
  const all = Object.fromEntries(batches.map((batch) => [batch.zone, batch.count]));
  const serving = servingFleets(snapshot).filter(({ id }) => id !== fleet);
  return (
    nextQuotaProblem(snapshot, countByZone(serving.flatMap(members)), all) ?? { ...goal, spec: { ...spec, batches } }
  );
}

/** A group launches more, but is not scaled in: which instances it would terminate is its own choice. */
function countOfGroup(
  goal: GoalOf<'up'>,
  group: LaunchGroup,
  { snapshot, options: { count: asked = group.count } }: Given<{ readonly count?: number }>,
): GoalOf<'up'> | Refusal {
  if (asked === group.count) return goal;
  const { fleet, spec } = goal;
  const serving = countByZone(servingFleets(snapshot).flatMap((one) => (one.id === fleet ? [] : members(one))));
  const why = cannotBe(asked, group, fleetById(snapshot, fleet)?.group);
  if (why === undefined)
    return (
      nextQuotaProblem(snapshot, serving, spread(serving, asked)) ?? {
        ...goal,
        spec: { ...spec, group: { ...group, count: asked, capacity: asked } },
      }
    );
  return otherLaunch(goal, `it is for ${count(group.count, 'instance')}, and not for --count ${asked}: ${why}.`);
}

function cannotBe(asked: number, { name, count: many, capacity }: LaunchGroup, now?: FleetGroup): string | undefined {
  const { desired = 0, maximum = asked } = now ?? {};
  if (capacity !== many) return `${name} counts capacity in weights, and not in instances`;
  if (asked < desired) return `${name} has a desired capacity of ${desired}, and turnout scales no new group in`;
  return asked > maximum ? `${name} has a maximum of ${maximum}` : undefined;
}

/** What is launched was resolved when the run began. */
export function sameClone(
  goal: GoalOf<'up'>,
  { options }: { readonly options: { readonly cloneFrom?: string } },
): GoalOf<'up'> | Refusal {
  if (options.cloneFrom === goal.cloneFrom) return goal;
  const { group } = goal.spec;
  const does =
    group === undefined
      ? `clones ${goal.cloneFrom ?? 'an instance of its choice'}`
      : `launches from the template of ${group.name}`;
  return otherLaunch(goal, `it ${does}, and not --clone-from ${options.cloneFrom}.`);
}

/** So were its zones. */
export function sameZones(
  goal: GoalOf<'up'>,
  { options: { zone: asked = [] } }: { readonly options: { readonly zone?: readonly string[] } },
): GoalOf<'up'> | Refusal {
  const { batches, group } = goal.spec;
  const zones = batches.map(({ zone }) => zone);
  if (group === undefined && zones.length === asked.length && zones.every((zone) => asked.includes(zone))) return goal;
  const where = group === undefined ? list(zones) : `the zones of ${group.name}`;
  return otherLaunch(goal, `it is for ${where}, and not for --zone ${asked.join(' --zone ')}.`);
}

function otherLaunch({ release, who }: GoalOf<'up'>, why: string): Refusal {
  return refusal(
    'other-steps',
    `An earlier up of ${release} by ${who} did not end: ${why}`,
    `\`turnout up --release ${release}\` goes on with it.`,
    `\`turnout cleanup --discard --release ${release}\` terminates what was launched; then begin anew.`,
  );
}

/** The same fleets, or none: what another run began to terminate is not left half-way for others. */
export function onlyThatRelease(
  goal: GoalOf<'cleanup'>,
  { options }: { readonly options: { readonly release?: string } },
): GoalOf<'cleanup'> | Refusal {
  if (options.release === goal.only) return goal;
  const which = goal.only === undefined ? `every fleet but ${goal.release}` : `only ${goal.only}`;
  return refusal(
    'other-steps',
    `An earlier cleanup by ${goal.who} did not end: it terminates ${which}, and not only --release ${options.release}.`,
    `\`turnout cleanup${goal.only === undefined ? '' : ` --release ${goal.only}`}\` goes on with it.`,
    '`turnout abandon` leaves things as they are and forgets it.',
  );
}

/** What serves now is meant to live, whatever the last run has left. */
export function keepsRelease(
  goal: GoalOf<'cleanup'>,
  { snapshot, options: { keep = goal.release } }: Given<{ readonly keep?: string }>,
): GoalOf<'cleanup'> | Refusal {
  if (keep === goal.release) return { ...goal, assertsRelease: true, lastProduction: recordNow(snapshot, goal) };
  return refusal(
    'other-release',
    `An earlier cleanup by ${goal.who} did not end: it keeps ${goal.release}, and not --keep ${keep}.`,
    `\`turnout cleanup --keep ${goal.release}\` goes on with it.`,
    '`turnout abandon` leaves things as they are and forgets it.',
  );
}

/** In place, or by an instance refresh: what has begun one way does not go on the other. */
export function sameWay(
  goal: GoalOf<'rolling'>,
  { options }: { readonly options: { readonly refresh?: boolean; readonly rootVolumes?: boolean } },
): GoalOf<'rolling'> | Refusal {
  const { rootVolumes = false, refresh = rootVolumes } = options;
  const isOther = rootVolumes && goal.refresh !== undefined && !keepsInstances(goal.refresh.spec);
  if ((goal.refresh !== undefined) === refresh && !isOther) return goal;
  const flag = rootVolumes ? '--root-volumes' : '--refresh';
  const way = isOther
    ? 'goes with --refresh, by other instances: --root-volumes would keep those'
    : refresh
      ? `goes in place: ${flag} would replace what it has deployed to`
      : 'goes with --refresh, by an instance refresh';
  return refusal(
    'other-steps',
    `An earlier rolling of ${goal.release} by ${goal.who} did not end, and ${way}.`,
    '`turnout resume` goes on with it.',
    '`turnout abandon` forgets it; then run this again.',
  );
}

export function minimumOfInstances(
  goal: GoalOf<'drain'>,
  { snapshot, options }: Given<{ readonly minHealthy?: Amount }>,
): GoalOf<'drain'> {
  const { instances } = goal;
  return { ...goal, minimumHealthy: minimumWhileOut(snapshot, instances, instances.length, options.minHealthy) };
}

export function downtimeWhileOut(
  goal: GoalOf<'drain'>,
  { options }: { readonly options: { readonly allowDowntime?: boolean } },
): GoalOf<'drain'> {
  return options.allowDowntime === true ? withoutMinimum(goal) : goal;
}

/** Downtime is allowed. */
export function withoutMinimum<G extends { readonly minimumHealthy?: MinimumHealthy }>(
  goal: G,
): Omit<G, 'minimumHealthy'> {
  const { minimumHealthy: _, ...rest } = goal;
  return rest;
}

/** Of this environment only, or of others too. */
export function takesOver(
  goal: GoalOf<'adopt'>,
  { options: { takeOver = false } }: { readonly options: { readonly takeOver?: boolean } },
): GoalOf<'adopt'> {
  const { takesOver: _, ...rest } = goal;
  return takeOver ? { ...rest, takesOver: true } : rest;
}
