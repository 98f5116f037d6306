import { stableFleet, liveFleets, members, poolsOf, roleOf } from '../src/domain/roles.ts';
import type { Fleet, Snapshot } from '../src/domain/snapshot.ts';
import { defined } from '../src/domain/defined.ts';
import { keptVolumeNotes, keptVolumesOf, leftVolumes } from '../src/domain/kept-volumes.ts';
import { movedSince, recordNow } from '../src/domain/production-record.ts';
import { isHealthy, lowerMinimum, minimumNow, NO_MINIMUM } from '../src/domain/minimum-healthy.ts';
import { isRefusal, refusal, type GoalOf, type MinimumHealthy, type Refusal } from '../src/domain/goal.ts';
import { endingNotes, leftText, servingProblem, stepsLeft } from '../src/plan/ending.ts';
import { mixedText } from '../src/plan/in-place.ts';
import { fleetById, inProduction, isDraining } from '../src/domain/queries.ts';
import { planAhead } from '../src/plan/ahead.ts';
import { count, list } from '../src/domain/text.ts';
import { trafficModel } from '../src/plan/traffic/index.ts';
import type { Step } from '../src/steps/index.ts';
import type { Keeps } from '../src/steps/terminate.ts';
import { letGoSteps } from '../src/plan/held.ts';
import { emptyingProblem } from '../src/domain/group-problems.ts';
import { ownersProblem } from '../src/plan/owners.ts';
import { sharedProblem } from '../src/plan/outsiders.ts';
import { describeFleet, knownWorld } from '../src/plan/worlds.ts';
import { allowedBy, FREEZE, OWNERS, SHARED_GROUPS } from './allowed.ts';
import * as option from './options.ts';
import { FLEETS, type Task } from './task.ts';

const OPTIONS = {
  discard: option.flag({ describe: 'Terminate a green that was never promoted as well' }),
  release: option.release({ describe: 'Terminate only the fleet with this release, and leave the way back' }),
  keep: option.release({
    describe: 'The release that serves production and stays; refused if another one serves (default: whichever serves)',
  }),
  wait: option.flag({
    describe: 'Wait until no production request can still reach the old servers, instead of refusing',
  }),
  ignoreResidualTraffic: option.flag({
    describe:
      'By weights: do not keep the old servers for `traffic.retention`, nor until they get no requests; requests that still reach them will fail',
  }),
  minHealthy: option.minimumHealthy({
    describe: 'Fewest healthy targets of the serving fleet in each production group (default: as many as now)',
  }),
  ...SHARED_GROUPS,
  ...OWNERS,
  ...FREEZE,
} satisfies option.OptionDefinitions;

