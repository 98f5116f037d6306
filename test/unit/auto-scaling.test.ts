import { describe, expect, test } from 'vitest';
import { cleanup } from '../../tasks/cleanup.ts';
import { promote } from '../../tasks/promote.ts';
import { rollback } from '../../tasks/rollback.ts';
import { isRefusal, type GoalOf } from '../../src/domain/goal.ts';
import { minimumNow } from '../../src/domain/minimum-healthy.ts';
import { heldIn, heldText, type HeldMinimum } from '../../src/domain/scaling.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { healingSentence, servingProblem } from '../../src/plan/ending.ts';
import { giveBackSteps } from '../../src/plan/held.ts';
import { scalingFacts } from '../../src/plan/scaling.ts';
import { trafficModel } from '../../src/plan/traffic/index.ts';
import { behaviourOf, type Step } from '../../src/steps/index.ts';
import { scaledWorld } from '../support/scaled-worlds.ts';
import { settingsIn } from '../support/weighted-worlds.ts';
import { PROMOTED } from '../support/worlds.ts';

/** What plans do and refuse where fleets are Auto Scaling groups. */

const ASKED = { run: 'r1', who: 'ann@ci', since: '2026-06-01T00:00:00.000Z' };
const HELD: HeldMinimum = { before: 1, at: 3, ...ASKED };
const HOLDS = { minimum: 3, held: HELD };
const BLUE = { id: 'A', size: 3 };
const GREEN = { id: 'B', size: 3, group: HOLDS };

function goalOf(snapshot: Snapshot, verb: 'promote' | 'rollback' | 'cleanup') {
  const minimumHealthy = minimumNow(snapshot, trafficModel(snapshot).capacityGroups());
  const settings = settingsIn(snapshot);
  return { ...ASKED, minimumHealthy, settings, verb };
}

const to = (id: string) => ({ fleet: id, release: id });
const promoteB = (snapshot: Snapshot, more: Partial<GoalOf<'promote'>> = {}) =>
  promote.plan(snapshot, {
    ...goalOf(snapshot, 'promote'),
    ...to('B'),
    allowed: { unknownRelease: true },
    ...more,
  } as GoalOf<'promote'>);
const back = (snapshot: Snapshot, more: Partial<GoalOf<'rollback'>> = {}) =>
  rollback.plan(snapshot, { ...goalOf(snapshot, 'rollback'), ...to('A'), ...more } as GoalOf<'rollback'>);
const clean = (snapshot: Snapshot, keep: string) =>
  cleanup.plan(snapshot, {
    ...goalOf(snapshot, 'cleanup'),
    ...to(keep),
    discard: true,
    wait: false,
    early: true,
  } as GoalOf<'cleanup'>);

/** What the steps are about: `hold-minimum A`. */
function kinds(plan: ReturnType<typeof promote.plan>): readonly string[] {
  if (isRefusal(plan)) throw new Error(plan.message);
  return plan.steps.map(({ do: kind, fleet }) => `${kind} ${fleet}`);
}

/** The world that the plan leaves. */
function after(snapshot: Snapshot, plan: Plan | object): Snapshot {
  const { steps } = plan as { readonly steps: readonly Step[] };
  return steps.reduce((world, step) => behaviourOf(step).simulate(world), snapshot);
}

