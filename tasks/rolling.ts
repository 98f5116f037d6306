import { stableFleet, members, servingFleets } from '../src/domain/roles.ts';
import type { Fleet, Instance, Snapshot } from '../src/domain/snapshot.ts';
import { unplacedIn } from '../src/domain/size.ts';
import { count, list, sentences } from '../src/domain/text.ts';
import { NOTHING } from '../src/observe/reads.ts';
import { planAhead } from '../src/plan/ahead.ts';
import type { Amount } from '../src/domain/amount.ts';
import { batchesOf, sizeOf } from '../src/domain/batches.ts';
import { isRefusal, refusal, type GoalOf, type Refusal } from '../src/domain/goal.ts';
import { carries, minimumWhileOut, running } from '../src/domain/in-place.ts';
import { fleetById } from '../src/domain/queries.ts';
import { afterInPlace, minimumNotes, mixedNote, releasesOf, minimumProblem } from '../src/plan/in-place.ts';
import { returningTexts } from '../src/plan/group-health.ts';
import { afterRefresh, isRefresh, refreshPlan, refreshQuestion, refreshStanding } from '../src/plan/refresh.ts';
import { refreshGoal, REFRESHES } from './rolling-refresh.ts';
import { rollingSteps, todoOf } from '../src/plan/rolling.ts';
import { afterStandby, isLeftAlone, standbyNotes, standbyProblem } from '../src/plan/standby.ts';
import { afterWave, waveNotes, wavesProblem } from '../src/plan/waves.ts';
import { unmanagedInProduction } from '../src/plan/worlds.ts';
import { addressProblem, unreadProblem } from '../src/plan/outsiders.ts';
import { otherEnvironment, ownersOf, ownersProblem } from '../src/plan/owners.ts';
import { allowedBy, FREEZE, OWNERS, SLOW_START } from './allowed.ts';
import { rollingTags, tagRoomProblem } from '../src/plan/tag-room.ts';
import * as option from './options.ts';
import { IN_PLACE, type Task } from './task.ts';

const OPTIONS = {
  release: option.required(option.release({ describe: 'What to deploy: the name that the deployer knows it by' })),
  batch: option.batch({ describe: 'Instances at a time, as a number or a percentage such as 25% (default: 1)' }),
  wave: option.waves({
    describe: 'Pull deploys: in waves of up to these shares, such as 10%,50%,100%, which serve meanwhile',
    conflicts: 'batch',
  }),
  minHealthy: option.minimumHealthy({
    describe: 'Fewest healthy targets in each target group (default: one batch less than are healthy now)',
  }),
  ...REFRESHES,
  force: option.flag({ describe: 'Deploy to instances that carry the release already, too' }),
  allowDowntime: option.flag({
    describe: 'Take instances out even where no healthy target would be left: requests will fail meanwhile',
    conflicts: 'min-healthy',
  }),
  ...OWNERS,
  ...SLOW_START,
  ...FREEZE,
} satisfies option.OptionDefinitions;

