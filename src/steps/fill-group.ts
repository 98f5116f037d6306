import type { LaunchGroup, LaunchSpec } from '../domain/goal.ts';
import { configuredPools, isRegistered, liveFleets, members, roleOf } from '../domain/roles.ts';
import { answeredWithoutShare } from '../domain/passed-over.ts';
import { fleetById } from '../domain/queries.ts';
import { shareOfPool } from '../domain/shares.ts';
import type { HeldMinimum, FleetGroup } from '../domain/scaling.ts';
import type { Fleet, Instance, Pool, Snapshot, Target } from '../domain/snapshot.ts';
import { storeMarkOf } from '../domain/store-mark.ts';
import { count, list } from '../domain/text.ts';
import { defined } from '../domain/defined.ts';
import { NOTHING } from '../observe/reads.ts';
import type { StepDefinition } from './definition.ts';
import { REQUEST } from './presets.ts';
import { CALL_S } from './timing.ts';
import { fleetOf } from './world.ts';

/** Give an empty Auto Scaling group its release and its size: it launches the fleet's instances. */
export interface FillGroup {
  readonly do: 'fill-group';
  readonly fleet: string;
  readonly release: string;
  readonly spec: LaunchSpec;
  readonly group: LaunchGroup;
  readonly run: string;
  readonly who: string;
  /** ISO time at which it was asked for. */
  readonly since: string;
}

export const fillGroup: StepDefinition<FillGroup> = (step) => ({
  ...REQUEST,
  title: () => `let ${step.group.name} launch ${count(step.group.count, 'instance')} of ${step.release}`,
  instances: () => [],
  estimateS: () => 3 * CALL_S,
  progress: (snapshot) => ((fleetOf(snapshot, step).group?.desired ?? 0) >= step.group.capacity ? 'done' : 'todo'),
  // What it launches it registers by itself.
  guard: (snapshot) => notAlone(snapshot, step) ?? notItsPools(snapshot, step) ?? answeredWithoutShare(snapshot),
  cannotSucceed: (snapshot) => notAlone(snapshot, step) ?? notItsPools(snapshot, step),
  readsBefore: () => ({ ...NOTHING, pools: 'all', fleets: 'all', routes: true }),
  readsToPoll: () => ({ pools: [], fleets: [step.fleet] }),
  effect: () => 'launches',
  apply: async ({ fleet }, snapshot) => {
    const marks = defined({ store: storeMarkOf(snapshot)?.text });
    await fleet.launch({ ...step, marks, held: heldFor(step) });
  },
  simulate: (snapshot) => filled(snapshot, step),
});

function heldFor({ group: { minimum: before, capacity: at }, run, since, who }: FillGroup): HeldMinimum {
  return { before, at, run, since, who };
}

/** One candidate at a time. */
function notAlone(snapshot: Snapshot, step: FillGroup): string | undefined {
  const green = liveFleets(snapshot).find((fleet) => fleet.id !== step.fleet && roleOf(snapshot, fleet) === 'green');
  return (
    green &&
    `${count(members(green).length, 'instance')} of ${green.release} (fleet ${green.id}) are beside production now: another run has launched them.`
  );
}

/** Everything that it launches gets the traffic of its target groups. */
function notItsPools(snapshot: Snapshot, step: FillGroup): string | undefined {
  const { name, targetGroups } = step.group;
  const own = poolsOfGroup(snapshot, step.group);
  if (own.length === 0 && !step.group.moves)
    return `${name} is attached to none of the target groups of the config: nothing would show its health.`;
  if (own.length < targetGroups.length)
    return `${name} is attached to target groups beside those of the config: its instances would get what leads there.`;
  const serving = own.find((pool) => shareOfPool(snapshot, pool.name) > 0 || pool.role === 'production');
  if (serving !== undefined) return `${name} is attached to ${serving.name}, which has production's traffic.`;
  if (step.group.moves) return undefined;
  const ids = new Set(fleetOf(snapshot, step).instances.map(({ id }) => id));
  const others = own.flatMap(({ targets }) => targets.filter((one) => isRegistered(one) && !ids.has(one.id)));
  if (others.length === 0) return undefined;
  return `${list(
    others.map(({ id }) => id),
    3,
  )} ${others.length === 1 ? 'is' : 'are'} in ${own[0]?.name} beside ${name}: take ${others.length === 1 ? 'it' : 'them'} out first.`;
}

function poolsOfGroup(snapshot: Snapshot, { targetGroups }: Pick<LaunchGroup, 'targetGroups'>): readonly Pool[] {
  return configuredPools(snapshot).filter(({ arn }) => targetGroups.includes(arn));
}

/** The group, and its instances where it registers them. */
function filled(snapshot: Snapshot, step: FillGroup): Snapshot {
  const { fleet: id, release, group } = step;
  const before = fleetById(snapshot, id);
  const zones = [...new Set(snapshot.fleets.flatMap(({ instances }) => instances.map(({ zone }) => zone)))];
  const instances = Array.from({ length: group.count }, (_, n): Instance => {
    return { id: `new-${n + 1}`, zone: zones[n % zones.length] ?? '', state: 'pending', launchedAt: snapshot.at };
  });
  const fleet: Fleet = {
    id,
    release,
    marks: { ...before?.marks, ...defined({ store: storeMarkOf(snapshot)?.text }) },
    holder: `Auto Scaling group ${group.name}`,
    group: { ...groupBefore(group, zones), ...before?.group, desired: group.capacity, held: heldFor(step) },
    instances,
  };
  const names = new Set(poolsOfGroup(snapshot, group).map(({ name }) => name));
  const pools = snapshot.pools.map((pool): Pool => {
    if (!names.has(pool.name)) return pool;
    const targets = instances.map((one): Target => ({ id: one.id, port: pool.port, state: 'initial' }));
    return { ...pool, targets: [...pool.targets, ...targets] };
  });
  return { ...snapshot, pools, fleets: [...snapshot.fleets.filter((one) => one.id !== id), fleet] };
}

function groupBefore({ name, capacity, targetGroups, moves }: LaunchGroup, zones: readonly string[]): FleetGroup {
  const sizes = { minimum: capacity, maximum: capacity, desired: 0, capacity: 0, inService: 0 };
  return { name, ...sizes, zones, targetGroups, ...defined({ moves }), protects: [], suspended: [], failures: [] };
}
