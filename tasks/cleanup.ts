import { stableFleet, liveFleets, poolsOf, roleOf } from '../src/domain/roles.ts';
import type { Fleet, Snapshot } from '../src/domain/snapshot.ts';
import { isHealthy } from '../src/domain/minimum-healthy.ts';
import { isRefusal, refusal, type Refusal } from '../src/domain/goal.ts';
import { servingProblem, stepsLeft } from '../src/plan/ending.ts';
import { fleetById, inProduction, isDraining } from '../src/domain/queries.ts';
import { planAhead } from '../src/plan/ahead.ts';
import { trafficModel } from '../src/plan/traffic/index.ts';
import type { Step } from '../src/steps/index.ts';
import { describeFleet, knownWorld } from '../src/plan/worlds.ts';
import * as option from './options.ts';
import { FLEETS, type Task } from './task.ts';

const OPTIONS = {
  discard: option.flag({ describe: 'Terminate a green that was never promoted as well' }),
  wait: option.flag({
    describe: 'Wait until no production request can still reach the old servers, instead of refusing',
  }),
  ignoreResidualTraffic: option.flag({
    describe:
      'By weights: do not keep the old servers for `traffic.retention`, nor until they get no requests; requests that still reach them will fail',
  }),
} satisfies option.OptionDefinitions;

export const cleanup: Task<'cleanup', typeof OPTIONS> = {
  ...FLEETS,
  verb: 'cleanup',
  summary: 'Make the serving fleet the only one: tag it as current, terminate the others',
  details:
    'Tags first, then terminates the fleets of this environment that are parked or rejected. An instance that is registered in, or draining ' +
    'from, production is never terminated. After this there is nothing to roll back to.',
  examples: [
    ['turnout cleanup --plan', 'which fleet would stay, which instances would be terminated'],
    ['turnout cleanup', 'show them, ask, and do it'],
    ['turnout cleanup --wait', 'wait first until the old servers have drained'],
    ['turnout cleanup --discard', 'terminate a green that was never promoted as well'],
  ],
  options: OPTIONS,
  mayBeReplacedBy: ['rollback'],
  again: () => 'cleanup',
  wayBack: undefined,
  watchesResidualTraffic: ({ ignoreResidualTraffic }) => ignoreResidualTraffic !== true,
  continues: () => 'same',
  isVisible: (snapshot) => liveFleets(snapshot).length === 1,

  pinGoal({ snapshot, options, requestedBy, settings }) {
    const world = knownWorld(snapshot);
    if (isRefusal(world)) return world;
    const [serving, second] = world.serving as [Fleet, Fleet?];
    if (second !== undefined) {
      return refusal(
        'mid-switch',
        `Production is served by two fleets: ${describeFleet(snapshot, serving)} and ${describeFleet(snapshot, second)}.`,
        'Decide which one shall serve: `turnout promote` or `turnout rollback`; then run this again.',
      );
    }
    const goal = { ...requestedBy, verb: 'cleanup', fleet: serving.id, release: serving.release } as const;
    const early = options.ignoreResidualTraffic ? { early: true } : {};
    return { ...goal, discard: options.discard ?? false, wait: options.wait ?? false, settings, ...early };
  },

  plan(snapshot, goal) {
    const world = knownWorld(snapshot);
    if (isRefusal(world)) return world;
    const keep = fleetById(snapshot, goal.fleet);
    const doomed = fleetsToRetire(snapshot, goal.fleet);
    const model = trafficModel(snapshot);
    if (keep === undefined || world.serving.length !== 1 || world.serving[0] !== keep) {
      return refusal(
        'not-serving',
        `${goal.release} does not serve production alone any more.`,
        'Look at `turnout status`.',
      );
    }
    const no =
      neverTried(snapshot, doomed, goal.discard) ??
      (doomed.length > 0 ? nothingHealthy(snapshot, keep) : undefined) ??
      draining(snapshot, doomed, goal.wait) ??
      doomed.map((fleet) => model.retireProblem(fleet, goal)).find((one) => one !== undefined);
    if (no !== undefined) return no;
    const mark: readonly Step[] =
      stableFleet(snapshot) === keep && keep.marks.current !== undefined
        ? []
        : [{ do: 'mark', fleet: keep.id, mark: 'current', at: goal.since }];
    const retire = doomed.flatMap((fleet) => model.retireSteps(fleet, goal));
    return planAhead(snapshot, [...mark, ...retire, ...model.settleSteps(keep, goal.settings)]);
  },

  afterFailure(_snapshot, goal, { step }) {
    const isEnding = step?.do === 'terminate' || step?.do === 'remove';
    const rest = isEnding ? ` Instances of ${step.fleet} may have been terminated already.` : '';
    return { leave: 'safe', message: `${goal.release} serves production as before.${rest}` };
  },

  finalProblem: (snapshot, goal) =>
    servingProblem(snapshot, goal.fleet, {}, true) ?? stepsLeft(snapshot, cleanup.plan(snapshot, goal)),

  question: (snapshot, goal) => {
    const doomed = fleetsToRetire(snapshot, goal.fleet);
    const names = doomed.map((fleet) => describeFleet(snapshot, fleet)).join(' and ');
    return `Keep ${goal.release}, and terminate ${names || 'nothing'}?`;
  },

  standing: (_snapshot, goal) => ({
    message: `${goal.release} serves production and is the only fleet.`,
    next: ['`turnout up --release R` brings up the next one'],
  }),
};

/** All but the one that stays; of those whose instances are gone, the ones that have left something behind. */
function fleetsToRetire(snapshot: Snapshot, keep: string): readonly Fleet[] {
  const live = new Set(liveFleets(snapshot));
  return snapshot.fleets.filter((fleet) => fleet.id !== keep && (live.has(fleet) || fleet.holder !== undefined));
}

function neverTried(snapshot: Snapshot, doomed: readonly Fleet[], discard: boolean): Refusal | undefined {
  const green = doomed.find((fleet) => roleOf(snapshot, fleet) === 'green');
  if (green === undefined || discard) return undefined;
  return refusal(
    'never-promoted',
    `${describeFleet(snapshot, green)} was never promoted; only \`--discard\` terminates it.`,
    '`turnout promote` moves production to it; `turnout cleanup --discard` terminates it.',
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

function draining(snapshot: Snapshot, doomed: readonly Fleet[], wait: boolean): Refusal | undefined {
  const still = doomed.flatMap((fleet) => inProduction(snapshot, fleet)).find(({ target }) => isDraining(target));
  if (still === undefined || wait) return undefined;
  const { pool, target } = still;
  return refusal(
    'draining',
    `${target.id} is still draining from ${pool.name}: requests may be in flight for at most ${pool.deregistrationDelayS} s after it was taken out.`,
    '`turnout cleanup --wait` waits for that; or run this again later.',
  );
}
