import { isIn, liveFleets, members, poolsOf, roleOf, servingFleets } from '../src/domain/roles.ts';
import { lowerMinimum, minimumNow } from '../src/domain/minimum-healthy.ts';
import { isRefusal, refusal, type GoalOf } from '../src/domain/goal.ts';
import { healingSentence, servingProblem, stepsLeft } from '../src/plan/ending.ts';
import { mixedText } from '../src/plan/in-place.ts';
import { fleetById, verified } from '../src/domain/queries.ts';
import type { Fleet, Snapshot } from '../src/domain/snapshot.ts';
import { NOTHING } from '../src/observe/reads.ts';
import { enteringTexts } from '../src/plan/group-health.ts';
import {
  hasStayed,
  isOnlyUnverified,
  isSwitched,
  isTestable,
  isUnknown,
  notVerified,
  planSwitch,
  tooSmall,
} from '../src/plan/switch.ts';
import { stayedText } from '../src/plan/outsiders.ts';
import { letGoSteps, letsGoNow } from '../src/plan/held.ts';
import { smallerGroup } from '../src/plan/scaling.ts';
import { inStandbyTexts } from '../src/plan/standby.ts';
import { trafficModel } from '../src/plan/traffic/index.ts';
import { ofKind } from '../src/steps/index.ts';
import type { Switch } from '../src/plan/traffic/model.ts';
import { verificationSentence } from '../src/domain/answers.ts';
import { workProblem } from '../src/domain/work.ts';
import { list } from '../src/domain/text.ts';
import { knownWorld, unmanagedInProduction, type KnownWorld } from '../src/plan/worlds.ts';
import { allowedBy, ITS_RELEASE, otherRelease, SCHEMA } from './allowed.ts';
import * as option from './options.ts';
import type { AfterFailure, Failure } from '../src/plan/plan.ts';
import { SWITCH, type Task } from './task.ts';

const OPTIONS = {
  ...ITS_RELEASE,
  minHealthy: option.minimumHealthy({
    describe: 'Fewest healthy targets in each production group (default: all of them)',
  }),
  batch: option.batch({ describe: 'Where servers move: how many at a time (default: all at once)' }),
  ...SCHEMA,
  grow: option.flag({
    describe:
      'An Auto Scaling group that is smaller than what serves grows first, which takes until its instances have booted',
  }),
} satisfies option.OptionDefinitions;

export const rollback: Task<'rollback', typeof OPTIONS> = {
  ...SWITCH,
  isEmergencyExit: true,
  verb: 'rollback',
  // It takes nothing away from others, and must not wait for what is only worth knowing.
  looksOutside: 'no',
  summary: 'Move production traffic back to the fleet that served before',
  details:
    'The same switch as `promote`, the other way, with the same guards and without arguments; after a promote or in the middle of one. ' +
    'The fleet that served before must be healthy now; the rejected one stays up in the test target groups.',
  examples: [
    ['turnout rollback', 'show the steps, ask, and move production back'],
    ['turnout rollback --yes', 'at once'],
    ['turnout rollback --plan', 'is it possible, and how long would it take?'],
    ['turnout rollback --print', 'the commands of the AWS CLI that do it, for when the store is lost'],
  ],
  options: OPTIONS,
  hooks: ['onRollback'],
  mayBeReplacedBy: ['promote'],
  again: () => 'rollback',
  wayBack: { command: 'promote', does: 'goes the other way' },
  minimumHealthy: (goal) => goal.minimumHealthy,
  isVisible: isServedAloneBy,
  readsAlso: (snapshot) => {
    const world = knownWorld(snapshot, 'mayBeShared');
    if (isRefusal(world)) return NOTHING;
    const to = fleetBefore(snapshot, world);
    const from = servingFleets(snapshot).find((fleet) => fleet !== to);
    return from === undefined ? NOTHING : { ...NOTHING, wayBack: { from: from.release, to: to.release } };
  },

  pinGoal({ snapshot, options, requestedBy, settings }) {
    const world = knownWorld(snapshot, 'mayBeShared');
    if (isRefusal(world)) return world;
    const to = fleetBefore(snapshot, world);
    const other = otherRelease(to.release, options);
    if (other !== undefined) return other;
    const model = trafficModel(snapshot);
    const pace = model.paceBack(to, options);
    if (isRefusal(pace)) return pace;
    const isOver = to === world.stable && isSwitched(snapshot, to) && world.others.every(isRetired);
    if (members(to).length === 0 || isOver) {
      return refusal(
        'nothing-to-roll-back',
        `${to.release} is the only fleet: there is none to move back to.${unmanagedText(snapshot)}`,
        'An older release comes back like a new one: `turnout up --release R`, then `turnout promote`.',
      );
    }
    const minimumHealthy = lowerMinimum(minimumNow(snapshot, model.capacityGroups()), options.minHealthy);
    const goal = { ...requestedBy, verb: 'rollback', fleet: to.id, release: to.release } as const;
    const grows = options.grow && { grow: true as const };
    const pinned = { ...goal, minimumHealthy, settings, ...pace, ...grows, ...allowedBy(options) };
    return { ...pinned, ...letsGoNow(snapshot, to) };
  },

  plan(snapshot, goal) {
    const world = knownWorld(snapshot, 'mayBeShared');
    if (isRefusal(world)) return world;
    const to = fleetById(snapshot, goal.fleet);
    if (to === undefined || members(to).length === 0) {
      return refusal(
        'fleet-gone',
        `No instance of ${goal.release} is left to move back to.`,
        'Look at `turnout status`.',
      );
    }
    const change: Switch = { ...goal, to, need: 'minimum', prepares: false };
    // Where its health is not known yet, ELB checks it in production's groups: to wait for the test group first takes twice as long.
    const isKnown = isTestable(snapshot, to) && !isUnknown(snapshot, to);
    const back: Switch = isKnown ? change : { ...change, unlessSick: true };
    const isThere = isSwitched(snapshot, to) || hasStayed(snapshot, to);
    const isGrowing = goal.grow === true && smallerGroup(snapshot, to) !== undefined;
    const no = isThere || isGrowing ? undefined : (tooSmall(snapshot, back) ?? notVerified(snapshot, back));
    const first = { steps: [], notes: [...enteringTexts(snapshot, to, goal.batch), ...inStandbyTexts(to)] };
    return no ?? planSwitch(snapshot, back, [], first, letGoSteps(snapshot, { keep: to, letsGo: goal.letsGo }));
  },

  afterFailure(snapshot, goal, failure) {
    const to = fleetById(snapshot, goal.fleet);
    if (to !== undefined && isOnlyUnverified(snapshot, rollback.plan(snapshot, goal)))
      return unproven(goal.release, failure);
    if (to !== undefined && isSwitched(snapshot, to)) return afterSwitch(snapshot, goal);
    return { leave: 'needs-attention', message: 'Production was not moved back.' };
  },

  finalProblem: (snapshot, goal) =>
    servingProblem(snapshot, goal.fleet, goal.minimumHealthy, true) ??
    stepsLeft(snapshot, rollback.plan(snapshot, goal), { butRecords: true }),

  question: (snapshot, goal) => {
    const from = servingFleets(snapshot).find((fleet) => fleet.id !== goal.fleet);
    return `Move production back${from ? ` from ${from.release}` : ''} to ${goal.release}?`;
  },

  standing: (snapshot, goal) => {
    const rejected = snapshot.fleets.find((fleet) => fleet.id !== goal.fleet && members(fleet).length > 0);
    const isTested = rejected && poolsOf(snapshot, 'test').some((pool) => isIn(pool, rejected));
    const stays = rejected && ` ${rejected.release} stays up${isTested ? ' in the test target groups' : ''}.`;
    return {
      message: `${goal.release} serves production.${stays ?? ''}${healingSentence(snapshot, goal.fleet)}${mixedText(fleetById(snapshot, goal.fleet))}${stayedText(snapshot, fleetById(snapshot, goal.fleet))}${verificationSentence(snapshot, goal.release, goal.settings.verification)}`,
      next: [
        '`turnout promote` tries it again',
        `\`turnout cleanup${rejected && roleOf(snapshot, rejected) === 'green' ? ' --discard' : ''}\` terminates the rejected fleet`,
      ],
    };
  },
};

