import { refusal, type GoalOf, type PoolMinimum, type Refusal } from '../../domain/goal.ts';
import { defined } from '../../domain/defined.ts';
import { NO_MINIMUM } from '../../domain/minimum-healthy.ts';
import { residualOf, residualTrafficProblem, retainedUntil, retentionProblem } from '../../domain/retention.ts';
import { list } from '../../domain/text.ts';
import { registeredIn } from '../../domain/queries.ts';
import { configuredPools, isIn, poolsOf } from '../../domain/roles.ts';
import { isScaled, membersInService } from '../../domain/scaled.ts';
import { dividedRoutes, routesOf, shareOf, sharesNow, sharesOf } from '../../domain/routes.ts';
import { hasServed, recordedShare, ownPools, percentText, shareOfFleet, TOLERANCE } from '../../domain/shares.ts';
import type { Fleet, Pool, Snapshot } from '../../domain/snapshot.ts';
import type { Route, TrafficSettings } from '../../domain/traffic.ts';
import type { Step } from '../../steps/index.ts';
import { bakeSteps } from './bakes.ts';
import type { Ending, Switch, TrafficModel, WeightedTraffic, WeightsKind } from './model.ts';
import { stagesOf } from './stages.ts';
import {
  allowedOwnersIn,
  endSteps,
  enterStep,
  growSteps,
  holdSteps,
  namesOf,
  othersThan,
  registerSteps,
  takeOutSteps,
} from './steps.ts';

/** A fleet that is not there yet. */
const NEXT: Fleet = { id: '', release: '', marks: {}, instances: [] };

/** All of production's pools: what they have counts together. */
const TOGETHER = 'production';

/**
 * Every fleet stays in a pool of its own, and what moves is the pool's share: none for a pool that was not just seen to be
 * healthy.
 */
export function weights(kind: WeightsKind): TrafficModel {
  const { snapshot, traffic } = kind;
  return {
    testPools: (fleet) => ownPools(snapshot, fleet),
    servingPools: (fleet) => ownPools(snapshot, fleet),
    shareOf: (fleet) => Math.round(shareOfFleet(snapshot, fleet)),
    movesServers: false,
    readsBefore: kind.readsBefore,
    capacityGroups: () => [{ name: TOGETHER, pools: poolsOf(snapshot, 'production') }],
    notes: [...traffic.notes, ...kind.notes],
    setupProblem: (to) =>
      setupProblem(traffic) ??
      testTrafficProblem(snapshot) ??
      poolProblem(kind, to) ??
      (to === undefined ? kind.withoutShareProblem() : undefined),
    changedByOthers: () => changedByOthers(snapshot),
    paceOf: (to, options, settings) => {
      // `--to` says how much it is to be, whatever it is now.
      const no = noBatches(options) ?? (options.to === undefined ? changedByOthers(snapshot) : undefined);
      return no ?? stagesOf(snapshot, to, options, settingsOf(settings.traffic, traffic.kind));
    },
    paceBack: (_to, options) => noBatches(options) ?? {},
    switchSteps: (change, before) => switchSteps(kind, change, before),
    routeTestTraffic: (fleet) => routeTestTraffic(snapshot, fleet),
    retireProblem: (fleet, goal) =>
      kind.withoutShareProblem(fleet) ?? retained(kind, fleet, goal) ?? visited(kind, fleet, goal),
    retireSteps: (fleet, goal, ending) => retireSteps(kind, fleet, goal, ending),
    settleSteps: kind.settleSteps,
  };
}

/** @throws Error when they are those of another kind of traffic: `withSettings` makes sure that they are not */
export function settingsOf<K extends TrafficSettings['kind']>(
  settings: TrafficSettings,
  kind: K,
): Extract<TrafficSettings, { kind: K }> {
  if (settings.kind !== kind) throw new Error(`The goal has settings for ${settings.kind}, and traffic is ${kind}.`);
  return settings as Extract<TrafficSettings, { kind: K }>;
}

/** The longest of what the config says and of the pools' deregistration delays: how long requests may take. */
export function longestRetention(snapshot: Snapshot, ...seconds: readonly number[]): number {
  return Math.max(...seconds, ...configuredPools(snapshot).map(({ deregistrationDelayS }) => deregistrationDelayS));
}

function poolProblem(kind: WeightsKind, to = NEXT): Refusal | undefined {
  const found = ownPools(kind.snapshot, to).map((pool) => kind.poolProblem(pool));
  return found.find((one) => one !== undefined);
}

function setupProblem({ problems }: WeightedTraffic): Refusal | undefined {
  if (problems.length === 0) return undefined;
  return refusal(
    'not-alike',
    problems.join(' '),
    'Fix the groups, the rules, or their names under `traffic` in the config; then run this again.',
  );
}