export const cleanup: Task<'cleanup', typeof OPTIONS> = {
  ...FLEETS,
  decidesProduction: true,
  // It takes the way back away, which may be needed when few are there to help.
  heedsFreeze: true,
  verb: 'cleanup',
  looksOutside: 'all',
  summary: 'Make the serving fleet the only one: tag it as current, terminate the others',
  details:
    'Terminates the fleets of this environment that are parked or rejected, once it is tagged which one is current. An instance that is registered in, or draining ' +
    'from, production is never terminated. After this there is nothing to roll back to.',
  examples: [
    ['turnout cleanup --plan', 'which fleet would stay, which instances would be terminated'],
    ['turnout cleanup', 'show them, ask, and do it'],
    ['turnout cleanup --wait', 'wait first until the old servers have drained'],
    ['turnout cleanup --discard', 'terminate a green that was never promoted as well'],
    ['turnout cleanup --keep 43', 'only if 43 serves production, also where others have moved it there'],
    ['turnout cleanup --discard --release 43', 'terminate that green, and nothing else'],
  ],
  options: OPTIONS,
  mayBeReplacedBy: ['rollback'],
  again: () => 'cleanup',
  wayBack: undefined,
  watchesResidualTraffic: ({ ignoreResidualTraffic }) => ignoreResidualTraffic !== true,
  isVisible: (snapshot) => liveFleets(snapshot).length === 1,

  pinGoal({ snapshot, options, requestedBy, settings, lastProduction }) {
    const world = knownWorld(snapshot);
    if (isRefusal(world)) return world;
    const [serving, second] = world.serving as [Fleet, Fleet?];
    if (second !== undefined) {
      return refusal(
        'mid-switch',
        `Production is served by two fleets: ${describeFleet(snapshot, serving)} and ${describeFleet(snapshot, second)}.`,
        '`turnout promote` gives all of it to the new one; then run this again.',
        '`turnout rollback` gives all of it to the one before; then run this again.',
      );
    }
    const { release: only, keep, discard = false, wait = false } = options;
    if (keep !== undefined && keep !== serving.release) return otherServes(snapshot, serving.release, keep);
    if (only !== undefined && fleetsToRetire(snapshot, { fleet: serving.id, only }).length === 0)
      return nothingBeside(only);
    const goal = { ...requestedBy, verb: 'cleanup', fleet: serving.id, release: serving.release } as const;
    const { verb, release, who, at, production } =
      (keep === undefined ? lastProduction : undefined) ?? recordNow(snapshot, goal);
    const given = {
      lastProduction: { verb, release, who, at, production },
      ...(options.ignoreResidualTraffic && { early: true }),
      ...(keep !== undefined && { assertsRelease: true as const }),
      ...(only !== undefined && { only }),
      ends: fleetsToRetire(snapshot, { fleet: serving.id, ...defined({ only }) }).map((fleet) => ({
        release: fleet.release,
        instances: members(fleet).length,
        ...(keptVolumesOf(fleet).length > 0 && { volumes: keptVolumesOf(fleet) }),
      })),
      ...allowedBy(options),
    };
    const minimumHealthy = lowerMinimum(
      minimumNow(snapshot, trafficModel(snapshot).capacityGroups()),
      options.minHealthy,
    );
    const sick = options.minHealthy === undefined ? tooFewHealthy(serving, minimumHealthy) : undefined;
    if (sick !== undefined && fleetsToRetire(snapshot, { ...goal, ...given }).length > 0) return sick;
    return { ...goal, discard, wait, settings, minimumHealthy, ...given };
  },

  plan(snapshot, goal) {
    const world = knownWorld(snapshot);
    if (isRefusal(world)) return world;
    const keep = fleetById(snapshot, goal.fleet);
    const toRetire = fleetsToRetire(snapshot, goal);
    const model = trafficModel(snapshot);
    if (keep === undefined || world.serving.length !== 1 || world.serving[0] !== keep) {
      return refusal(
        'not-serving',
        `${goal.release} does not serve production alone any more.`,
        'Look at `turnout status`.',
      );
    }
    const no =
      (toRetire.length > 0 ? movedByOthers(snapshot, keep, goal) : undefined) ??
      neverTried(snapshot, toRetire, goal) ??
      (toRetire.length > 0 ? nothingHealthy(snapshot, keep) : undefined) ??
      draining(snapshot, toRetire, goal.wait) ??
      firstOf(toRetire, (fleet) => sharedProblem(snapshot, fleet, goal.allowed)) ??
      firstOf(toRetire, (fleet) => ownersProblem(snapshot, members(fleet), goal.allowed)) ??
      firstOf(toRetire, (fleet) => model.retireProblem(fleet, goal)) ??
      firstOf(toRetire, emptyingProblem);
    if (no !== undefined) return goal.assertsRelease ? withKeep(no, keep.release) : no;
    const isAsBefore = goal.only !== undefined || (stableFleet(snapshot) === keep && keep.marks.current !== undefined);
    const mark: readonly Step[] = isAsBefore ? [] : [{ do: 'mark', fleet: keep.id, mark: 'current', at: goal.since }];
    const keeps = keepsOf(snapshot, goal);
    const retire = toRetire.flatMap((fleet, n) =>
      model.retireSteps(fleet, goal, { keeps, allowed: goal.allowed ?? {}, before: n === 0 ? mark : [] }),
    );
    const all = toRetire.length === 0 ? mark : retire;
    const settle = goal.only === undefined ? model.settleSteps(keep, goal.settings) : [];
    const notes = [...endingNotes(snapshot, keep, toRetire), ...keptVolumeNotes(toRetire)];
    const letGo = letGoSteps(snapshot, { keep, ended: toRetire });
    return planAhead(snapshot, [...all, ...settle, ...letGo], notes);
  },

  afterFailure(snapshot, goal) {
    const rest = leftText(snapshot, goal.fleet, goal.ends);
    const problem = servingProblem(snapshot, goal.fleet, {}, true);
    return problem === undefined
      ? { leave: 'safe', message: `${goal.release} serves production as before.${rest}` }
      : { leave: 'needs-attention', message: `Others have changed production: ${problem}${rest}` };
  },

  finalProblem: (snapshot, goal) =>
    servingProblem(snapshot, goal.fleet, {}, true) ?? stepsLeft(snapshot, cleanup.plan(snapshot, goal)),

  question: (snapshot, goal) => {
    const toRetire = fleetsToRetire(snapshot, goal);
    const names = toRetire.map((fleet) => describeFleet(snapshot, fleet)).join(' and ');
    return `Keep ${goal.release}, and terminate ${names || 'nothing'}?`;
  },

  standing: (snapshot, { fleet, release, only, ends = [] }) => {
    const all = list(ends.map((one) => `${one.release} (${count(one.instances, 'instance')})`));
    const terminated = all === '' ? '' : ` Terminated: ${all}.${leftVolumes(ends)}`;
    const sole = only === undefined ? ' and is the only fleet' : '';
    const next =
      sole === '' ? '`turnout status` shows what is left' : '`turnout up --release R` brings up the next one';
    const mixed = mixedText(fleetById(snapshot, fleet));
    return { message: `${release} serves production${sole}.${mixed}${terminated}`, next: [next], terminated: ends };
  },
};

