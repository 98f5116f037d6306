import { withTerms } from '../src/domain/approval.ts';
import { liveFleets, stableFleet, members, roleOf } from '../src/domain/roles.ts';
import type { Fleet, Snapshot } from '../src/domain/snapshot.ts';
import { NOTHING } from '../src/observe/reads.ts';
import { count } from '../src/domain/text.ts';
import { lowerMinimum, minimumNow } from '../src/domain/minimum-healthy.ts';
import { isRefusal, refusal, type GoalOf } from '../src/domain/goal.ts';
import { healingSentence, servingProblem, stepsLeft } from '../src/plan/ending.ts';
import { mixedText } from '../src/plan/in-place.ts';
import { fleetById, inProduction } from '../src/domain/queries.ts';
import { isScaled } from '../src/domain/scaled.ts';
import { verificationSentence } from '../src/domain/answers.ts';
import { ofKind, type Step } from '../src/steps/index.ts';
import {
  isOnlyUnverified,
  isSwitched,
  isUnknown,
  notVerified,
  planSwitch,
  tooSmall,
  verifySteps,
} from '../src/plan/switch.ts';
import { groupsProblem } from '../src/plan/group-checks.ts';
import { dnsFailoverTexts, healthSettingsProblem } from '../src/plan/group-health.ts';
import { trialNotes, trialProblem, trialReads, trialSteps } from '../src/plan/trial.ts';
import { stayedText } from '../src/plan/outsiders.ts';
import type { AfterFailure } from '../src/plan/plan.ts';
import { trafficModel } from '../src/plan/traffic/index.ts';
import type { Switch } from '../src/plan/traffic/model.ts';
import { describeFleet, worldProblem } from '../src/plan/worlds.ts';
import { afterSwitch, isServedAloneBy, unproven } from './rollback.ts';
import { gateNotes, gateReads, gatesProblem, heedAlarms, bakeTime } from '../src/plan/gates.ts';
import { afterBake, withoutBake } from './after-bake.ts';
import { ownersProblem } from '../src/plan/owners.ts';
import { letGoSteps, letsGoNow } from '../src/plan/held.ts';
import { scalingProblem } from '../src/plan/scaling.ts';
import {
  ALARMS,
  allowedBy,
  FREEZE,
  ITS_RELEASE,
  otherRelease,
  OWNERS,
  SLOW_START,
  UNKNOWN_RELEASE,
} from './allowed.ts';
import { markRoomProblem, switchTags } from '../src/plan/tag-room.ts';
import * as option from './options.ts';
import { SWITCH, type Summary, type Task } from './task.ts';

const OPTIONS = {
  ...ITS_RELEASE,
  ...UNKNOWN_RELEASE,
  minHealthy: option.minimumHealthy({
    describe: 'Fewest healthy targets in each production group (default: all of them)',
  }),
  steps: option.percentages({
    describe: 'Send production traffic to green in steps, in percent: 1,10,50,100 (default: `traffic.steps`)',
  }),
  every: option.timeSpan({ describe: 'Time between two steps, for example 2m (default: `traffic.every`)' }),
  batch: option.batch({
    describe: 'Where servers move: how many at a time, each batch healthy before as many of blue leave (default: all)',
  }),
  to: option.wholeNumber({
    describe: 'Stop when green has this many percent; the next promote continues from there',
    min: 1,
    max: 100,
    example: 10,
  }),
  approve: option.flag({
    describe: 'Wait for `turnout approve` before production moves (default: as `approval` in the config says)',
  }),
  bake: option.timeSpan({
    describe:
      'Watch green this long once it has what it is to have, judged by the gates (default: `bake.time`, or as long as they need)',
  }),
  ...ALARMS,
  ...OWNERS,
  ...SLOW_START,
  ...FREEZE,
} satisfies option.OptionDefinitions;