/** Green would get no test traffic; a rollback needs none. */
function testTrafficProblem(snapshot: Snapshot): Refusal | undefined {
  const route = routesOf(snapshot, 'test').find(({ answers }) => answers !== undefined);
  if (route === undefined) return undefined;
  return refusal(
    'not-forwarding',
    `${route.name} gives the clients of test traffic ${route.answers}, and forwards them to no target group.`,
    `Let it forward to ${list(configuredPools(snapshot).map(({ name }) => name))}, whatever the weights; then run this again.`,
    'Or name the rule that forwards under `traffic.test` in the config.',
  );
}

/** Weights that no run of ours has set. */
function changedByOthers(snapshot: Snapshot): Refusal | undefined {
  for (const route of routesOf(snapshot, 'production')) {
    const parts = snapshot.pools.filter(({ name }) => isPart(shareOf(route, name)));
    const [least] = parts.toSorted((a, b) => shareOf(route, a.name) - shareOf(route, b.name));
    if (least === undefined || parts.some((pool) => isRecorded(snapshot, route, pool))) continue;
    return refusal(
      'weights-changed',
      `${route.name} gives ${percentText(shareOf(route, least.name))} of production to ${least.name}, and no run of turnout left it so.`,
      'Find out who has changed the weights.',
      '`turnout rollback` gives all of it to the fleet before; or set the weights back, then run this again.',
      '`turnout promote --to 100` gives all of it to the new one.',
    );
  }
  return undefined;
}

function isPart(share: number): boolean {
  return share > TOLERANCE && share < 100 - TOLERANCE;
}

/** The pool gets what was recorded of a fleet in it. */
function isRecorded(snapshot: Snapshot, route: Route, pool: Pool): boolean {
  const fleets = snapshot.fleets.filter((fleet) => isIn(pool, fleet));
  const shares = fleets.map((fleet) => recordedShare(fleet)?.percent ?? -1);
  return shares.some((share) => Math.abs(share - shareOf(route, pool.name)) < TOLERANCE);
}

function noBatches({ batch }: { readonly batch?: unknown }): Refusal | undefined {
  if (batch === undefined) return undefined;
  return refusal(
    'no-batches',
    'Here no server is moved: production is divided between two groups by weights.',
    'Run this without --batch; `turnout promote --steps 10,50,100 --every 2m` moves it bit by bit.',
  );
}

function minimumOf({ minimumHealthy }: Switch): PoolMinimum {
  return minimumHealthy[TOGETHER] ?? NO_MINIMUM;
}

function switchSteps(kind: WeightsKind, change: Switch, before: readonly Step[]): readonly Step[] {
  const { snapshot } = kind;
  const { to, need, stages } = change;
  const [own] = ownPools(snapshot, to);
  if (own === undefined) return before;
  const { name: pool } = own;
  const isWhole = stages === undefined || stages.shares.at(-1) === 100;
  return [
    ...holdSteps(snapshot, change),
    ...kind.prepare(change, pool),
    ...before,
    ...(isScaled(to)
      ? [...putBackSteps(change, own), ...growSteps(snapshot, change, pool)]
      : [enterStep(change, pool, minimumOf(change))]),
    { do: 'await-healthy', pool, fleet: to.id, minimumHealthy: minimumOf(change), need },
    // A share goes to all that are in the pool, also to servers that were registered with it by hand.
    ...othersThan(snapshot, to).flatMap((fleet) =>
      takeOutSteps(fleet, own, minimumOf(change), allowedOwnersIn(change)),
    ),
    ...shiftSteps(snapshot, change, pool, kind.arrive(change, pool)),
    ...(isWhole ? [...leaveSteps(snapshot, change, pool), ...kind.verify(change, pool)] : []),
    ...(isWhole ? bakeSteps(change, pool, 100, minimumOf(change)) : []),
  ];
}

/** A group registers what it launches, and nothing again that others have taken out since. */
function putBackSteps(change: Switch, pool: Pool): readonly Step[] {
  const { to, unlessSick } = change;
  const present = new Set(registeredIn(pool, to).map(({ id }) => id));
  const isOut = membersInService(to).some(({ id }) => !present.has(id));
  return isOut
    ? [{ do: 'register', pool: pool.name, fleet: to.id, ...(unlessSick && { atLeast: minimumOf(change) }) }]
    : [];
}