/**
 * All but the one that stays; of those whose instances are gone, the ones that have left something behind. Where only one
 * release is meant, not what `rollback` leads back to.
 */
function fleetsToRetire(
  snapshot: Snapshot,
  { fleet: keep, only }: Pick<GoalOf<'cleanup'>, 'fleet' | 'only'>,
): readonly Fleet[] {
  const live = new Set(liveFleets(snapshot));
  const all = snapshot.fleets.filter((fleet) => fleet.id !== keep && (live.has(fleet) || fleet.holder !== undefined));
  const stable = stableFleet(snapshot);
  return only === undefined ? all : all.filter((fleet) => fleet.release === only && fleet !== stable);
}

function firstOf(fleets: readonly Fleet[], problem: (fleet: Fleet) => Refusal | undefined): Refusal | undefined {
  return fleets.map(problem).find((one) => one !== undefined);
}

function nothingBeside(release: string): Refusal {
  return refusal(
    'nothing-beside',
    `There is no fleet with release ${release} beside production and the way back.`,
    'Look at `turnout status`.',
  );
}

function otherServes(snapshot: Snapshot, serving: string, keep: string): Refusal {
  return refusal(
    'other-release',
    `${serving} serves production, not ${keep}.`,
    moveTo(snapshot, keep),
    `\`turnout cleanup --keep ${serving}\` keeps ${serving}, and terminates the others.`,
  );
}

function withKeep({ next, ...rest }: Refusal, release: string): Refusal {
  const kept = `\`turnout cleanup --keep ${release}`;
  return {
    ...rest,
    next: next.map((text) => (text.includes('--keep') ? text : text.replace('`turnout cleanup', kept))),
  };
}

function moveTo(snapshot: Snapshot, release: string): string {
  const verb = stableFleet(snapshot)?.release === release ? 'rollback' : 'promote';
  return `\`turnout ${verb} --release ${release}\` moves production to ${release}.`;
}

