import { describe, expect, test } from 'vitest';
import { isRefusal, type Goal, type GoalOf, type LaunchSpec, type Verb } from '../../src/domain/goal.ts';
import { tasks } from '../../tasks/index.ts';
import { flagsOf } from '../../tasks/options.ts';
import { amended } from '../../tasks/recorded-goal.ts';
import { on, refreshOf, type RecordedCase, type RecordedCases } from '../support/recorded-case.ts';
import { settingsIn, weightedWorld } from '../support/weighted-worlds.ts';
import { HOME, PLAIN, PROMOTED, world } from '../support/worlds.ts';

const SINCE = '2026-06-01T00:00:00.000Z';
const ASKED = { run: 'r1', who: 'ann', since: SINCE, fleet: 'B', release: 'B' };
const DELIVERY = { words: './deploy.sh', check: false, migrate: 'no' } as const;
const PULLED = { ...DELIVERY, converges: { pollS: 10, downloadS: 60, restartS: 120 } };
const OUT = { prod: '-', test: 'healthy' } as const;
const IN = { prod: 'healthy', test: '-' } as const;

const MEMBERS = world([
  { id: 'A', marks: HOME, members: [IN, IN, IN, IN] },
  { id: 'B', marks: {}, members: [OUT, OUT, OUT, OUT] },
]);
const MINIMUM = { prod: { total: 4, zones: { a: 4 } } };
const HALF = { prod: { total: 2, zones: { a: 2 } } };
/** Green has 10 % of production. */
const WEIGHTS = weightedWorld({
  fleets: [
    { id: 'A', marks: HOME, members: [{ one: 'healthy' }] },
    { id: 'B', marks: PROMOTED, members: [{ two: 'healthy' }] },
  ],
  production: [10],
  test: 100,
});

const spec = (...counts: readonly number[]): LaunchSpec => ({
  kind: 'fake',
  summary: [],
  request: {},
  batches: counts.map((count, n) => ({ zone: 'abc'[n]!, subnet: `subnet-${n}`, count })),
});
/** Of three zones, `a` was launched. */
const PART = world([
  { id: 'A', marks: HOME, members: [IN, IN, IN, IN, IN] },
  { id: 'B', marks: {}, members: [OUT, OUT] },
]);

const IN_PLACE = world([{ id: 'B', marks: HOME, members: [IN, IN, IN, IN] }]);
const ALL = ['B-0', 'B-1', 'B-2', 'B-3'];

const PROMOTE: GoalOf<'promote'> = { ...ASKED, verb: 'promote', minimumHealthy: MINIMUM, settings: PLAIN };
const BY_WEIGHTS: GoalOf<'promote'> = {
  ...PROMOTE,
  settings: settingsIn(WEIGHTS),
  stages: { shares: [1, 10, 50, 100], everyS: 60 },
};
const CLEANUP: GoalOf<'cleanup'> = {
  ...ASKED,
  fleet: 'A',
  release: 'A',
  verb: 'cleanup',
  discard: false,
  wait: false,
  settings: PLAIN,
  minimumHealthy: MINIMUM,
};
const ROLLING: GoalOf<'rolling'> = {
  ...ASKED,
  release: '43',
  verb: 'rolling',
  batches: [['B-0'], ['B-1'], ['B-2'], ['B-3']],
  minimumHealthy: { prod: { total: 3, zones: { a: 3 } } },
  force: false,
  delivery: DELIVERY,
};

const adopting = on<GoalOf<'adopt'>>({ ...ASKED, verb: 'adopt', instances: ['i-1'] }, MEMBERS);
const launching = on<GoalOf<'up'>>({ ...ASKED, verb: 'up', spec: spec(2, 2, 1) }, PART);
const promoting = on(PROMOTE, MEMBERS);
const shifting = on(BY_WEIGHTS, WEIGHTS);
const goingBack = on<GoalOf<'rollback'>>({ ...PROMOTE, verb: 'rollback' }, MEMBERS);
const cleaning = on(CLEANUP, MEMBERS);
const rollingOn = on(ROLLING, IN_PLACE);
const deploying = on<GoalOf<'deploy'>>({ ...ASKED, verb: 'deploy', instances: ['B-0'], delivery: DELIVERY }, IN_PLACE);
const draining = on<GoalOf<'drain'>>({ ...ROLLING, verb: 'drain', instances: ['B-0'] }, IN_PLACE);
const joining = on<GoalOf<'join'>>({ ...ASKED, release: '', verb: 'join', instances: ['B-0'], check: false }, IN_PLACE);