/** Production's share goes to the pool, in one or several steps, each of which is watched before the next. */
function shiftSteps(snapshot: Snapshot, change: Switch, pool: string, arrive: readonly Step[]): readonly Step[] {
  const { to, since, stages, prepares: refusesUnmanaged } = change;
  const fleet = to.id;
  const minimumHealthy = minimumOf(change);
  const shift = { do: 'shift-weights', role: 'production', pool, fleet, minimumHealthy, refusesUnmanaged } as const;
  if (stages === undefined) return [{ ...shift, percent: 100, from: sharesNow(snapshot, pool) }, ...arrive];
  const { shares, everyS: seconds } = stages;
  return shares.flatMap((percent, index): readonly Step[] => {
    const before = shares[index - 1];
    const from =
      before === undefined ? sharesNow(snapshot, pool) : sharesOf(routesOf(snapshot, 'production'), () => before);
    const grown = before === undefined ? [] : growSteps(snapshot, change, pool);
    const moved: readonly Step[] = [...grown, { ...shift, percent, from }, ...arrive];
    if (percent === 100) return moved;
    const tagged: readonly Step[] = [...moved, { do: 'tag-share', fleet, percent, since }];
    const baked = bakeSteps(change, pool, percent, minimumHealthy);
    if (index === shares.length - 1 || baked.length > 0) return [...tagged, ...baked];
    return [...tagged, { do: 'watch', pool, fleet, percent, seconds, since, minimumHealthy }];
  });
}

/** The others have nothing of production any more, and the first of them is what is tried. */
function leaveSteps(snapshot: Snapshot, change: Switch, pool: string): readonly Step[] {
  const { to, since } = change;
  const from = othersThan(snapshot, to);
  return [
    ...from.filter(hasServed).map((fleet): Step => ({ do: 'tag-share', fleet: fleet.id, percent: 0, since })),
    ...from.flatMap((fleet) => registerSteps(fleet, poolsBeside(snapshot, fleet, pool))),
    ...from.slice(0, 1).flatMap((fleet) => routeTestTraffic(snapshot, fleet, pool)),
  ];
}

/** The fleet's own pools beside the one that serves. */
function poolsBeside(snapshot: Snapshot, fleet: Fleet, serving: string | undefined): readonly string[] {
  return namesOf(ownPools(snapshot, fleet, serving));
}

function routeTestTraffic(snapshot: Snapshot, fleet: Fleet, serving?: string): readonly Step[] {
  const [pool] = poolsBeside(snapshot, fleet, serving);
  if (pool === undefined || dividedRoutes(snapshot, 'test').length === 0) return [];
  const shift = { do: 'shift-weights', role: 'test', pool, fleet: fleet.id, percent: 100 } as const;
  return [{ ...shift, from: {}, minimumHealthy: NO_MINIMUM, refusesUnmanaged: false }];
}

/** Nothing drains where weights move traffic: the time since production has left counts. */
function retained(kind: WeightsKind, fleet: Fleet, goal: GoalOf<'cleanup'>): Refusal | undefined {
  if (goal.wait || goal.early) return undefined;
  const why = retentionProblem(kind.snapshot, fleet, kind.retentionS(goal.settings));
  return why === undefined ? undefined : refusal('retained', why, WAIT, IGNORE_RESIDUAL);
}

/** Clients that come by an old DNS answer, or by a cookie, are seen by their requests. */
function visited(kind: WeightsKind, fleet: Fleet, goal: GoalOf<'cleanup'>): Refusal | undefined {
  const limits = goal.early ? undefined : kind.residual(goal.settings);
  const why = limits && residualTrafficProblem(kind.snapshot, fleet, limits);
  if (why === undefined) return undefined;
  const isSticky = limits?.cookieS !== undefined;
  const residual = residualOf(kind.snapshot);
  if (!isSticky && residual.state === 'unreadable')
    return refusal('residual-traffic-unknown', why, ...residual.next, IGNORE_RESIDUAL);
  if (goal.wait) return undefined;
  return refusal('residual-traffic', why, WAIT, ...(isSticky ? [UNPIN] : []), IGNORE_RESIDUAL);
}

const UNPIN =
  'Turn off the stickiness of the rule, after which its cookies lead nowhere; `traffic.stickiness: drop` does so at the next switch.';
const WAIT = '`turnout cleanup --wait` waits for that; or run this again later.';
const IGNORE_RESIDUAL =
  '`turnout cleanup --ignore-residual-traffic` does not wait: requests that still reach the old servers will fail.';

function retireSteps(kind: WeightsKind, fleet: Fleet, goal: GoalOf<'cleanup'>, ending: Ending): readonly Step[] {
  const { snapshot } = kind;
  const { since, early, settings } = goal;
  if (early) return endSteps(snapshot, fleet, 0, ending);
  const seconds = kind.retentionS(settings);
  const limits = kind.residual(settings);
  const isUnknown = retainedUntil(snapshot, fleet, seconds) === undefined;
  return [
    ...(isUnknown ? [{ do: 'tag-share', fleet: fleet.id, percent: 0, since } as const] : []),
    { do: 'await-retention', fleet: fleet.id, seconds },
    ...(limits === undefined ? [] : [{ do: 'await-residual-traffic', fleet: fleet.id, limits } as const]),
    ...endSteps(snapshot, fleet, seconds, { ...ending, ...defined({ residual: limits }) }),
  ];
}
