import { liveFleets, members, poolsOf, roleOf, servingFleets, type Role } from '../src/domain/roles.ts';
import type { Fleet, Snapshot } from '../src/domain/snapshot.ts';
import { countByZone, NO_MINIMUM, total } from '../src/domain/minimum-healthy.ts';
import { isRefusal, launchCount, refusal, type GoalOf, type Refusal, type RequestedBy } from '../src/domain/goal.ts';
import { isScaled } from '../src/domain/scaled.ts';
import { defined } from '../src/domain/defined.ts';
import { stepsLeft } from '../src/plan/ending.ts';
import { fewerThanBefore, nextZones, onlyIn, sizeNotes } from '../src/plan/fleet-size.ts';
import { minimumProblem } from '../src/plan/in-place.ts';
import { planAhead } from '../src/plan/ahead.ts';
import { fleetById } from '../src/domain/queries.ts';
import type { Step } from '../src/steps/index.ts';
import { checkSteps } from '../src/plan/trial.ts';
import { trafficModel } from '../src/plan/traffic/index.ts';
import { groupsProblem } from '../src/plan/group-checks.ts';
import { nextQuotaProblem } from '../src/plan/quotas.ts';
import { outsideNotes, untriedNotes } from '../src/plan/outsiders.ts';
import { fleetToShow } from '../src/plan/preview.ts';
import { describeFleet, knownWorld } from '../src/plan/worlds.ts';
import { isShownByPreview, previewSentence } from '../src/domain/preview-rules.ts';
import { scalingNotes, scalingProblem } from '../src/plan/scaling.ts';
import { ownersProblem } from '../src/plan/owners.ts';
import { allowedBy, OWNERS } from './allowed.ts';
import * as option from './options.ts';
import { FLEETS, type Task } from './task.ts';

const OPTIONS = {
  release: option.required(
    option.release({ describe: 'What to bring up; names the image, template version or user data' }),
  ),
  count: option.wholeNumber({
    describe: 'Instances to boot (default: `fleet.count`, or as many as production has)',
    min: 1,
    max: 1000,
    example: 3,
  }),
  zone: option.nameList({
    describe: 'Boot in this zone of production only, for when another one has no capacity (default: all of them)',
    example: 'eu-west-1a',
  }),
  cloneFrom: option.instance({
    describe: 'Where the servers in production differ: the one that all new ones are clones of',
  }),
  ...OWNERS,
} satisfies option.OptionDefinitions;

