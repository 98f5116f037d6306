import { notHealthyIn } from '../domain/explain.ts';
import type { HeldMinimum, FleetGroup } from '../domain/scaling.ts';
import { isHealthy } from '../domain/minimum-healthy.ts';
import { poolByName } from '../domain/queries.ts';
import { servingFleets, targetsOf } from '../domain/roles.ts';
import { capacityIn, isScaled, membersToServe } from '../domain/scaled.ts';
import type { Instance, Snapshot } from '../domain/snapshot.ts';
import { never, type StepDefinition } from './definition.ts';
import { REQUEST } from './presets.ts';
import { byTimeWaited, limit } from './timing.ts';
import { changeGroup, changePool, existingFleet, fleetOf, idsOf, memberIds, withInstances } from './world.ts';

/** Let the fleet's group grow to what serves now, where that has scaled out meanwhile, and wait until all of it is healthy. */
export interface MatchSize {
  readonly do: 'match-size';
  readonly fleet: string;
  readonly pool: string;
  readonly run: string;
  readonly who: string;
  /** ISO time at which it was asked for. */
  readonly since: string;
}

export const matchSize: StepDefinition<MatchSize> = (step) => ({
  ...REQUEST,
  title: (snapshot) => {
    const { name, desired } = fleetOf(snapshot, step).group ?? {};
    const size = wanted(snapshot, step);
    return size > (desired ?? 0)
      ? `let ${name} grow to the ${size} that serve`
      : `see that ${name} is as large as what serves`;
  },
  instances: (snapshot) => memberIds(snapshot, step),
  estimateS: (snapshot) => ((fleetOf(snapshot, step).group?.desired ?? 0) < wanted(snapshot, step) ? BOOT_S : 0),
  progress: (snapshot) => {
    const { group } = fleetOf(snapshot, step);
    if (group === undefined) return 'done';
    if (group.desired < wanted(snapshot, step)) return 'todo';
    // It has to be so in a reading of this step's own: what serves may have grown since the plan was made.
    return isAsked(snapshot, step) && isWhole(snapshot, step, group) ? 'done' : 'under way';
  },
  guard: (snapshot) => aboveMaximum(snapshot, step) ?? cannotGrow(snapshot, step),
  cannotSucceed: never,
  count: (snapshot) => {
    const fleet = fleetOf(snapshot, step);
    const waiting = notHealthyIn(poolByName(snapshot, step.pool), fleet);
    const failures = (fleet.group?.failures ?? []).slice(0, 1).map((why) => ({ id: fleet.group?.name ?? '', why }));
    const want = Math.max(wanted(snapshot, step), membersToServe(fleet).length);
    return {
      have: membersToServe(fleet).length - waiting.length,
      want,
      word: 'healthy',
      waiting: [...failures, ...waiting],
    };
  },
  lastSeen: (snapshot) => fleetOf(snapshot, step).group?.failures[0],
  readsBefore: () => ({ pools: 'all', fleets: 'all', routes: true, sizeOf: step.fleet }),
  readsToPoll: () => ({ pools: [step.pool], fleets: 'all', sizeOf: step.fleet }),
  effect: (snapshot) =>
    (fleetOf(snapshot, step).group?.desired ?? 0) < wanted(snapshot, step) ? 'launches' : 'verifies',
  timeLimitMs: limit('bootMs'),
  pollEveryMs: byTimeWaited,
  apply: async ({ fleet }, snapshot) => {
    const size = wanted(snapshot, step);
    await fleet.resize(existingFleet(snapshot, step), { minimum: size, desired: size, held: heldFor(snapshot, step) });
  },
  simulate: (snapshot) => grown(snapshot, step),
});

/** An instance boots and is checked; the common case of a small Linux image. */
const BOOT_S = 60;

/** What the other fleets in production have in service, or its desired capacity, where that is more. */
function wanted(snapshot: Snapshot, step: MatchSize): number {
  const others = servingFleets(snapshot).filter(({ id }) => id !== step.fleet);
  const fleet = fleetOf(snapshot, step);
  return Math.max(fleet.group?.desired ?? 0, ...others.filter(isScaled).map((other) => capacityIn(fleet, other)));
}

function isAsked({ details, at }: Snapshot, { fleet }: MatchSize): boolean {
  return details?.sized?.fleet === fleet && details.sized.at === at;
}

/** Its desired capacity is in service and healthy, also what has come meanwhile. */
function isWhole(snapshot: Snapshot, step: MatchSize, group: FleetGroup): boolean {
  const fleet = fleetOf(snapshot, step);
  const healthy = targetsOf(poolByName(snapshot, step.pool), fleet).filter(isHealthy);
  const ids = new Set(healthy.map(({ id }) => id));
  return group.capacity >= group.desired && membersToServe(fleet).every(({ id }) => ids.has(id));
}

function aboveMaximum(snapshot: Snapshot, step: MatchSize): string | undefined {
  const { group } = fleetOf(snapshot, step);
  const size = wanted(snapshot, step);
  if (group === undefined || size <= group.maximum) return undefined;
  return `${group.name} has a maximum of ${group.maximum}, and ${size} serve now: raise its maximum.`;
}

function cannotGrow(snapshot: Snapshot, step: MatchSize): string | undefined {
  const { group } = fleetOf(snapshot, step);
  const isSmall = group !== undefined && group.desired < wanted(snapshot, step);
  return isSmall && group.suspended.includes('Launch')
    ? `Launch of ${group.name} is suspended, so it cannot grow: resume it.`
    : undefined;
}

function heldFor(snapshot: Snapshot, step: MatchSize): HeldMinimum {
  const { group } = fleetOf(snapshot, step);
  const { run, who, since } = step;
  return { ...(group?.held ?? { before: group?.minimum ?? 0, run, since, who }), at: wanted(snapshot, step) };
}

/** Its desired capacity is there, and healthy. */
function grown(snapshot: Snapshot, step: MatchSize): Snapshot {
  const { group } = fleetOf(snapshot, step);
  const size = wanted(snapshot, step);
  if (group === undefined) return snapshot;
  const sizes = { desired: size, minimum: size, capacity: size, inService: size, held: heldFor(snapshot, step) };
  const larger = group.desired < size ? changeGroup(snapshot, step.fleet, sizes) : snapshot;
  const world = withInstances(larger, step.fleet, moreOf(snapshot, step, group, size - group.capacity));
  const { port } = poolByName(world, step.pool);
  const ids = idsOf(membersToServe(fleetOf(world, step)));
  const whole = changePool(world, step.pool, ({ targets }) => [
    ...targets.filter(({ id }) => !ids.includes(id)),
    ...ids.map((id) => ({ id, port, state: 'healthy' as const })),
  ]);
  return { ...whole, details: { ...whole.details, sized: { fleet: step.fleet, at: whole.at } } };
}

/** Auto Scaling launches where there are the fewest (User guide, "Availability Zone distribution"). */
function moreOf(snapshot: Snapshot, step: MatchSize, group: FleetGroup, more: number): readonly Instance[] {
  const counts = new Map(group.zones.map((zone) => [zone, 0]));
  for (const { zone } of membersToServe(fleetOf(snapshot, step))) counts.set(zone, (counts.get(zone) ?? 0) + 1);
  return Array.from({ length: Math.max(0, Math.ceil(more)) }, (_, n): Instance => {
    const [zone = '', has = 0] = [...counts].toSorted((a, b) => a[1] - b[1])[0] ?? [];
    counts.set(zone, has + 1);
    return { id: `new-${n + 1}`, zone, state: 'running', launchedAt: snapshot.at };
  });
}