describe('the minimum', () => {
  test('is kept on a tag with who has raised it, and is read from there', () => {
    expect(heldIn(heldText(HELD))).toEqual(HELD);
    expect(heldText({ ...HELD, who: 'ann (ops)' })).not.toMatch(/[()]/);
    expect(heldIn('3')).toBeUndefined();
    expect(heldIn(undefined)).toBeUndefined();
  });

  test('of both groups is raised before traffic moves, and the maximum is left alone', () => {
    const world = scaledWorld([BLUE, { ...GREEN, group: {} }]);
    const plan = promoteB(world);
    expect(kinds(plan).slice(0, 2)).toEqual(['hold-minimum A', 'hold-minimum B']);
    const left = after(world, plan).fleets.map(({ group }) => group);
    expect(left).toMatchObject([
      { minimum: 3, maximum: 20, held: { before: 1, at: 3, run: 'r1' } },
      { minimum: 3, maximum: 20, held: { before: 1, at: 3 } },
    ]);
  });

  test('as it was before stays known when another run raises it further', () => {
    const world = scaledWorld([{ ...BLUE, size: 4, group: HOLDS }, GREEN]);
    const step: Step = { do: 'hold-minimum', fleet: 'A', ...ASKED, run: 'r2' };
    expect(behaviourOf(step).progress(world)).toBe('todo');
    const held = after(world, { steps: [step] }).fleets[0]?.group;
    expect(held).toMatchObject({ minimum: 4, held: { before: 1, at: 4, run: 'r2' } });
  });

  test('is not raised again in a run that has done so, and what was scaled out since may go', () => {
    const world = scaledWorld([{ ...BLUE, size: 4, group: HOLDS }, GREEN]);
    const step: Step = { do: 'hold-minimum', fleet: 'A', ...ASKED };
    expect(behaviourOf(step).progress(world)).toBe('done');
    const lowered = scaledWorld([{ ...BLUE, size: 4, group: { minimum: 1, held: HELD } }, GREEN]);
    expect(behaviourOf(step).progress(lowered)).toBe('todo');
  });

  test('of what serves is put back once the other fleet ends, and not before', () => {
    const [A, B] = [
      { ...BLUE, group: HOLDS, marks: { current: ASKED.since, share: `0@${ASKED.since}` } },
      { ...GREEN, marks: PROMOTED },
    ];
    const parked = scaledWorld([A, B], 100);
    expect(kinds(promoteB(parked)).filter((kind) => kind.includes('minimum'))).toEqual([]);
    const plan = clean(parked, 'B');
    expect(kinds(plan)).toEqual(['mark B', 'terminate A', 'remove A', 'release-minimum B']);
    expect(after(parked, plan).fleets).toMatchObject([{ id: 'B', group: { minimum: 1 } }]);
    expect(after(parked, plan).fleets[0]?.group).not.toHaveProperty('held');
  });

  test('that others have set since is left as it is', async () => {
    const world = scaledWorld([{ ...BLUE, group: { minimum: 2, held: HELD } }]);
    const sizes: number[] = [];
    const ports = {
      fleet: { resize: async (_fleet: object, { minimum }: { minimum: number }) => void sizes.push(minimum) },
    };
    await behaviourOf({ do: 'release-minimum', fleet: 'A' }).apply(ports as never, world);
    expect(sizes).toEqual([2]);
  });

  test('of the only group is put back by abandon also where others have taken it out of production', () => {
    const emptied = (snapshot: Snapshot): Snapshot => ({
      ...snapshot,
      pools: snapshot.pools.map((pool) => ({ ...pool, targets: [] })),
    });
    const A = { ...BLUE, group: HOLDS };
    expect(giveBackSteps(emptied(scaledWorld([A])))).toEqual([{ do: 'release-minimum', fleet: 'A' }]);
    expect(giveBackSteps(scaledWorld([A]))).toEqual([{ do: 'release-minimum', fleet: 'A' }]);
    expect(giveBackSteps(emptied(scaledWorld([A, GREEN])))).toEqual([]);
  });

  test('is put back by a rollback where no production was ever moved', () => {
    const never = scaledWorld([{ ...BLUE, group: HOLDS }, GREEN]);
    expect(kinds(back(never))).toEqual(['verify-release A', 'release-minimum A']);
    const tried = scaledWorld([
      { ...BLUE, group: HOLDS },
      { ...GREEN, marks: PROMOTED },
    ]);
    expect(kinds(back(tried))).not.toContain('release-minimum A');
  });
});

describe('a switch', () => {
  test('lets green grow first, where what serves has scaled out, in each of its steps', () => {
    const world = scaledWorld([{ ...BLUE, size: 5 }, GREEN]);
    const whole = kinds(promoteB(world));
    expect(whole.indexOf('match-size B')).toBeLessThan(whole.indexOf('shift-weights B'));
    expect(
      after(world, { steps: [{ do: 'match-size', fleet: 'B', pool: 'two', ...ASKED }] }).fleets[1]?.group,
    ).toMatchObject({
      desired: 5,
      minimum: 5,
      held: { before: 1, at: 5 },
    });
  });

  test('registers and deregisters nothing: the groups do', () => {
    const all = [promoteB(scaledWorld([BLUE, GREEN])), clean(scaledWorld([BLUE, GREEN]), 'A')].flatMap(kinds);
    expect(all.filter((kind) => /register/.test(kind))).toEqual([]);
  });

  test('needs no more in a zone than an even spread gives', () => {
    const world = scaledWorld([{ ...BLUE, group: { zones: ['a', 'b'] } }, GREEN]);
    expect(goalOf(world, 'promote').minimumHealthy).toEqual({ production: { total: 3, zones: { a: 1 } } });
  });

  test('back to a group that is smaller than what serves is refused, and grows where it is asked to', () => {
    const world = scaledWorld(
      [
        { ...BLUE, group: HOLDS },
        { ...GREEN, size: 5, marks: PROMOTED },
      ],
      100,
    );
    expect(back(world)).toMatchObject({
      refused: 'too-small',
      next: [
        expect.stringContaining('--grow` lets group-A grow from 3 to 5 first, in about 1 min 30 s'),
        expect.anything(),
      ],
    });
    const grown = kinds(back(world, { grow: true }));
    expect(grown.indexOf('match-size A')).toBeLessThan(grown.indexOf('shift-weights A'));
    expect(grown).toContain('match-size A');
  });

  test('does not wait for instances that scale out at the end of it', () => {
    const step: Step = {
      do: 'await-healthy',
      pool: 'two',
      fleet: 'B',
      minimumHealthy: { total: 3, zones: {} },
      need: 'all',
    };
    const serving = scaledWorld([BLUE, { ...GREEN, size: 4, sick: 1 }], 100);
    expect(behaviourOf(step).progress(serving)).toBe('done');
    expect(behaviourOf(step).progress(scaledWorld([BLUE, { ...GREEN, size: 4, sick: 1 }]))).toBe('under way');
  });
});