export const up: Task<'up', typeof OPTIONS> = {
  ...FLEETS,
  verb: 'up',
  summary: 'Bring up new servers with a release, beside production, for testing',
  details:
    'Boots as many instances as production has, spread over the same zones, tagged at launch; registers them with the test target groups ' +
    'and waits until they are healthy there. Production is not touched. If a time limit passes, green is left for inspection.',
  examples: [
    ['turnout up --release 42 --plan', 'what would boot, where, from which image'],
    ['turnout up --release 42', 'show it, ask, and do it'],
    ['turnout up --release 42 --count 6', 'more or fewer than production has now'],
  ],
  options: OPTIONS,
  tellsUrls: true,
  mayBeReplacedBy: ['cleanup'],
  again: (release) => `up --release ${release}`,
  wayBack: { command: 'cleanup --discard', does: 'terminates what it has booted' },
  isVisible: (snapshot, release) =>
    liveFleets(snapshot).some((fleet) => fleet.release === release) && isShownByPreview(snapshot, release),

  async pinGoal({ snapshot, options, requestedBy, resolve, fleetCount, settings }) {
    const world = knownWorld(snapshot);
    if (isRefusal(world)) return world;
    const shown = shownAnew(snapshot, { ...requestedBy, ...options });
    if (shown !== undefined) return shown;
    const model = trafficModel(snapshot);
    const owned = (): Refusal | undefined =>
      ownersProblem(snapshot, world.serving.flatMap(members), allowedBy(options).allowed);
    const taken =
      occupied(snapshot) ??
      scalingProblem(snapshot) ??
      owned() ??
      groupsProblem(snapshot, 'all') ??
      model.setupProblem() ??
      model.changedByOthers();
    if (taken !== undefined) return taken;
    const blue = world.serving[0] as Fleet;
    const release = options.release;
    const asked = options.count ?? fleetCount;
    const fewer = asked === undefined ? fewerThanBefore(snapshot, blue, release) : undefined;
    if (fewer !== undefined) return fewer;
    if (isScaled(blue) && options.zone !== undefined) return ITS_OWN_ZONES;
    const zones = onlyIn(nextZones(snapshot, blue, asked), options.zone, blue);
    if (isRefusal(zones)) return zones;
    if (total(zones) === 0) {
      return refusal(
        'nothing-to-copy',
        `No instance of ${blue.release} is left in production: there is none whose zones could be taken.`,
        'Look at `turnout status`; production has no healthy target yet.',
      );
    }
    const many = nextQuotaProblem(snapshot, countByZone(members(blue)), zones);
    if (many !== undefined) return many;
    const sample = defined({ cloneFrom: options.cloneFrom });
    const fleet = `${release}-${requestedBy.run}`;
    const idle = model.testPools({ id: fleet, release, marks: {}, instances: [] });
    const spec = await resolve({ release, zones, blue, fleet, targetGroups: idle.map(({ arn }) => arn), ...sample });
    const goal = {
      ...requestedBy,
      verb: 'up',
      fleet,
      release,
      spec,
      ...sample,
    } as const;
    const { checks, verification } = settings;
    if (checks === undefined) return goal;
    return { ...goal, checks, ...(verification.by !== 'nothing' && { tellsRelease: true }) };
  },

  plan(snapshot, goal) {
    const { fleet, release, spec, run, checks = [], tellsRelease = false, isUp = false } = goal;
    const green = fleetById(snapshot, fleet) ?? { id: fleet, release, marks: {}, instances: [] };
    const model = trafficModel(snapshot);
    const test = model
      .testPools(green)
      .filter(({ role }) => role === 'test')
      .map((pool) => pool.name);
    if (test.length === 0) return NO_ROOM;
    const { who, since } = goal;
    const healthy = test.map((pool): Step => ({
      do: 'await-healthy',
      pool,
      fleet,
      minimumHealthy: NO_MINIMUM,
      need: 'all',
    }));
    if (isUp) return planAhead(snapshot, healthy);
    const booted: readonly Step[] = spec.group
      ? [
          { do: 'fill-group', fleet, release, spec, group: spec.group, run, who, since },
          { do: 'await-running', fleet },
          ...(spec.group.moves ? test.map((pool): Step => ({ do: 'attach', pool, fleet })) : []),
        ]
      : [
          { do: 'launch', fleet, release, spec, run },
          { do: 'await-running', fleet },
          ...test.map((pool): Step => ({ do: 'register', pool, fleet, isNew: true })),
        ];
    const steps: readonly Step[] = [
      ...booted,
      ...model.routeTestTraffic(green),
      ...healthy,
      ...checkSteps(green, test[0]!, checks, tellsRelease),
    ];
    const zones = Object.fromEntries(spec.batches.map(({ zone, count }) => [zone, count]));
    const before = servingFleets(snapshot).filter((blue) => blue !== green && !isScaled(blue));
    const sizes = before.flatMap((blue) => sizeNotes(snapshot, blue, zones));
    const same = servingFleets(snapshot).some((blue) => blue !== green && blue.release === release);
    const twice = `${release} serves production already: answers cannot tell the two fleets apart, so a switch cannot be proven.`;
    const untried = untriedNotes(model.testPools(green), snapshot, release);
    const notes = [...(same ? [twice] : []), ...spec.summary, ...sizes, ...untried];
    return planAhead(snapshot, steps, [...notes, ...model.notes, ...scalingNotes(snapshot), ...outsideNotes(snapshot)]);
  },

  afterFailure(snapshot, goal) {
    const { fleet, release, spec, isUp = false } = goal;
    const green = fleetById(snapshot, fleet);
    const have = green?.instances.length ?? 0;
    const left = green === undefined ? 0 : members(green).length;
    const wanted = launchCount(spec);
    const again = `turnout up --release ${release}`;
    const goesOn = green?.group === undefined ? '' : ` ${green.group.name} goes on launching and replacing by itself.`;
    const fewer = have === 0 ? '--count N` launches fewer' : `--count ${have}\` goes on with what was launched`;
    return {
      leave: 'safe',
      message: `${left === 0 ? 'No instance was launched' : isUp ? `${release} is as it was` : 'What was launched is left for inspection'}.${goesOn} ${minimumProblem(snapshot) ?? 'Production is as it was.'}`,
      next: [
        `\`${again}\` (or \`turnout resume\`) goes on with it`,
        ...(have < wanted && wanted > 1 && spec.group === undefined ? [`\`${again} ${fewer}`] : []),
        ...(left === 0 && goesOn === ''
          ? []
          : [`\`turnout cleanup --discard --release ${release}\` terminates what it has booted`]),
        '`turnout abandon` leaves things as they are and forgets it',
      ],
    };
  },

  finalProblem: (snapshot, goal) => stepsLeft(snapshot, up.plan(snapshot, goal)),

  question: (_snapshot, { isUp, spec, release }) =>
    isUp ? `Lead people to ${release} as \`preview\` says now?` : `Boot ${launchCount(spec)} instances of ${release}?`,

  standing: (snapshot, goal) => {
    const testUrls = poolsOf(snapshot, 'test').flatMap((pool) => pool.urls);
    const where = testUrls.length > 0 ? ` Try it at ${testUrls.join(' and ')}` : '';
    const short = minimumProblem(snapshot);
    const production = short === undefined ? '; production is as it was.' : `. ${short}`;
    return {
      message: `${goal.release} is healthy in the test target groups${production}${previewSentence(snapshot, goal.release)}${where}`,
      next: ['`turnout promote` moves production to it', '`turnout cleanup --discard` terminates it'],
      testUrls,
    };
  },
};