export const rolling: Task<'rolling', typeof OPTIONS> = {
  ...IN_PLACE,
  verb: 'rolling',
  heedsFreeze: true,
  summary: 'Deploy a release in place, one server (or one batch) after the other',
  details:
    'For each batch: takes it out of every target group that holds it, waits until it is released, deploys as the `deploy` section of the ' +
    'config says, asks the instance itself, puts it back exactly where it was, and waits until it is healthy there. Unhealthy instances come ' +
    'first, then zone by zone. Instances that carry the release are skipped, so a second run goes on where the first one stopped. ' +
    'A deploy that fails leaves its batch out of traffic, and touches nothing else.',
  examples: [
    ['turnout rolling --release 42 --plan', 'show the batches, the steps and the healthy capacity; change nothing'],
    ['turnout rolling --release 42', 'show them, ask, and do it, one instance at a time'],
    ['turnout rolling --release 42 --refresh', 'an instance refresh of the Auto Scaling group that serves'],
    ['turnout rolling --release 42 --root-volumes', 'the same instances with the root volume of another image'],
    ['turnout rolling --release 42 --batch 25%', 'a quarter of the fleet at a time'],
    ['turnout rolling --release 42 --wave 10%,50%,100%', 'instances that follow by themselves, and need no drain'],
  ],
  options: OPTIONS,
  hooks: ['afterInstance'],
  // An instance that was launched since boots the current release by itself: then it needs no deploy.
  readsAlso: () => ({ ...NOTHING, fetched: true }),
  again: (release) => `rolling --release ${release}`,
  wayBack: { command: 'rolling --release R', does: 'with the release before reverts it' },
  minimumHealthy: (goal) => goal.minimumHealthy ?? {},

  pinGoal(request) {
    const { snapshot, options, requestedBy, delivery } = request;
    const fleet = fleetToRoll(snapshot);
    if (isRefusal(fleet)) return fleet;
    if (options.refresh === true || options.rootVolumes === true) return refreshGoal(request, fleet);
    if (delivery === undefined) return NO_DEPLOYER;
    const { release, wave: waves } = options;
    const cannot = waves && wavesProblem(delivery, fleet);
    if (cannot !== undefined) return cannot;
    const force = options.force === true;
    const todo = running(snapshot, ids(members(fleet)))
      .filter((instance) => force || !carries(instance, release))
      .filter((instance) => !isLeftAlone(instance));
    const batches = batchesOf(snapshot, todo, options, members(fleet).length);
    const size = sizeOf(batches);
    return {
      ...requestedBy,
      verb: 'rolling',
      fleet: fleet.id,
      release,
      batches,
      ...(waves && { waves }),
      ...(options.allowDowntime === true
        ? {}
        : { minimumHealthy: minimumWhileOut(snapshot, ids(todo), size, options.minHealthy) }),
      ...(options.minHealthy && { minHealthy: options.minHealthy }),
      force,
      delivery,
      ...allowedBy(options),
    };
  },

  plan(snapshot, goal) {
    if (isRefresh(goal)) return refreshPlan(snapshot, goal);
    const fleet = fleetById(snapshot, goal.fleet);
    if (fleet === undefined || members(fleet).length === 0) {
      return refusal('fleet-gone', `No instance of the fleet ${goal.fleet} is left.`, 'Look at `turnout status`.');
    }
    const all = running(snapshot, goal.batches.flat());
    const owned =
      unreadProblem(snapshot) ??
      addressProblem(snapshot, all) ??
      ownersProblem(snapshot, all, goal.allowed) ??
      standbyProblem(snapshot, todoOf(snapshot, goal).flat()) ??
      tagRoomProblem(all, rollingTags(goal.delivery));
    if (owned !== undefined) return owned;
    const plan = planAhead(snapshot, rollingSteps(snapshot, goal), notesOn(snapshot, fleet, goal));
    return isRefusal(plan) ? withAdvice(snapshot, goal, plan) : plan;
  },

  afterFailure: (snapshot, goal, failure) => {
    if (isRefresh(goal)) return afterRefresh(snapshot, goal, failure);
    const again = `rolling --release ${goal.release}`;
    const isAnyOut = running(snapshot, goal.batches.flat()).some(({ left }) => left !== undefined);
    const next = [
      `\`turnout ${again}\` (or \`turnout resume\`) goes on with it`,
      `\`turnout rolling --release ${previousOf(snapshot, goal) ?? 'R'}\` goes back to the release before`,
      ...(goal.waves === undefined && isAnyOut ? ['`turnout join I` puts an instance back into traffic as it is'] : []),
      '`turnout abandon` leaves things as they are and forgets it',
    ];
    return goal.waves === undefined
      ? afterInPlace(snapshot, goal, failure, { ids: goal.batches.flat(), again, next })
      : afterWave(snapshot, goal, next);
  },

  finalProblem: (snapshot, goal) => minimumProblem(snapshot, goal.minimumHealthy),

  question: (snapshot, goal) => {
    if (isRefresh(goal)) return refreshQuestion(goal);
    const fleet = fleetById(snapshot, goal.fleet);
    const mixed = fleet && mixedNote(fleet);
    const many = todoOf(snapshot, goal).flat().length;
    const how =
      goal.waves === undefined
        ? `${sizeOf(todoOf(snapshot, goal))} at a time`
        : `in ${count(goal.batches.length, 'wave')} that serve meanwhile`;
    return `${mixed === undefined ? '' : `${mixed} `}Deploy ${goal.release} to ${count(many, 'instance')}, ${how}?`;
  },

  standing: (snapshot, goal) => {
    if (isRefresh(goal)) return refreshStanding(snapshot, goal);
    const fleet = fleetById(snapshot, goal.fleet);
    const here = fleet ? running(snapshot, ids(members(fleet))) : [];
    const left = here.filter((one) => !carries(one, goal.release) && !isLeftAlone(one));
    const unplaced = fleet && unplacedIn({ ...snapshot, fleets: [fleet] });
    return {
      message: sentences(
        `Every instance that was there carries ${goal.release}.`,
        ...cameText(
          cameSince(here, goal).filter((one) => !left.includes(one)),
          ['does, too', 'do, too'],
        ),
        ...cameText(left, ['does not', 'do not']),
        unplaced,
        ...(fleet ? afterStandby(snapshot, fleet, goal) : []),
      ).join(' '),
      next: [
        ...(left.length > 0 ? [`\`turnout rolling --release ${goal.release}\` deploys to what came later`] : []),
        '`turnout status` shows what is where',
        '`turnout rolling --release R` deploys another release',
      ],
    };
  },
};