const CASES: RecordedCases = {
  adopt: {
    release: [adopting({ release: 'B' }, 'the same'), adopting({ release: 'C' }, 'other-subject')],
    takeOver: [adopting({ takeOver: true }, { takesOver: true })],
    allowOwner: [adopting({ allowOwner: ['web'] }, 'the same')],
  },
  up: {
    release: [launching({ release: 'B' }, 'the same'), launching({ release: 'C' }, 'other-subject')],
    count: [
      launching({ count: 5 }, 'the same'),
      launching({ count: 4 }, { spec: spec(2, 1, 1) }),
      launching({ count: 2 }, { spec: spec(2) }),
      launching({ count: 8 }, { spec: spec(2, 4, 2) }),
      launching({ count: 1 }, { refused: 'launched-already' }),
      on<GoalOf<'up'>>({ ...ASKED, verb: 'up', spec: spec(2) }, PART)({ count: 3 }, { refused: 'launched-already' }),
      on<GoalOf<'up'>>({ ...ASKED, fleet: 'C', verb: 'up', spec: spec(2, 1) }, PART)({ count: 1 }, { spec: spec(1) }),
    ],
    zone: [launching({ zone: ['c', 'b', 'a'] }, 'the same'), launching({ zone: ['a'] }, { refused: 'other-steps' })],
    cloneFrom: [
      launching({ cloneFrom: 'A-0' }, { refused: 'other-steps' }),
      on<GoalOf<'up'>>({ ...ASKED, verb: 'up', spec: spec(2), cloneFrom: 'A-0' }, PART)(
        { cloneFrom: 'A-0' },
        'the same',
      ),
    ],
    allowOwner: [launching({ allowOwner: ['web'] }, 'the same')],
  },
  promote: {
    release: [promoting({ release: 'B' }, 'the same'), promoting({ release: 'C' }, 'other-subject')],
    minHealthy: [
      promoting({ minHealthy: { count: 2 } }, { minimumHealthy: HALF, need: 'minimum' }),
      // What was healthy when it began is still what `--min-healthy` counts from, or what is healthy now.
      on({ ...PROMOTE, minimumHealthy: { prod: { total: 6, zones: { a: 6 } } } }, MEMBERS)(
        { minHealthy: { count: 5 } },
        { minimumHealthy: { prod: { total: 5, zones: { a: 5 } } }, need: 'minimum' },
      ),
      on({ ...PROMOTE, minimumHealthy: HALF }, MEMBERS)(
        { minHealthy: { percent: 75 } },
        { minimumHealthy: { prod: { total: 3, zones: { a: 3 } } }, need: 'minimum' },
      ),
    ],
    steps: [
      shifting({ steps: [1, 10, 50, 100] }, { stages: { shares: [50, 100], everyS: 60 } }),
      shifting({ steps: [20, 100] }, { stages: { shares: [20, 100], everyS: 60 } }),
      promoting({ steps: [50, 100] }, { refused: 'no-weights' }),
    ],
    every: [shifting({ every: 5 }, { stages: { shares: [50, 100], everyS: 5 } })],
    to: [
      shifting({ to: 50 }, { stages: { shares: [50], everyS: 60 } }),
      shifting({ to: 5 }, { refused: 'beyond-that' }),
      promoting({ to: 5 }, { refused: 'no-weights' }),
    ],
    bake: [promoting({ bake: 90 }, { bakeS: 90 })],
    ignoreAlarm: [promoting({ ignoreAlarm: ['shop-5xx'] }, { allowed: { alarms: ['shop-5xx'] } })],
    batch: [
      promoting({ batch: { count: 1 } }, { batch: 1 }),
      promoting({ batch: { percent: 50 } }, { batch: 2 }),
      shifting({ batch: { count: 1 } }, { refused: 'no-batches' }),
    ],
    approve: [promoting({ approve: false }, 'the same')],
    allowUnknownRelease: [promoting({ allowUnknownRelease: true }, { allowed: { unknownRelease: true } })],
    allowSlowStart: [promoting({ allowSlowStart: true }, { allowed: { slowStart: true } })],
    overrideFreeze: [promoting({ overrideFreeze: 'fix' }, { allowed: { freeze: 'fix' } })],
    allowOwner: [
      on({ ...PROMOTE, allowed: { slowStart: true, owners: ['web'] } }, MEMBERS)(
        { allowOwner: ['batch'] },
        { allowed: { slowStart: true, owners: ['web', 'batch'] } },
      ),
    ],
  },
  rollback: {
    overrideSchema: [goingBack({ overrideSchema: 'fix' }, { allowed: { schema: 'fix' } })],
    release: [goingBack({ release: 'B' }, 'the same'), goingBack({ release: 'C' }, 'other-subject')],
    minHealthy: [goingBack({ minHealthy: { count: 2 } }, { minimumHealthy: HALF })],
    batch: [goingBack({ batch: { count: 3 } }, { batch: 3 })],
    grow: [goingBack({ grow: true }, { grow: true })],
  },
  cleanup: {
    release: [
      cleaning({ release: 'B' }, { refused: 'other-steps' }),
      on({ ...CLEANUP, only: 'B' }, MEMBERS)({ release: 'B' }, 'the same'),
      on({ ...CLEANUP, only: 'C' }, MEMBERS)({ release: 'B' }, { refused: 'other-steps' }),
    ],
    keep: [
      cleaning(
        { keep: 'A' },
        { assertsRelease: true, lastProduction: expect.objectContaining({ release: 'A', at: SINCE }) as never },
      ),
      cleaning({ keep: 'B' }, { refused: 'other-release' }),
    ],
    discard: [cleaning({ discard: true }, { discard: true })],
    wait: [cleaning({ wait: true }, { wait: true })],
    ignoreResidualTraffic: [cleaning({ ignoreResidualTraffic: true }, { early: true })],
    minHealthy: [cleaning({ minHealthy: { percent: 50 } }, { minimumHealthy: HALF })],
    allowSharedTargetGroup: [cleaning({ allowSharedTargetGroup: ['admin'] }, { allowed: { sharedGroups: ['admin'] } })],
    overrideFreeze: [cleaning({ overrideFreeze: 'fix' }, { allowed: { freeze: 'fix' } })],
    allowOwner: [cleaning({ allowOwner: ['web'] }, { allowed: { owners: ['web'] } })],
  },
  rolling: {
    release: [rollingOn({ release: '43' }, 'the same'), rollingOn({ release: '44' }, 'other-subject')],
    force: [
      on({ ...ROLLING, release: 'B', batches: [['B-0']] }, IN_PLACE)(
        { force: true },
        { force: true, batches: [['B-0'], ['B-1'], ['B-2'], ['B-3']] },
      ),
      on({ ...ROLLING, force: true }, IN_PLACE)({ force: false }, { refused: 'other-steps' }),
    ],
    batch: [
      rollingOn({ batch: { count: 1 } }, 'the same'),
      rollingOn({ batch: { percent: 50 } }, { batches: [ALL.slice(0, 2), ALL.slice(2)] }),
    ],
    wave: [
      on({ ...ROLLING, delivery: PULLED }, IN_PLACE)(
        { wave: [25, 100] },
        { batches: [['B-0'], ['B-1', 'B-2', 'B-3']], waves: [25, 100] },
      ),
      on({ ...ROLLING, delivery: PULLED, waves: [50, 100], batches: [ALL.slice(0, 2), ALL.slice(2)] }, IN_PLACE)(
        { wave: [50, 100] },
        'the same',
      ),
      on({ ...ROLLING, delivery: PULLED, waves: [50, 100], batches: [ALL.slice(0, 2), ALL.slice(2)] }, IN_PLACE)(
        { batch: { count: 3 } },
        { batches: [ALL.slice(0, 3), ALL.slice(3)], waves: undefined },
      ),
      rollingOn({ wave: [50, 100] }, { refused: 'waves-not-pulled' }),
    ],
    minHealthy: [
      rollingOn(
        { minHealthy: { count: 2 } },
        { minHealthy: { count: 2 }, minimumHealthy: { prod: { total: 2, zones: { a: 3 } } } },
      ),
    ],
    refresh: [rollingOn({ refresh: true }, { refused: 'other-steps' })],
    rootVolumes: [ROLLING, refreshOf(ROLLING, false)].map((goal) =>
      on(goal, IN_PLACE)({ rootVolumes: true }, { refused: 'other-steps' }),
    ),
    allowDowntime: [rollingOn({ allowDowntime: true }, { minimumHealthy: undefined })],
    allowSlowStart: [rollingOn({ allowSlowStart: true }, { allowed: { slowStart: true } })],
    overrideFreeze: [rollingOn({ overrideFreeze: 'fix' }, { allowed: { freeze: 'fix' } })],
    allowOwner: [rollingOn({ allowOwner: ['web'] }, { allowed: { owners: ['web'] } })],
  },
  deploy: {
    release: [deploying({ release: 'B' }, 'the same'), deploying({ release: 'C' }, 'other-subject')],
    instances: [
      deploying({ instances: ['B-0'] }, 'the same'),
      deploying({ instances: ['B-0', 'B-1'] }, 'other-subject'),
    ],
    self: [deploying({ self: true, instances: ['B-1'] }, 'other-subject')],
  },
  drain: {
    instances: [draining({ instances: ['B-0'] }, 'the same'), draining({ instances: ['B-1'] }, 'other-subject')],
    self: [draining({ self: true, instances: ['B-1'] }, 'other-subject')],
    minHealthy: [draining({ minHealthy: { count: 1 } }, { minimumHealthy: { prod: { total: 1, zones: { a: 3 } } } })],
    allowDowntime: [draining({ allowDowntime: true }, { minimumHealthy: undefined })],
    allowOwner: [draining({ allowOwner: ['web'] }, { allowed: { owners: ['web'] } })],
  },
  join: {
    instances: [joining({ instances: ['B-0'] }, 'the same'), joining({ instances: ['B-1'] }, 'other-subject')],
    self: [joining({ self: true, instances: ['B-1'] }, 'other-subject')],
    release: [joining({ release: '44' }, { release: '44' })],
  },
};