export const promote: Task<'promote', typeof OPTIONS> = {
  ...SWITCH,
  verb: 'promote',
  heedsFreeze: true,
  summary: 'Move production traffic to the new fleet',
  details:
    'Registers green with every production target group, waits until each of its instances is healthy there, then takes blue out. ' +
    'Blue stays running (parked) and enters the test target groups, ready for `rollback`. ' +
    'If green does not become healthy in production it is taken out again, and blue is untouched. ' +
    'Where traffic is moved by weights, each production rule is changed by one request, at once or in steps; between two steps the ' +
    'checks must hold, or all goes back to blue.',
  examples: [
    ['turnout promote --plan', 'show the steps, the healthy capacity and the expected time; change nothing'],
    ['turnout promote', 'show them, ask, and do it'],
    ['turnout promote --yes --json', 'in CI: no question, one JSON event a line'],
    ['turnout promote --steps 1,10,50,100 --every 2m', 'by weights: a bit at a time, watched'],
    ['turnout promote --to 10', 'by weights: this far, and no further before the next promote'],
    ['turnout promote --approve --yes', 'wait until somebody runs `turnout approve`, from anywhere'],
    ['turnout promote --steps 10,100 --every 10m --bake 15m', 'the gates of the config judge every step, and the end'],
    ['turnout promote --batch 2', 'where servers move: two at a time'],
    ['turnout promote --min-healthy 2', 'accept that 2 targets are healthy, of green as well, and never fewer'],
  ],
  options: OPTIONS,
  mayBeReplacedBy: ['rollback'],
  again: () => 'promote',
  wayBack: { command: 'rollback', does: 'reverts it' },
  readsAlso: (snapshot, settings) => {
    const [to, second] = candidatesIn(snapshot);
    const isOne = to !== undefined && second === undefined;
    const own = isOne ? { ...trialReads(snapshot, to, settings), ...gateReads(settings) } : NOTHING;
    const from = stableFleet(snapshot);
    const wayBack = to && from && { from: to.release, to: from.release };
    return { ...own, approval: true, ...(wayBack && { wayBack }) };
  },
  minimumHealthy: (goal) => goal.minimumHealthy,
  isVisible: isServedAloneBy,

  pinGoal({ snapshot, options, requestedBy, settings }) {
    const unknown = worldProblem(snapshot, 'mayBeEmpty');
    if (unknown !== undefined) return unknown;
    const candidates = candidatesIn(snapshot);
    const [to] = candidates;
    if (to === undefined) {
      return refusal('no-green', 'There is no green fleet to promote.', 'Bring one up: `turnout up --release R`.');
    }
    if (candidates.length > 1) {
      const seen = candidates.map((fleet) => describeFleet(snapshot, fleet)).join(', ');
      return refusal(
        'two-greens',
        `More than one fleet could be promoted: ${seen}.`,
        ...candidates.map(({ release }) => `\`turnout cleanup --discard --release ${release}\` terminates ${release}.`),
      );
    }
    const other = otherRelease(to.release, options);
    if (other !== undefined) return other;
    const model = trafficModel(snapshot);
    const pace = model.paceOf(to, options, settings);
    if (isRefusal(pace)) return pace;
    const minimumHealthy = lowerMinimum(minimumNow(snapshot, model.capacityGroups()), options.minHealthy);
    const goal = { ...requestedBy, verb: 'promote', fleet: to.id, release: to.release } as const;
    const need = options.minHealthy === undefined ? {} : { need: 'minimum' as const };
    const approved = options.approve === true ? withTerms(settings) : settings;
    const pinned = {
      ...goal,
      minimumHealthy,
      settings: approved,
      ...need,
      ...pace,
      ...allowedBy(options),
      ...letsGoNow(snapshot, to),
    };
    // What serves alone already is judged again only where that is asked for.
    return isSwitched(snapshot, to) && options.bake === undefined
      ? pinned
      : { ...pinned, ...bakeTime(snapshot, pinned, options.bake) };
  },

  plan(snapshot, goal) {
    const unknown = worldProblem(snapshot, 'mayBeEmpty');
    if (unknown !== undefined) return unknown;
    const to = fleetById(snapshot, goal.fleet);
    if (to === undefined || members(to).length === 0) {
      return refusal(
        'fleet-gone',
        `No instance of ${goal.release} is left.`,
        '`turnout rollback` makes sure that production is served by the fleet before.',
        '`turnout up --release R` brings up another one.',
      );
    }
    const change: Switch = { ...goal, to, need: goal.need ?? 'all', prepares: true };
    const mark: Step = { do: 'mark', fleet: to.id, mark: 'promoted', at: goal.since };
    if (isSwitched(snapshot, to))
      return planSwitch(snapshot, change, [mark], undefined, letGoSteps(snapshot, { keep: to, letsGo: goal.letsGo }));
    const servers = liveFleets(snapshot).flatMap(members);
    const unfit =
      scalingProblem(snapshot, to) ??
      ownersProblem(snapshot, servers, goal.allowed) ??
      markRoomProblem(liveFleets(snapshot), switchTags(goal.settings.traffic, goal.bakeS)) ??
      trialProblem(snapshot, to, goal) ??
      gatesProblem(snapshot, to, goal) ??
      groupsProblem(snapshot, inProduction(snapshot, to).length > 0 ? 'production' : 'all') ??
      healthSettingsProblem(snapshot, change) ??
      trafficModel(snapshot).setupProblem(to) ??
      tooSmall(snapshot, change);
    if (unfit !== undefined) return unfit;
    const trial = trialSteps(snapshot, to, goal);
    const no = notVerified(snapshot, change);
    if (no === undefined) {
      const notes = [
        ...trialNotes(snapshot, to, goal),
        ...gateNotes(snapshot, goal),
        ...dnsFailoverTexts(snapshot, to),
      ];
      return heedAlarms(snapshot, to, goal, planSwitch(snapshot, change, [mark], { steps: trial, notes }));
    }
    // In no test group: a green that has left production is on its way there, and a run that was stopped may have left it outside.
    // What a group with a target group of its own has not registered there, nobody else does.
    if (!isUnknown(snapshot, to) || (isScaled(to) && to.group.moves === undefined)) return no;
    const steps = [...verifySteps(snapshot, change), ...trial, mark];
    return heedAlarms(snapshot, to, goal, planSwitch(snapshot, change, steps));
  },

  afterFailure(snapshot, goal, failure) {
    if (failure.isConflict) return MOVED_BY_OTHERS;
    const to = fleetById(snapshot, goal.fleet);
    const stable = stableFleet(snapshot);
    const bake = ofKind('bake', failure.step);
    const baked = bake && afterBake(snapshot, goal, bake, failure.seen);
    if (baked !== undefined && baked !== 'undo') return baked;
    if (baked === undefined && to !== undefined) {
      if (isOnlyUnverified(snapshot, promote.plan(snapshot, withoutBake(goal)))) return unproven(goal.release, failure);
      if (isSwitched(snapshot, to)) return afterSwitch(snapshot, goal);
    }
    if (stable === undefined) return { leave: 'needs-attention', message: 'There is no fleet to move back to.' };
    const { run, who, since, minimumHealthy, settings } = goal;
    const undo = { run, who, since, verb: 'rollback', fleet: stable.id, release: stable.release } as const;
    return { undo: { ...undo, minimumHealthy, settings }, next: AFTER_UNDO };
  },

  finalProblem: (snapshot, goal) =>
    servingProblem(snapshot, goal.fleet, goal.minimumHealthy, isWhole(goal)) ??
    stepsLeft(snapshot, promote.plan(snapshot, goal)),

  question: (snapshot, goal) => {
    const stable = stableFleet(snapshot);
    const last = goal.stages?.shares.at(-1) ?? 100;
    const how = last < 100 ? `${last} % of production` : 'production';
    return `Move ${how} from ${stable?.release ?? 'what serves now'} to ${goal.release}?`;
  },

  standing: (snapshot, goal) => {
    const stable = stableFleet(snapshot);
    const last = goal.stages?.shares.at(-1) ?? 100;
    if (last < 100) return partly(goal.release, last, stable?.release);
    const parked =
      stable && roleOf(snapshot, stable) === 'parked'
        ? ` ${stable.release} is parked with ${count(members(stable).length, 'instance')}.`
        : '';
    return {
      message: `${goal.release} serves production.${parked}${healingSentence(snapshot, goal.fleet)}${mixedText(fleetById(snapshot, goal.fleet))}${stayedText(snapshot, fleetById(snapshot, goal.fleet))}${verificationSentence(snapshot, goal.release, goal.settings.verification)}`,
      next: [
        '`turnout rollback` moves production back',
        '`turnout cleanup` makes this the only fleet and terminates the parked one',
      ],
    };
  },
};

/** What could be promoted: it never was the only one. */
function candidatesIn(snapshot: Snapshot): readonly Fleet[] {
  const stable = stableFleet(snapshot);
  return liveFleets(snapshot).filter((fleet) => fleet !== stable && fleet.marks.current === undefined);
}

/** It moves all of production, and not a part of it. */
function isWhole({ stages }: GoalOf<'promote'>): boolean {
  return (stages?.shares.at(-1) ?? 100) === 100;
}

const AFTER_UNDO = ['`turnout promote` tries again', '`turnout cleanup` terminates the rejected fleet'];

/** Who has moved production by hand meanwhile knows why: it is not moved back under them. */
const MOVED_BY_OTHERS: AfterFailure = {
  leave: 'needs-attention',
  message: 'What others have done is left as it is.',
  next: ['`turnout promote` goes on from there', '`turnout rollback` moves all of it back'],
};

function partly(release: string, share: number, rest: string | undefined): Summary {
  return {
    message: `${release} has ${share} % of production, ${rest ?? 'another fleet'} the rest.`,
    next: ['`turnout promote` goes on', '`turnout rollback` moves all of it back'],
  };
}