export const NO_DEPLOYER: Refusal = refusal(
  'no-deployer',
  'The config does not say how code gets onto a running instance: it has no `deploy` section.',
  'Add one: `deploy: { kind: command, run: [./deploy.sh] }`; config/rolling.yml is a commented example.',
);

/** Launched since the run began, and not deployed to by it. */
function cameSince(instances: readonly Instance[], { since, batches }: GoalOf<'rolling'>): readonly Instance[] {
  const known = new Set(batches.flat());
  return instances.filter(({ id, launchedAt }) => !known.has(id) && launchedAt >= Date.parse(since));
}

function cameText(instances: readonly Instance[], [one, more]: readonly [string, string]): readonly string[] {
  if (instances.length === 0) return [];
  return [`${list(ids(instances), 5)} came later and ${instances.length === 1 ? one : more}.`];
}

function ids(instances: readonly Instance[]): readonly string[] {
  return instances.map(({ id }) => id);
}

/** The fleet that serves; where nothing does, the one that should. */
function fleetToRoll(snapshot: Snapshot): Fleet | Refusal {
  const stable = stableFleet(snapshot);
  const serving = servingFleets(snapshot);
  const other = otherEnvironment(snapshot);
  if (other !== undefined) return other;
  if (stable === undefined) {
    return refusal(
      'not-adopted',
      'Nothing in production carries the tags of this environment as its current fleet.',
      'Run `turnout adopt --release R` once: it tags what production serves now.',
    );
  }
  const unmanaged = unmanagedInProduction(snapshot);
  if (unmanaged.length > 0) {
    return refusal(
      'unmanaged-instance',
      `${list(unmanaged, 5)} in production without the ownership tags of this environment: a rolling deploy would miss them.${ownersOf(snapshot, unmanaged)}`,
      'Take them out of the production target groups, or tag them like the fleet that they belong to; then run this again.',
    );
  }
  if (serving.length < 2) return serving[0] ?? stable;
  return refusal(
    'two-fleets-serve',
    `Production is served by ${list(serving.map(({ release }) => release))}: a switch has not ended.`,
    '`turnout promote` gives all of it to the new one.',
    '`turnout rollback` gives all of it to the one before.',
  );
}