test('between two shares a group may replace what it loses; what is sick in service sends production back', () => {
  const minimumHealthy = { total: 3, zones: {} };
  const step = { do: 'watch', pool: 'two', fleet: 'B', percent: 10, seconds: 60, since: '', minimumHealthy } as const;
  const watched = behaviourOf(step);
  expect(watched.cannotSucceed(scaledWorld([BLUE, { ...GREEN, size: 2 }], 10))).toBeUndefined();
  expect(watched.cannotSucceed(scaledWorld([BLUE, { ...GREEN, sick: 1 }], 10))).toMatch(
    /^2 of 3 instances of B .*B-0: unhealthy/,
  );
  expect(watched.cannotSucceed(scaledWorld([BLUE, { ...GREEN, size: 0 }], 10))).toMatch(/^0 of 0 instances of B/);
});

test('what a group is about to replace is said, and is no failure of the switch', () => {
  const world = scaledWorld([BLUE, { ...GREEN, size: 2, group: { desired: 3 } }], 100);
  const minimum = { production: { total: 3, zones: {} } };
  expect(servingProblem(world, 'B', minimum, true)).toBeUndefined();
  expect(healingSentence(world, 'B')).toBe(' group-B has 2 of 3 in service now, and launches the rest.');
  const smaller = scaledWorld([BLUE, { ...GREEN, size: 2 }], 100);
  expect(servingProblem(smaller, 'B', minimum, true)).toBe('B has 2 healthy in production: 1 short.');
  expect(healingSentence(smaller, 'B')).toBe('');
});

describe('is refused, and said in status', () => {
  const other = { stray: 'lt-1 version 9', release: 'lt-1 version 9' };
  const withStray = (snapshot: Snapshot): Snapshot => ({
    ...snapshot,
    fleets: snapshot.fleets.map((fleet) => ({
      ...fleet,
      instances: fleet.instances.map((one, n) => (fleet.id === 'A' && n === 0 ? { ...one, ...other } : one)),
    })),
  });
  test.each([
    [
      'refresh-under-way',
      scaledWorld([{ ...BLUE, group: { refresh: 'InProgress' } }, GREEN]),
      'An instance refresh of group-A',
    ],
    [
      'template-changed',
      scaledWorld([{ ...BLUE, group: { launches: 'lt-1 version 9' } }, GREEN]),
      'group-A launches from lt-1 version 9',
    ],
    ['mixed-group', withStray(scaledWorld([BLUE, GREEN])), 'A-0 of group-A is from lt-1 version 9'],
    [
      'group-managed-by-aws',
      scaledWorld([BLUE, { ...GREEN, group: { managedBy: 'ecs' } }]),
      'group-B is managed by ecs',
    ],
    [
      'group-being-deleted',
      scaledWorld([BLUE, { ...GREEN, group: { status: 'Delete in progress' } }]),
      'group-B: Delete',
    ],
  ])('%s', (code, world, says) => {
    expect(promoteB(world)).toMatchObject({ refused: code, message: expect.stringContaining(says) as string });
    expect(scalingFacts(world).join('\n')).toContain(says);
    // The way back is open.
    const served = { ...world, traffic: scaledWorld([BLUE, GREEN], 100).traffic };
    expect(isRefusal(back(served))).toBe(false);
  });

  test('a group that does not terminate is not set to 0', () => {
    const world = scaledWorld([BLUE, { ...GREEN, group: { suspended: ['Terminate'] } }]);
    expect(clean(world, 'A')).toMatchObject({ refused: 'processes-suspended' });
    expect(scalingFacts(world)).toContain(
      'Terminate of group-B is suspended, and not by turnout: it terminates nothing, and may grow beyond its maximum.',
    );
    const kept = scaledWorld([BLUE, { ...GREEN, group: { protects: ['B-1'] } }]);
    expect(clean(kept, 'A')).toMatchObject({
      refused: 'protected-from-scale-in',
      message: expect.stringContaining('B-1 of group-B is protected') as string,
    });
  });

  test('a group that has launched nothing yet is shown, and is ended by a cleanup', () => {
    const world = scaledWorld([
      BLUE,
      { ...GREEN, size: 0, group: { ...HOLDS, desired: 3, failures: ['No capacity.'] } },
    ]);
    expect(scalingFacts(world).join('\n')).toMatch(
      /group-B is not scaled in[^]*group-B could not launch an instance: No capacity/,
    );
    expect(kinds(clean(world, 'A'))).toEqual(['terminate B', 'remove B']);
  });

  test('what is held, by whom and since when, and why launches fail', () => {
    const world = scaledWorld([BLUE, { ...GREEN, group: { ...HOLDS, failures: ['There is no capacity.'] } }]);
    const facts = scalingFacts({ ...world, at: Date.parse(ASKED.since) + 600_000 }).join('\n');
    expect(facts).toContain(
      'group-B is not scaled in: its minimum is 3, raised by ann@ci (run r1) 10 min ago. It goes back to 1',
    );
    expect(facts).toContain('group-B could not launch an instance: There is no capacity.');
  });
});
