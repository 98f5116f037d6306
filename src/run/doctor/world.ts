import { adopt } from '../../../tasks/adopt.ts';
import { isRefusal, type Refusal } from '../../domain/goal.ts';
import { movedSince, type ProductionRecord } from '../../domain/production-record.ts';
import { unreadableIn } from '../../domain/queries.ts';
import { configuredPools, isRegistered, liveFleets, members, poolsOf, servingFleets } from '../../domain/roles.ts';
import { routesOf } from '../../domain/routes.ts';
import { unplacedIn } from '../../domain/size.ts';
import type { Pool, Snapshot } from '../../domain/snapshot.ts';
import type { TrafficSettings } from '../../domain/traffic.ts';
import { shell } from '../../domain/shell.ts';
import { count, duration, list } from '../../domain/text.ts';
import { unreadableText } from '../../domain/unreadable.ts';
import { fewerThanBefore } from '../../plan/fleet-size.ts';
import { cutOffTexts, groupProblem } from '../../plan/group-checks.ts';
import { dnsFailoverTexts } from '../../plan/group-health.ts';
import { outsideFacts, sharedProblem } from '../../plan/outsiders.ts';
import { ownerNotes, ownersProblem } from '../../plan/owners.ts';
import { markRoomProblem, switchTags } from '../../plan/tag-room.ts';
import { trafficModel } from '../../plan/traffic/index.ts';
import { describeFleet, knownWorld } from '../../plan/worlds.ts';
import { behaviourOf } from '../../steps/index.ts';
import { about, type Finding } from './finding.ts';

/** What the world shows that tasks refuse later, by the very checks that they use. Pure. */

/** What is known beside the snapshot. */
export interface WorldView {
  readonly snapshot: Snapshot;
  /** `fleet.count` of the config. */
  readonly fleetCount: number | undefined;
  /** What differs between the target groups, as sentences. */
  readonly differences: readonly string[];
  readonly lastProduction: ProductionRecord | undefined;
  readonly traffic: TrafficSettings;
}

export function worldFindings(view: WorldView): readonly Finding[] {
  const known = knownWorld(view.snapshot);
  const world = onceAdopted(view.snapshot);
  if (isRefusal(world)) return [...groupFindings(view), ...trafficFindings(view), ...about('fleets').refused(world)];
  const fleets = isRefusal(known) ? toBeAdopted(known, world) : described(world);
  return [
    ...groupFindings(view),
    ...trafficFindings({ ...view, snapshot: world }),
    ...fleets,
    ...fleetFindings(view, world),
  ];
}

/** The world as `adopt` leaves it, where that was not run yet; or why tasks refuse this one. */
export function onceAdopted(snapshot: Snapshot): Snapshot | Refusal {
  const known = knownWorld(snapshot);
  if (!isRefusal(known)) return snapshot;
  if (known.refused !== 'not-adopted') return known;
  const requestedBy = { run: 'doctor', who: '', since: new Date(snapshot.at).toISOString() };
  const goal = adopt.pinGoal({ snapshot, options: { release: 'R' }, requestedBy, ...NOT_ASKED });
  if (goal instanceof Promise) throw new Error('adopt decides at once.');
  const plan = isRefusal(goal) ? goal : adopt.plan(snapshot, goal);
  if (isRefusal(plan)) return plan;
  return plan.steps.reduce((world, step) => behaviourOf(step).simulate(world), snapshot);
}

/** What `adopt` does not ask for. */
const NOT_ASKED = {
  resolve: async () => Promise.reject(new Error('adopt boots nothing.')),
  settings: { traffic: { kind: 'membership' }, verification: { by: 'nothing' } },
} as const;