function amend({ goal, seen, given }: RecordedCase<Goal>): ReturnType<typeof amended> {
  return amended(goal, {
    snapshot: seen,
    options: given,
    settings: settingsIn(seen),
    requestedBy: ASKED,
    resolve: async () => spec(),
  });
}

describe.each(Object.keys(CASES) as readonly Verb[])(
  'an option of `%s` on the goal of a run that did not end',
  (verb) => {
    const all = Object.entries(CASES[verb] as Readonly<Record<string, readonly RecordedCase<Goal>[]>>);
    test.each(all)('%s', (key, cases) => {
      const [flag = key] = Object.keys(flagsOf({ [key]: tasks[verb].options[key] }));
      for (const one of cases) {
        const came = amend(one);
        expect(plainly(came, key === 'force' ? 'no-force' : flag), flag).toEqual(expected(one));
        // It is what the next run finds, and finds as it was wanted.
        expect(isGoal(came) ? amend({ ...one, goal: came }) : came, flag).toEqual(came);
      }
    });
  },
);

function isGoal(came: ReturnType<typeof amend>): came is Goal {
  return came !== 'other-subject' && !isRefusal(came);
}

function plainly(came: ReturnType<typeof amend>, flag: string): object | string {
  if (came === 'other-subject') return came;
  if (!isRefusal(came)) return plain(came);
  const text = `${came.message} ${came.next.join(' ')}`;
  return { refused: came.refused, isNamed: new RegExp(`--${flag}\\b`).test(text) };
}

function expected({ becomes, goal }: RecordedCase<Goal>): unknown {
  if (becomes === 'other-subject') return becomes;
  if (becomes === 'the same') return plain(goal);
  if ('refused' in becomes) return { ...becomes, isNamed: true };
  return { ...plain({ ...goal, ...becomes }), ...matchersIn(becomes) };
}

/** Without fields that are not there. */
function plain(goal: object): object {
  return JSON.parse(JSON.stringify(goal)) as object;
}

/** Asymmetric matchers do not survive `plain`. */
function matchersIn(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => '$$typeof' in Object(value)));
}