/** Infrastructure code has put a rule back, or somebody has moved servers: what serves now may not be what is meant to live. */
function movedByOthers(snapshot: Snapshot, { release }: Fleet, goal: GoalOf<'cleanup'>): Refusal | undefined {
  const why = movedSince(snapshot, goal.lastProduction);
  if (why === undefined) return undefined;
  const { release: before = release } = goal.lastProduction ?? {};
  const flags = [goal.discard && ' --discard', goal.only && ` --release ${goal.only}`, goal.wait && ' --wait'];
  return refusal(
    'moved-by-others',
    why,
    ...(before === release ? [] : [moveTo(snapshot, before)]),
    `\`turnout cleanup --keep ${release}${flags.filter(Boolean).join('')}\` is for when ${release} is meant to live.`,
  );
}

function neverTried(
  snapshot: Snapshot,
  toRetire: readonly Fleet[],
  { discard, only }: GoalOf<'cleanup'>,
): Refusal | undefined {
  const green = toRetire.find((fleet) => roleOf(snapshot, fleet) === 'green');
  if (green === undefined || discard) return undefined;
  return refusal(
    'never-promoted',
    `${describeFleet(snapshot, green)} was never promoted; only \`--discard\` terminates it.`,
    '`turnout promote` moves production to it.',
    `\`turnout cleanup --discard${only === undefined ? '' : ` --release ${only}`}\` terminates it.`,
  );
}

function keepsOf(snapshot: Snapshot, { fleet, minimumHealthy, lastProduction }: GoalOf<'cleanup'>): Keeps {
  const groups = trafficModel(snapshot)
    .capacityGroups()
    .map(({ name, pools }) => ({ pools: pools.map((pool) => pool.name), minimum: minimumHealthy[name] ?? NO_MINIMUM }));
  return { fleet, groups, ...defined({ lastProduction }) };
}

/** Half of the serving fleet, or more, is not healthy: that is no time to end the way back, unless it was asked for. */
function tooFewHealthy(serving: Fleet, minimum: MinimumHealthy): Refusal | undefined {
  const all = members(serving).length;
  const sick = Object.entries(minimum).find(([, { total: healthy }]) => healthy > 0 && healthy * 2 <= all && all > 1);
  if (sick === undefined) return undefined;
  const [group, { total: healthy }] = sick;
  return refusal(
    'serving-is-sick',
    `${healthy} of ${all} instances of ${serving.release} are healthy in ${group} now; the other fleet may be the way back.`,
    '`turnout rollback` moves production to it.',
    `\`turnout cleanup --min-healthy ${healthy}\` accepts that production has no more.`,
  );
}

/** The others are the only way back while the serving fleet is down. */
function nothingHealthy(snapshot: Snapshot, keep: Fleet): Refusal | undefined {
  const ids = new Set(keep.instances.map((instance) => instance.id));
  const dead = poolsOf(snapshot, 'production').find(
    (pool) => !pool.targets.some((target) => ids.has(target.id) && isHealthy(target)),
  );
  if (dead === undefined) return undefined;
  return refusal(
    'serving-is-sick',
    `Nothing of ${keep.release} is healthy in ${dead.name} now; the other fleet may be the way back.`,
    '`turnout rollback` moves production to it.',
  );
}

function draining(snapshot: Snapshot, toRetire: readonly Fleet[], wait: boolean): Refusal | undefined {
  const still = toRetire.flatMap((fleet) => inProduction(snapshot, fleet)).find(({ target }) => isDraining(target));
  if (still === undefined || wait) return undefined;
  const { pool, target } = still;
  return refusal(
    'draining',
    `${target.id} is still draining from ${pool.name}: requests may be in flight for at most ${pool.deregistrationDelayS} s after it was taken out.`,
    '`turnout cleanup --wait` waits for that; or run this again later.',
  );
}