function unmanagedText(snapshot: Snapshot): string {
  const ids = unmanagedInProduction(snapshot);
  if (ids.length === 0) return '';
  return ` ${list(ids, 5)} in production ${ids.length === 1 ? 'is' : 'are'} unmanaged: only a person can tell whether to take ${ids.length === 1 ? 'it' : 'them'} out.`;
}

function isRetired({ marks }: Fleet): boolean {
  return marks.current !== undefined;
}

/**
 * The stable fleet; where that one serves alone, or nothing serves and nothing of it is healthy, the one that a cleanup has not ended
 * yet, as long as it is there.
 */
function fleetBefore(snapshot: Snapshot, { stable, serving, others }: KnownWorld): Fleet {
  const retired = others.filter(isRetired).toSorted((a, b) => (a.marks.current! < b.marks.current! ? 1 : -1));
  const isLost = serving.length === 0 && verified(snapshot, stable).length === 0;
  return (isLost || isSwitched(snapshot, stable)) && others.every(isRetired) ? (retired[0] ?? stable) : stable;
}

/** Of two fleets with the same release it could not be told which one is meant. */
export function isServedAloneBy(snapshot: Snapshot, release: string): boolean {
  const same = liveFleets(snapshot).filter((fleet) => fleet.release === release);
  const serving = servingFleets(snapshot);
  return same.length === 1 && serving.length === 1 && serving[0] === same[0];
}

/** Production is switched, and something after that has failed. */
export function afterSwitch(snapshot: Snapshot, goal: GoalOf<'promote' | 'rollback'>): AfterFailure {
  const problem = servingProblem(snapshot, goal.fleet, goal.minimumHealthy, true);
  if (problem !== undefined) return { leave: 'needs-attention', message: `Production is switched, but ${problem}` };
  const work = workProblem(snapshot.work, goal.release);
  if (work !== undefined)
    return { leave: 'needs-attention', message: `${goal.release} serves production, but ${work}` };
  return { leave: 'safe', message: `${goal.release} serves production; only what follows the switch is not done yet.` };
}

/** AWS and production, or the name servers, disagree; the reason is unknown, and both fleets run. */
export function unproven(release: string, { step }: Failure): AfterFailure {
  const who = ofKind('await-dns-answers', step) ? 'the name servers' : "production's own answers";
  return {
    leave: 'needs-attention',
    message: `According to AWS, ${release} receives all production traffic, but ${who} do not show it.`,
  };
}