const ITS_OWN_ZONES = refusal(
  'group-has-zones',
  'An Auto Scaling group spreads its instances over its own zones.',
  'Run this without --zone.',
);

const NO_ROOM = refusal(
  'no-idle-group',
  'Both target groups have servers, or a share of production: there is none for new ones.',
  'Look at `turnout status`.',
  '`turnout cleanup` ends the deploy before.',
);

const ADVICE: Readonly<Record<Exclude<Role, 'blue'>, readonly string[]>> = {
  green: ['`turnout promote` moves production to it.', '`turnout cleanup --discard` terminates it.'],
  parked: ['`turnout cleanup` terminates it.', '`turnout rollback` moves production back to it.'],
  rejected: ['`turnout cleanup` terminates it.', '`turnout promote` tries it again.'],
  retired: ['`turnout cleanup` terminates it.'],
};

/** It is up, and not everybody is led to it whom `preview` means: then that is all that is left to do. */
function shownAnew(
  snapshot: Snapshot,
  { run, who, since, release, count, zone, cloneFrom }: RequestedBy & option.OptionsOf<typeof OPTIONS>,
): GoalOf<'up'> | undefined {
  const fleet = [count, zone, cloneFrom].some((one) => one !== undefined) ? undefined : fleetToShow(snapshot, release);
  if (fleet === undefined) return undefined;
  const batches = Object.entries(countByZone(members(fleet))).map(([at, n]) => ({ zone: at, subnet: '', count: n }));
  const spec = { kind: '', summary: [], batches, request: {} };
  return { run, who, since, verb: 'up', fleet: fleet.id, release, spec, isUp: true };
}

/** A group that was given a release, or was emptied of one, and has no instance: a run that was given up has left its tags. */
function begun(snapshot: Snapshot): Refusal | undefined {
  const left = snapshot.fleets.filter(isScaled).find((fleet) => members(fleet).length === 0);
  if (left === undefined) return undefined;
  return refusal(
    'group-not-empty',
    `${left.group.name} still has the tags of ${left.release}, and no instance.`,
    '`turnout cleanup --discard` ends it; then run this again.',
  );
}

/** One candidate at a time: a second one would share the test groups, and it would be unclear which one was tried. */
function occupied(snapshot: Snapshot): Refusal | undefined {
  const other = liveFleets(snapshot).find((fleet) => roleOf(snapshot, fleet) !== 'blue');
  if (other === undefined) return begun(snapshot);
  const role = roleOf(snapshot, other) as Exclude<Role, 'blue'>;
  return refusal(
    `${role}-exists`,
    `There is a fleet beside production already: ${describeFleet(snapshot, other)}.`,
    ...ADVICE[role],
  );
}