function notesOn(snapshot: Snapshot, fleet: Fleet, goal: GoalOf<'rolling'>): readonly string[] {
  const all = members(fleet);
  const todo = new Set(goal.batches.flat());
  const skipped = all.filter((instance) => !todo.has(instance.id) && carries(instance, goal.release));
  const idle = all.filter(({ state }) => state !== 'running');
  const out = all.filter(({ id, left }) => left !== undefined && todo.has(id));
  const mixed = mixedNote(fleet);
  return [
    ...(mixed === undefined ? [] : [mixed]),
    ...(skipped.length === 0
      ? []
      : [
          `Skipped, since ${skipped.length === 1 ? 'it carries' : 'they carry'} ${goal.release} already: ${list(ids(skipped), 5)}.`,
        ]),
    ...(out.length === 0 ? [] : [`Out of traffic now, and put back by this: ${list(ids(out), 5)}.`]),
    ...sentences(unplacedIn({ ...snapshot, fleets: [fleet] })),
    ...standbyNotes(fleet, goal),
    ...(idle.length === 0 ? [] : [`Left alone, since not running: ${list(ids(idle), 5)}.`]),
    ...waveNotes(goal),
    ...minimumNotes(snapshot, goal.minimumHealthy, goal.batches),
    ...returningTexts(snapshot, goal.batches),
  ];
}

/** What would help: a smaller batch or a lower minimum, where one does. Each number is one that the plan accepts. */
function withAdvice(snapshot: Snapshot, goal: GoalOf<'rolling'>, no: Refusal): Refusal {
  const all = goal.batches.flat();
  const { waves: _, ...drained } = goal;
  const batched = (n: number) => ({
    ...drained,
    batches: batchesOf(snapshot, running(snapshot, all), { batch: { count: n } }, all.length),
  });
  const smaller = largest(sizeOf(goal.batches) - 1, (n) => isAccepted(snapshot, batched(n), goal.minHealthy));
  const lower = goal.minHealthy && largest(all.length, (n) => isAccepted(snapshot, goal, { count: n }));
  return {
    ...no,
    next: [
      ...(smaller === undefined
        ? []
        : [`\`--batch ${smaller}\`${goal.waves ? ' instead of `--wave`' : ''} keeps enough healthy.`]),
      ...(lower === undefined ? [] : [`\`--min-healthy ${lower}\` accepts fewer healthy targets.`]),
      ...(smaller === undefined && lower === undefined ? [SECOND_FLEET] : []),
      'Fix what is unhealthy first: `turnout status` shows it.',
      '`--allow-downtime` does it all the same, and requests fail meanwhile.',
    ],
  };
}

const SECOND_FLEET =
  'Bring up a second fleet instead, without taking anything away first: `turnout up --release R`, then `turnout promote`.';

/** The largest number from `max` down to 1 that will do. */
function largest(max: number, willDo: (n: number) => boolean): number | undefined {
  return Array.from({ length: Math.max(0, max) }, (_, n) => max - n).find(willDo);
}

/** Whether the same deploy is accepted with that `--min-healthy`. */
function isAccepted(snapshot: Snapshot, goal: GoalOf<'rolling'>, minHealthy: Amount | undefined): boolean {
  const { batches } = goal;
  const minimumHealthy = minimumWhileOut(snapshot, batches.flat(), sizeOf(batches), minHealthy);
  return !isRefusal(planAhead(snapshot, rollingSteps(snapshot, { ...goal, minimumHealthy })));
}

function previousOf(snapshot: Snapshot, { fleet, release }: GoalOf<'rolling'>): string | undefined {
  const found = fleetById(snapshot, fleet);
  return found && releasesOf(found).find(([other]) => other !== release)?.[0];
}