function groupFindings({ snapshot, differences }: WorldView): readonly Finding[] {
  const { ok, warning, failed, refused } = about('target groups');
  const pools = configuredPools(snapshot);
  const serving = poolsOf(snapshot, 'production').flatMap(({ targets }) => targets.map(({ id }) => id));
  return [
    ...(pools.length === 0 ? [] : [ok(`${list(pools.map(poolText))}.`), ok(timesText(pools))]),
    ...unreadableIn(snapshot).map((one) => failed({ ...one, message: unreadableText(one) })),
    ...pools.flatMap((pool) => refused(groupProblem(snapshot, pool))),
    ...differences.map((text) => warning(`${text} Healthy in one may then be unfit for the other.`, ALIKE)),
    ...snapshot.pools.flatMap((pool) =>
      cutOffTexts({ ...snapshot, pools: [pool] }, serving).map((text) => warning(text, longerDelay(pool))),
    ),
  ];
}

const ALIKE =
  '`aws elbv2 modify-target-group` makes health checks alike; another port or protocol needs another group.';
function longerDelay({ arn }: Pool): string {
  return `If requests take longer: \`${shell`aws elbv2 modify-target-group-attributes --target-group-arn ${arn} --attributes Key=deregistration_delay.timeout_seconds,Value=60`}\`.`;
}

/** `shop-production (production, port 8080, 3 of 3 healthy)`. */
function poolText({ name, role, port, targets }: Pool): string {
  const registered = targets.filter(isRegistered);
  const healthy = registered.filter(({ state }) => state === 'healthy').length;
  const health = registered.length === 0 ? 'empty' : `${healthy} of ${registered.length} healthy`;
  return `${name} (${role}, port ${port}, ${health})`;
}

function timesText(pools: readonly Pool[]): string {
  const most = (of: (pool: Pool) => number): string => duration(Math.max(...pools.map(of)));
  return `Checked every ${most(({ intervalS }) => intervalS)}; a server that leaves drains for up to ${most(({ deregistrationDelayS }) => deregistrationDelayS)}.`;
}

function trafficFindings({ snapshot, lastProduction }: WorldView): readonly Finding[] {
  const { ok, warning, refused } = about('traffic');
  const model = trafficModel(snapshot);
  const moved = movedSince(snapshot, lastProduction);
  return [
    ok(waysText(snapshot)),
    ...refused(model.setupProblem()),
    ...refused(model.changedByOthers()),
    ...model.notes.map((text) => warning(text)),
    ...(moved === undefined ? [] : [warning(moved, '`turnout status` shows what serves now.')]),
  ];
}

function waysText(snapshot: Snapshot): string {
  const routes = routesOf(snapshot, 'production').map(({ name }) => name);
  return routes.length === 0
    ? 'Servers move between the target groups.'
    : `Weights of ${list(routes)} divide it between the target groups.`;
}

/** Not a failure: it is the next step on the first day. */
function toBeAdopted(known: Refusal, world: Snapshot): readonly Finding[] {
  const { ok, refused } = about('fleets');
  const servers = servingFleets(world).flatMap(members);
  const step = refused(known).map((one): Finding => ({ ...one, state: 'warning' }));
  return [ok(`${count(servers.length, 'server')} would be adopted.`), ...step];
}

function described(world: Snapshot): readonly Finding[] {
  return [about('fleets').ok(`${list(liveFleets(world).map((fleet) => describeFleet(world, fleet)))}.`)];
}

function fleetFindings({ fleetCount, traffic }: WorldView, world: Snapshot): readonly Finding[] {
  const { warning, refused } = about('fleets');
  const serving = servingFleets(world);
  const blue = serving[0]!;
  const owners = ownersProblem(world, serving.flatMap(members));
  const said = new Set(owners === undefined ? [] : ownerNotes(world));
  const unplaced = unplacedIn(world);
  return [
    ...refused(owners),
    ...(fleetCount === undefined ? refused(fewerThanBefore(world, blue, 'R')) : []),
    ...refused(markRoomProblem(liveFleets(world), switchTags(traffic))),
    ...(unplaced === undefined ? [] : [warning(unplaced)]),
    ...outsideFacts(world)
      .filter((text) => !said.has(text))
      .map((text) => warning(text)),
    ...serving
      .flatMap((fleet) => sharedProblem(world, fleet) ?? [])
      .map(({ message, next }) => warning(message, ...next)),
    ...dnsFailoverTexts(world, blue).map((text) => warning(text)),
  ];
}
